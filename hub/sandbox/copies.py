"""Copies (副本) of the synthetic city's records for 情報連携, as the welfare system hands them over (F14)."""

from dataclasses import dataclass
from datetime import timedelta

from hub.sandbox.city import TODAY, Resident
from hub.sandbox.letters import SYNTHETIC

TYPE = "welfare.copy_registration"
TAX = "TM00000000000002"  # 地方税関係情報, on the table of provision
DATASET, KEY = "ZEI2026", "K2026"


@dataclass(frozen=True, slots=True)
class Copy:
    """The state of one record of a resident. `serial`: unique, grows; `version`: of this record, from 1."""

    resident: Resident
    serial: int
    version: int
    deleted: bool = False

    @property
    def record_number(self) -> str:
        """レコード識別番号, one per copy."""
        return f"CP{self.serial:014d}"

    @property
    def record(self) -> str:
        """Which record this is a state of."""
        return f"{self.resident.addressee_number}/{TAX}/{DATASET}/{KEY}"


def letter(copy: Copy) -> bytes:
    """The document under `welfare.copy_registration`."""
    day = TODAY + timedelta(days=copy.version)
    fields = {
        "record_number": copy.record_number,
        "addressee_number": copy.resident.addressee_number,
        "data_item": TAX,
        "dataset": DATASET,
        "dataset_key": KEY,
        "layout_version": "1",
        "published_from": str(day),
        "region_code": copy.resident.address.municipality_code,
        "updated_at": f"{day}T02:00:00+09:00",
        "operation": "delete" if copy.deleted else "register",
    }
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    items = (
        f"<item><code>ZEI001</code><value>{1000 * copy.version}</value></item>"
        "<item><code>ZEI002</code><reason_of_null>NotAcceptable</reason_of_null></item>"
    )
    return f'{SYNTHETIC}<copy xmlns="urn:renkei:{TYPE}:v1">{inner}{items}</copy>'.encode()
