"""Protection measures of the synthetic city (F13) as the welfare system and the resident registry publish them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.sandbox.city import TODAY, Resident
from hub.sandbox.letters import SYNTHETIC

REASONS = {"domestic_violence": "20", "stalking": "21", "child_abuse": "22", "other": "23"}  # 支援措置区分
WELFARE, REGISTRY = "welfare", "resident_registry"
HOUSEHOLD = "resident_registry.household_measure"


@dataclass(frozen=True, slots=True)
class Measure:
    """One act of one source about one person. `version` counts that source's acts about the person from 1.

    `item`: 特定個人情報名コード where it concerns one data item only; the registry knows no items.
    """

    source: str
    resident: Resident
    version: int
    reason: str
    item: str = ""
    released: bool = False

    @property
    def act_number(self) -> str:
        """決定番号, one per act."""
        letters = {WELFARE: "KH", REGISTRY: "SS"}[self.source]
        return f"{letters}{int(self.resident.addressee_number) % 10**6:06d}{self.version:03d}"

    @property
    def type(self) -> str:
        return f"{self.source}.protection_measure"


def household_letter(measures: Sequence[Measure]) -> bytes:
    """One act of the registry about all members of a household, each at their own version."""
    first = measures[0]
    members = "".join(
        f"<member><addressee_number>{one.resident.addressee_number}</addressee_number>"
        f"<individual_number>{one.resident.individual_number}</individual_number>"
        f"<version>{one.version}</version></member>"
        for one in measures
    )
    return (
        f'{SYNTHETIC}<measure xmlns="urn:renkei:{HOUSEHOLD}:v1"><support_class>{REASONS[first.reason]}</support_class>'
        f"<support_state>{0 if first.released else 1}</support_state><act_number>{first.act_number}</act_number>"
        f"<decided_at>{TODAY}T09:00:00+09:00</decided_at><effective_from>{TODAY}</effective_from>{members}</measure>"
    ).encode()


def letter(measure: Measure) -> bytes:
    """The document under the contract of its source."""
    resident = measure.resident
    fields = {"addressee_number": resident.addressee_number, "individual_number": resident.individual_number}
    if measure.source == REGISTRY:
        fields |= {"support_class": REASONS[measure.reason], "support_state": "0" if measure.released else "1"}
    else:
        if measure.item:
            fields["data_item"] = measure.item
        fields |= {"action": "release" if measure.released else "set", "reason_class": measure.reason}
    day = TODAY + timedelta(days=measure.version)
    fields |= {
        "version": str(measure.version),
        "act_number": measure.act_number,
        "decided_at": f"{day}T09:00:00+09:00",
        "effective_from": str(day),
    }
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    return f'{SYNTHETIC}<measure xmlns="urn:renkei:{measure.type}:v1">{inner}</measure>'.encode()
