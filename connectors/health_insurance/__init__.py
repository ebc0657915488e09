"""The health insurance system (医療保険システム)."""
