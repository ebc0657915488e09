"""Public Medical Hub (PMH)."""
