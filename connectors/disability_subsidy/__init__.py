"""The medical subsidy for severe disability (重度障害者医療費助成)."""
