"""The welfare information system (福祉総合情報システム)."""
