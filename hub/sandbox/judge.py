"""Judging a run from the sender's list and the partners' ledgers alone; the hub is not asked.

Each message that must take effect somewhere is a `Due`; each thing a partner did is an `Effect`. A due is met by its
own effect, or by the effect of a newer message about the same record at the same partner.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """One entry of a partner's ledger that changed something there, in the partner's order.

    `key`: idempotency key of the request; `correlation_id`: the message that began it all; `record` and `version`:
    as the partner sees them, empty and None where it keeps no state; `reason`: why it did that, where it says so.
    """

    partner: str
    operation: str
    key: str
    correlation_id: str
    record: str = ""
    version: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """An effect that must be found at a partner. `record` and `version`: as the sender sees them, for state only.

    `reason`: why the partner must say it did that, where it says so.
    """

    partner: str
    operation: str
    correlation_id: str
    record: str = ""
    version: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """How the dues were met: by their own effect, by a newer one, or not at all."""

    delivered: tuple[Due, ...]
    overtaken: tuple[Due, ...]
    lost: tuple[Due, ...]


def account(dues: Sequence[Due], effects: Iterable[Effect]) -> Account:
    """Look for each due's effect."""
    done = {(effect.partner, effect.operation, effect.correlation_id) for effect in effects}
    newest: dict[tuple[str, str, str], int] = {}
    for due in dues:
        if due.version is not None and (due.partner, due.operation, due.correlation_id) in done:
            place = (due.partner, due.operation, due.record)
            newest[place] = max(due.version, newest.get(place, due.version))
    delivered, overtaken, lost = [], [], []
    for due in dues:
        if (due.partner, due.operation, due.correlation_id) in done:
            delivered.append(due)
        elif due.version is not None and newest.get((due.partner, due.operation, due.record), -1) > due.version:
            overtaken.append(due)
        else:
            lost.append(due)
    return Account(tuple(delivered), tuple(overtaken), tuple(lost))


def doubled(effects: Iterable[Effect]) -> list[Effect]:
    """Effects that one message had a second time at the same partner, or that repeat a version of a record."""
    seen: set[tuple[str, ...]] = set()
    found = []
    for effect in effects:
        signs: list[tuple[str, ...]] = [
            ("key", effect.partner, effect.operation, effect.key),
            ("message", effect.partner, effect.operation, effect.correlation_id, effect.record),
        ]
        if effect.version is not None:
            signs.append(("version", effect.partner, effect.operation, effect.record, str(effect.version)))
        if seen.intersection(signs):
            found.append(effect)
        seen.update(signs)
    return found


def reordered(effects: Iterable[Effect]) -> list[Effect]:
    """Effects that put an older version over a newer one of the same record."""
    newest: dict[tuple[str, str, str], int] = {}
    found = []
    for effect in effects:
        if effect.version is None:
            continue
        place = (effect.partner, effect.operation, effect.record)
        if effect.version < newest.get(place, effect.version):
            found.append(effect)
        else:
            newest[place] = effect.version
    return found


def uninvited(effects: Iterable[Effect], refused: Sequence[str]) -> list[Effect]:
    """Effects of messages that must have none; `refused` are their correlation ids."""
    ids = frozenset(refused)
    return [effect for effect in effects if effect.correlation_id in ids]
