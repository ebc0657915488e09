"""What a run of the harness amounted to, as one JSON object and as a table."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hub.sandbox.faults.recovery import Recovery
from hub.sandbox.faults.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """`by_kind`: faults that were injected."""

    seed: int
    store: str
    broker: str
    by_kind: Mapping[str, int]
    verdict: Verdict
    recovery: Recovery
    seconds: float

    @property
    def faults(self) -> int:
        return sum(self.by_kind.values())

    def as_json(self) -> dict[str, object]:
        """The object `renkei faults --json` prints."""
        return {
            "faults": self.faults,
            "messages": self.verdict.messages,
            "lost": self.verdict.lost,
            "doubled": self.verdict.doubled,
            "reordered": self.verdict.reordered,
            "receipts_repeated": self.verdict.receipts,
            "longest_recovery_s": round(self.recovery.seconds, 1),
            "longest_recovery_after": self.recovery.kind,
            "seed": self.seed,
            "store": self.store,
            "broker": self.broker,
            "seconds": round(self.seconds, 1),
            "held": self.verdict.held,
            "dead_letters": dict(sorted(self.verdict.dead.items())),
            "by_kind": dict(self.by_kind),
            "expectations": [asdict(each) for each in self.verdict.expectations],
        }


def show(outcome: Outcome, console: Console) -> None:
    """For people."""
    table = Table("fault", "injected", title=f"{outcome.faults} faults, seed {outcome.seed}", title_justify="left")
    for kind, count in outcome.by_kind.items():
        table.add_row(kind, str(count))
    console.print(table)
    found = outcome.verdict
    console.print(f"{outcome.broker}, {outcome.store}, {outcome.seconds:.0f} s", markup=False)
    console.print(
        f"messages {found.messages}, lost {found.lost}, doubled {found.doubled}, reordered {found.reordered}, "
        f"receipts repeated {found.receipts}"
    )
    console.print(f"longest recovery {outcome.recovery.seconds:.1f} s, after {outcome.recovery.kind}", markup=False)
    for each in found.expectations:
        if not each.held:
            console.print(f"[red]✗[/] {escape(each.text)}: {escape(each.found)}")
    console.print("[green]held[/]" if found.held else f"[red]broken[/]: repeat it with --seed {outcome.seed}")
