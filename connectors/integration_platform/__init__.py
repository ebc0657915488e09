"""The system integration platform (システム連携基盤)."""
