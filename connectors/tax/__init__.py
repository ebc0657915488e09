"""The tax system (税務システム)."""
