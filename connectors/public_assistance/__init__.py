"""The public assistance system (生活保護システム)."""
