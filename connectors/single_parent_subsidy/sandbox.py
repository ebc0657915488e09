"""The simulated office of the medical subsidy for single-parent families (ひとり親家庭等医療費助成)."""

from hub.sandbox.partner_transfer import Receiver


def create() -> Receiver:
    """The partner without a past; the ledger brings it back."""
    return Receiver("single_parent_subsidy", item="31")
