"""What an upstream team finds in its sandbox: who knows whom, samples to publish, and where everything is."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.sandbox.city import City
from hub.sandbox.flow import Sending
from hub.sandbox.flows import FLOWS
from hub.sandbox.scene import Scene

SEED, PEOPLE, MESSAGES = 1, 500, 20
NOTE = "sandbox.json"


@dataclass(frozen=True, slots=True)
class Sample:
    """One message that has an effect in this city, whose books know its person. `purpose` goes into the header."""

    partner: str
    type: str
    version: int
    purpose: str
    body: bytes


def settle_in(here: Scene) -> list[Sample]:
    """Let the partners know the city, and give one sample of each type that partners publish."""
    sendings = [each for flow in FLOWS for each in flow.messages(City(SEED, PEOPLE), MESSAGES)]
    for partner, key, content in (book for each in sendings for book in each.books):
        here.partners[partner].lay_out(key, content)
    first: dict[tuple[str, str], Sample] = {}
    for each in _plain(sendings):
        one = each.publication
        first.setdefault(
            (each.partner, one.type), Sample(each.partner, one.type, one.version, one.purpose, one.body)
        )  # fmt: skip
    return list(first.values())


def _plain(sendings: list[Sending]) -> Iterator[Sending]:
    """Those that are published, and take their effect without anybody's help."""
    return (each for each in sendings if each.fate == "effect" and not each.tray and not each.protects)


def write_samples(folder: Path, samples: list[Sample]) -> None:
    """<partner>/<type>.xml, and beside it what goes into properties and headers."""
    for one in samples:
        place = folder / one.partner
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{one.type}.xml").write_bytes(one.body)
        said = {"type": one.type, "version": one.version, "purpose": one.purpose}
        (place / f"{one.type}.json").write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def write_note(folder: Path, here: Scene) -> dict[str, Mapping[str, str] | str]:
    """Where everything is, for people and for `renkei sandbox fail`. It holds passwords of this sandbox."""
    publishers = [name for name, one in here.hub.app.registry.partners.items() if one.publishes]
    note: dict[str, Mapping[str, str] | str] = {
        "home": str(here.hub.app.home.root),
        "publish_to": {name: here.hub.partner_url(name) for name in publishers},
        "partners": {name: one.url for name, one in here.partners.items()},
    }
    path = folder / NOTE
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(note, file, indent=2)
    return note
