"""Medical institutions (医療機関システム)."""
