"""The simulated platform's books of protection: whose measures stand, and what was decided on each target.

A target is a person (団体内統合宛名番号), a data item (特定個人情報名コード), or a data item of a person. Measures of
several sources, and of several 宛名番号 of one person, may stand on one target: it is suppressed while any does.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

Target = tuple[str, str]  # 団体内統合宛名番号 and 特定個人情報名コード; one of them may be empty


@dataclass(frozen=True, slots=True)
class Measure:
    """One act. `number`: 団体内統合宛名番号 of the person, empty as `addressee` is where it names a data item only."""

    source: str
    addressee: str
    number: str
    item: str
    action: str
    version: int
    act: str

    @property
    def name(self) -> str:
        """Whose measure on what this is a state of."""
        return f"{self.source}/{self.addressee}/{self.item}"

    @property
    def target(self) -> Target:
        return self.number, self.item

    def written(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Measure":
        return cls(**json.loads(text))


class Decisions:
    """Decided from the measures taken in so far, in their order."""

    def __init__(self) -> None:
        self._newest: dict[str, Measure] = {}  # by name
        self._decided: dict[Target, list[bool]] = {}  # the nth decision on a target has version n

    def takes(self, measure: Measure) -> bool:
        """Whether it may follow what is there: newer, and a release ends a measure that stands by an act of its own."""
        before = self._newest.get(measure.name)
        if before is not None and measure.version <= before.version:
            return False
        if measure.action != "release":
            return True
        return before is not None and before.action == "set" and before.act != measure.act

    def after(self, measure: Measure) -> tuple[bool, int]:
        """What would be decided on its target: suppressed or not, and the version of that decision."""
        others = (each for name, each in self._newest.items() if name != measure.name)
        return _stands(measure.target, (*others, measure)), len(self._decided.get(measure.target, ())) + 1

    def take(self, measure: Measure) -> None:
        suppressed, _version = self.after(measure)
        self._newest[measure.name] = measure
        self._decided.setdefault(measure.target, []).append(suppressed)

    def contradicts(self, target: Target, suppressed: bool, version: int) -> bool:
        """Whether somebody claims to hold what was never decided. A target these books do not know is let pass."""
        decided = self._decided.get(target)
        return decided is not None and (version > len(decided) or decided[version - 1] != suppressed)


def _stands(target: Target, measures: Iterable[Measure]) -> bool:
    return any(each.target == target and each.action == "set" for each in measures)
