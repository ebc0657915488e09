"""The intermediate server (中間サーバー)."""
