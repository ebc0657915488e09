"""The simulated office of the medical subsidy for severe disability (重度障害者医療費助成)."""

from hub.sandbox.partner_transfer import Receiver


def create() -> Receiver:
    """The partner without a past; the ledger brings it back."""
    return Receiver("disability_subsidy", item="30")
