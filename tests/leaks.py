"""Looking for persons of the synthetic city where nothing of them may be."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from hub.sandbox.city import City

LEAST_BYTES = 10  # of what is shorter, anything could be a hit


def persons(city: City) -> set[str]:
    """Whatever names a person of the city: names, kana, numbers, addresses."""
    return {
        text
        for one in city.residents
        for text in (
            one.individual_number, one.addressee_number, one.household_number, one.surname.text, one.given_name.text,
            one.surname.kana, one.given_name.kana, one.name, one.kana,
            one.address.town, one.address.number, one.address.building,
        )
        if text
    }  # fmt: skip


def telling(city: City) -> set[str]:
    """Of these, what is long enough to be looked for in whatever bytes."""
    return {text for text in persons(city) if len(text.encode()) >= LEAST_BYTES}


def found_in(places: Iterable[Path], words: Iterable[str], scratch: Path) -> set[str]:
    """Which of the words lie in any file at or under these places, whatever its format. `scratch`: a folder for us."""
    patterns = scratch / "words"
    patterns.write_text("\n".join(sorted(words)) + "\n", encoding="utf-8")
    command = ["grep", "-raohF", "-f", str(patterns), *map(str, places)]
    done = subprocess.run(command, capture_output=True, check=False, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    assert done.returncode in (0, 1), done.stderr.decode(errors="replace")
    return set(done.stdout.decode().splitlines())
