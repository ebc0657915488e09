"""What F18 and F19 share: a person at a terminal or at the portal, and the PMH連携キー that is made there."""

from dataclasses import dataclass

from hub.sandbox import numbers
from hub.sandbox.link_keys import LinkKey, seal
from hub.sandbox.partner_entitlements import EXPIRED, FOUND, NO_CONSENT, UNREADABLE

# The messages of one run are made at once: its keys are good until long after, or have not been for long.
GOOD_UNTIL, LONG_AGO = 4_102_444_800, 1_577_836_800  # 2100 and 2020, seconds since 1970


@dataclass(frozen=True, slots=True)
class Visit:
    """One use of a PMH連携キー. `child`: 個人番号 of whom it is for; `reason`: what PMH must book of it."""

    serial: int
    child: str
    reason: str = FOUND


def link_key(visit: Visit, seed: int, flow: str) -> str:
    """As it would have been issued; an unreadable one has been changed on its way."""
    key = "" if visit.reason == NO_CONSENT else numbers.pmh_key(visit.child)
    serial = f"{flow}-{visit.serial:012d}"
    content = LinkKey(key, serial, LONG_AGO if visit.reason == EXPIRED else GOOD_UNTIL)
    sealed = seal(content, f"link key {seed} {serial}".encode())
    return sealed[::-1] if visit.reason == UNREADABLE else sealed
