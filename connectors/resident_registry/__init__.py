"""The resident registry (住民記録システム)."""
