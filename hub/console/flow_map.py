"""The flow map: senders left, receivers right, one line per route through the hub between them.

Lengths are units of the drawing, which scales with the page.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.flows import Line
from hub.ports.cases import Count
from hub.ports.store import Circuit

WIDTH, ROW, TOP = 1200, 44, 44
BOX, HUB_LEFT, HUB_RIGHT = 300, 520, 680
_MARGIN = 12


@dataclass(frozen=True, slots=True)
class Trouble:
    """What of a line or a partner needs a person: `dead`, `held`; or is late: `overdue`. `since`: the oldest."""

    dead: int = 0
    held: int = 0
    overdue: int = 0
    since: int | None = None

    def __add__(self, other: "Trouble") -> "Trouble":
        both = [one for one in (self.since, other.since) if one is not None]
        return Trouble(
            self.dead + other.dead, self.held + other.held, self.overdue + other.overdue, min(both, default=None)
        )

    @property
    def any(self) -> bool:
        return bool(self.dead or self.held or self.overdue)


Troubles = Mapping[tuple[str, str], Trouble]  # by hop and type


@dataclass(frozen=True, slots=True)
class Box:
    """A partner on one side; `y` of its middle."""

    name: str
    hop: str
    y: int
    trouble: Trouble
    circuit: Circuit | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A route: `path` in the manner of SVG. `source` None: the hub begins it. `sent`: in the last minutes."""

    line: Line
    source: str | None
    path: str
    trouble: Trouble
    circuit: Circuit
    sent: int = 0

    @property
    def tone(self) -> str:
        """Loud only where a person must act."""
        if self.trouble.dead or self.trouble.held:
            return "act"
        if self.circuit.paused or self.circuit.state != "closed" or self.trouble.overdue:
            return "wait"
        return "calm"

    @property
    def rank(self) -> tuple[int, int]:
        """Loud ones first, then by the number of the flow."""
        flow = self.line.flows[0].removeprefix("F") if self.line.flows else ""
        return (("act", "wait", "calm").index(self.tone), int(flow) if flow.isdecimal() else 0)


@dataclass(frozen=True, slots=True)
class FlowMap:
    senders: Sequence[Box]
    receivers: Sequence[Box]
    threads: Sequence[Thread]
    height: int


def troubles(
    causes: Iterable[Count],
    holds: Iterable[tuple[str, str, int, int]],
    overdue: Iterable[tuple[str, str, int, int]],
) -> dict[tuple[str, str], Trouble]:
    """By hop and type; holds are counted by hop alone, under the type ""."""
    found: dict[tuple[str, str], Trouble] = {}

    def add(hop: str, type: str, one: Trouble) -> None:
        found[hop, type] = found.get((hop, type), Trouble()) + one

    for count in causes:
        add(count.cause.hop, count.cause.type, Trouble(dead=count.letters, since=count.first_at))
    for hop, _code, held, at in holds:
        add(hop, "", Trouble(held=held, since=at))
    for hop, type_, late, at in overdue:
        add(hop, type_, Trouble(overdue=late, since=at))
    return found


def draw(
    lines: Sequence[Line], found: Troubles, circuits: Mapping[str, Circuit], sent: Mapping[tuple[str, str], int]
) -> FlowMap:
    """`sent`: messages by hop and type in the last minutes."""
    pairs: list[tuple[Line, str | None]] = [
        (line, source) for line in lines for source in (sorted({name for name, _type in line.sources}) or (None,))
    ]
    senders = sorted({source for _line, source in pairs if source is not None})
    receivers = sorted({line.connector for line in lines})
    left = {name: TOP + ROW * nth + ROW // 2 for nth, name in enumerate(senders)}
    right = {name: TOP + ROW * nth + ROW // 2 for nth, name in enumerate(receivers)}
    height = TOP + ROW * max(len(senders), len(receivers), 1) + _MARGIN
    pairs.sort(key=lambda pair: (left.get(pair[1] or "", 0), right[pair[0].connector], pair[0].route))
    step = (height - TOP - 2 * _MARGIN) / max(1, len(pairs))
    threads = []
    for nth, (line, source) in enumerate(pairs):
        y = round(TOP + _MARGIN + step * (nth + 0.5), 1)
        taken = (found.get((f"intake.{source}", type_), Trouble()) for name, type_ in line.sources if name == source)
        out = found.get((f"delivery.{line.connector}", line.type), Trouble())
        threads.append(
            Thread(
                line,
                source,
                _path(None if source is None else left[source], y, right[line.connector]),
                sum(taken, out),
                circuits.get(line.connector, Circuit()),
                sent.get((f"delivery.{line.connector}", line.type), 0),
            )
        )
    return FlowMap(
        [Box(name, f"intake.{name}", left[name], _of(found, f"intake.{name}")) for name in senders],
        [
            Box(name, f"delivery.{name}", right[name], _of(found, f"delivery.{name}"), circuits.get(name, Circuit()))
            for name in receivers
        ],
        threads,
        height,
    )


def _of(found: Troubles, hop: str) -> Trouble:
    return sum((trouble for (where, _type), trouble in found.items() if where == hop), Trouble())


def _path(start: int | None, middle: float, end: int) -> str:
    """A curve into the hub, through it and out again."""
    left, right = (BOX + HUB_LEFT) // 2, (WIDTH - BOX + HUB_RIGHT) // 2
    begin = f"M {HUB_LEFT} {middle}"
    if start is not None:
        begin = f"M {BOX} {start} C {left} {start} {left} {middle} {HUB_LEFT} {middle}"
    return f"{begin} L {HUB_RIGHT} {middle} C {right} {middle} {right} {end} {WIDTH - BOX} {end}"
