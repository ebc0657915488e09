"""In which order the messages of a run are sent: spread over rounds, so that every round has some of every kind."""

from collections.abc import Iterable, Sequence

from hub.client import Publication
from hub.sandbox.flow import Fate, Sending


def rounds(sendings: Sequence[Sending], count: int) -> list[list[Sending]]:
    """The messages in `count` slices. In each, those of one flow and fate stay in their order; copies come last.

    None is in an earlier slice than what it is a copy of.
    """
    order: tuple[Fate, ...] = ("stopped", "effect", "held", "refused", "stale", "duplicate")
    slices: list[list[Sending]] = [[] for _ in range(count)]
    original: dict[str, int] = {}
    for fate in order:
        for flow in dict.fromkeys(each.flow for each in sendings):
            own = [each for each in sendings if each.flow == flow and each.fate == fate]
            for number in range(count):
                for each in own[number * len(own) // count : (number + 1) * len(own) // count]:
                    first = original.setdefault(each.publication.message_id, number)
                    slices[max(number, first)].append(each)
    return slices


def by_partner(sendings: Iterable[Sending]) -> dict[str, list[Publication]]:
    """Who publishes what, in order."""
    found: dict[str, list[Publication]] = {}
    for each in sendings:
        found.setdefault(each.partner, []).append(each.publication)
    return found
