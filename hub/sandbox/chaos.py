"""How the partners fail in a run of the demo: every one of them in every way, each way in another round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.sandbox.launcher import Partner
from hub.sandbox.report import Expectation

READ_BADLY, REJECTED = "reply.invalid", "deliver.rejected"


@dataclass(frozen=True, slots=True)
class Blow:
    """One way to fail: see `hub.sandbox.partner_http.Mode`.

    `code`: of the dead letter it makes of a message, empty where the hub gets over it by itself.
    """

    mode: str
    times: int
    retry_after: float | None = None
    code: str = ""


# In the order the first partner meets them. Few of each: a partner that fails on and on opens its circuit, and the
# hub then waits for it, which is right and makes a dull demo.
BLOWS: Sequence[Blow] = (
    Blow("500", 2),
    Blow("reset_after", 2),
    Blow("malformed", 1, code=READ_BADLY),
    Blow("503", 1, retry_after=1),
    Blow("timeout", 1),
    Blow("400", 1, code=REJECTED),
    Blow("500_after", 2),
    Blow("latency", 3),
    Blow("extra_field", 1, code=READ_BADLY),
    Blow("reset", 2),
    Blow("slow_drip", 1),
    Blow("duplicate_reply", 1, code=READ_BADLY),
    Blow("429", 2, retry_after=1),
)
DEADLY = frozenset(blow.code for blow in BLOWS if blow.code)


class Chaos:
    """Strikes all partners at once, each with a different blow."""

    rounds = len(BLOWS)

    def __init__(self, partners: Mapping[str, Partner]) -> None:
        self._partners = partners

    def strike(self, number: int) -> None:
        """Round `number`, from 0 on: after `rounds` rounds every partner has met every blow."""
        for position, partner in enumerate(self._partners.values()):
            blow = BLOWS[(number + 2 * position) % len(BLOWS)]
            partner.mode(blow.mode, times=blow.times, retry_after=blow.retry_after)

    def slow_down(self) -> None:
        """All partners answer late, until healed: something is in flight at any moment."""
        for partner in self._partners.values():
            partner.mode("latency")

    def heal(self) -> None:
        """All partners work from now on."""
        for partner in self._partners.values():
            partner.reset_mode()


def scars(counts: Mapping[str, tuple[int, int, int]]) -> list[Expectation]:
    """What each partner in use must show. `counts`: retried, dead and replayed of each."""
    expectations = []
    for what, position in (("retried", 0), ("dead", 1), ("replayed", 2)):
        without = [name for name, each in counts.items() if not each[position]]
        text = f"every partner in use ({len(counts)}) has a message {what}"
        expectations.append(Expectation(text, not without, f"not {', '.join(without)}" if without else ""))
    return expectations
