"""Parents of the synthetic city's children who live elsewhere (住登外), as the welfare system registers them (F4)."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from hub.sandbox.city import TODAY, Resident
from hub.sandbox.letters import SYNTHETIC

TYPE = "welfare.nonresident"


@dataclass(frozen=True, slots=True)
class Nonresident:
    """`person`: under the 宛名番号 given to them here; `numbered`: their 個人番号 is known."""

    person: Resident
    history_number: int
    numbered: bool = True


def letter(one: Nonresident) -> bytes:
    """The document under `welfare.nonresident`."""
    person = one.person
    if person.born is None:
        born = f"<unknown>1</unknown><text>{person.born_as_noted}</text>"
    else:
        born = f"<date>{person.born}</date><unknown>0</unknown>"
    inner = (
        f"<addressee_number>{person.addressee_number}</addressee_number>"
        + (f"<individual_number>{person.individual_number}</individual_number>" if one.numbered else "")
        + f"<history_number>{one.history_number}</history_number><relation>guardian</relation>"
        f"<name>{escape(person.name)}</name><name_kana>{escape(person.kana)}</name_kana><sex>{person.sex}</sex>"
        f"<birth_date>{born}</birth_date><address>{escape(person.address.text)}</address>"
        f"<registered_at>{TODAY}T10:00:00+09:00</registered_at>"
    )
    return f'{SYNTHETIC}<nonresident xmlns="urn:renkei:{TYPE}:v1">{inner}</nonresident>'.encode()
