"""Myna Portal (マイナポータル), its service for applications (サービス検索・電子申請機能)."""
