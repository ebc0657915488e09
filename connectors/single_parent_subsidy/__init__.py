"""The medical subsidy for single-parent families (ひとり親家庭等医療費助成)."""
