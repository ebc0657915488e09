"""The entitlements (資格情報) of the simulated PMH: an area for each municipality, and who may be told what of it.

No reason leaves: an inquiry that finds nothing is answered like any other that finds nothing, and the reason is booked
(R37). What is taken for `today` is the day the inquiry is about.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

NO_CONSENT, EXPIRED, REPLAYED, UNREADABLE = "no_consent", "expired", "replayed", "unreadable"
UNKNOWN, DELETED, NOT_DISCLOSED, LAPSED = "unknown", "deleted", "not_disclosed", "lapsed"
STOPPED = "stopped"
FOUND = "found"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The newest state of one certificate. `owner`: digest of its 個人番号; dates as YYYY-MM-DD; "" is nothing.

    `area`: 自治体コード of the municipality that registered it.
    """

    area: str
    owner: str
    kind: str
    name: str
    payer_number: str
    recipient_number: str
    reimbursed: str
    valid_from: str
    valid_to: str
    revoked_on: str
    not_disclosed: bool
    view_stopped: bool
    deleted: bool

    def note(self) -> str:
        """For the ledger."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def valid(self, day: str) -> bool:
        """有効期間 and 強制失効日 (R41): it ends with the day before it is revoked."""
        return self.valid_from <= day <= self.valid_to and not (self.revoked_on and self.revoked_on <= day)


class Areas:
    """All areas. Nobody reads another area than the one that is asked for by name, which is the credential's (R34)."""

    def __init__(self) -> None:
        self._areas: dict[str, dict[tuple[str, str], Entitlement]] = {}

    def put(self, note: str) -> None:
        """Take in what `Entitlement.note` wrote."""
        one = Entitlement(**json.loads(note))
        self._areas.setdefault(one.area, {})[one.owner, one.kind] = one

    def ask(self, area: str, owner: str, day: str) -> tuple[str, Sequence[Entitlement]]:
        """What a medical institution may be told about a person on that day, and the reason where that is nothing.

        不開示 of one certificate keeps all of the person's back (R40). One without a number to claim under is not one
        for a medical institution.
        """
        own = [one for (whose, _), one in self._areas.get(area, {}).items() if whose == owner]
        left = [one for one in own if not one.deleted]
        valid = [one for one in left if one.valid(day) and one.payer_number and one.recipient_number]
        if not own:
            return UNKNOWN, ()
        if not left:
            return DELETED, ()
        if any(one.not_disclosed for one in left):
            return NOT_DISCLOSED, ()
        return (FOUND, valid) if valid else (LAPSED, ())

    def view(self, area: str, owner: str, day: str) -> tuple[str, Sequence[Entitlement]]:
        """The same for the person, in the portal. 閲覧停止 of one certificate stops all of the person's (R40)."""
        reason, found = self.ask(area, owner, day)
        own = [one for (whose, _), one in self._areas.get(area, {}).items() if whose == owner]
        stopped = any(one.view_stopped for one in own if not one.deleted)
        return (STOPPED, ()) if stopped and reason in (FOUND, LAPSED) else (reason, found)
