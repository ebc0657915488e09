"""The simulated intermediate server's books of 自動応答不可フラグ: who or what has it, and by which acts."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Flag:
    """One state of one target: a person (団体内統合宛名番号), a data item (特定個人情報名コード), or both together."""

    number: str
    item: str
    on: bool
    version: int
    act: str

    @property
    def target(self) -> str:
        return f"{self.number}/{self.item}"

    def written(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Flag":
        return cls(**json.loads(text))


class Flags:
    """What is held now; with every act that was ever named for a target."""

    def __init__(self) -> None:
        self._held: dict[str, Flag] = {}
        self._acts: dict[str, set[str]] = {}

    def takes(self, flag: Flag) -> bool:
        """Newer only. Lifting needs a flag that is there and an act that is not one of those that set it (R26)."""
        held = self._held.get(flag.target)
        if held is not None and flag.version <= held.version:
            return False
        return flag.on or (held is not None and held.on and flag.act not in self._acts[flag.target])

    def take(self, flag: Flag) -> None:
        self._held[flag.target] = flag
        self._acts.setdefault(flag.target, set()).add(flag.act)

    def answers(self, number: str, item: str) -> bool:
        """Whether an inquiry about this data item of this person would be answered by itself."""
        targets = (f"{number}/", f"/{item}", f"{number}/{item}")
        return not any(target in self._held and self._held[target].on for target in targets)
