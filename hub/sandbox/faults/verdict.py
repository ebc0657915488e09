"""The verdict on a run: from the publishers' list, the partners' ledgers, the witnesses, and the broker's own word."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.ports.holds import Hold
from hub.ports.store import DeadLetter
from hub.sandbox import ledgers
from hub.sandbox.flow import Flow, Sending
from hub.sandbox.judge import doubled, reordered
from hub.sandbox.ledgers import Ledgers
from hub.sandbox.report import Expectation

# What faults may rightly make of a message until somebody replays it. Anything else is a finding.
RIGHTLY_DEAD = frozenset(
    {
        "deliver.exhausted",
        "deliver.in_doubt",
        "deliver.rejected",
        "reply.invalid",
        "hub.poison",
        "broker.dead_lettered",
    }
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """`letters`: all dead letters ever; `holds`: those nobody has decided on; `breaches`: lines of the witnesses.

    `untold`: messages whose publisher never heard of them; `queues`: what is left in them.

    `bugs`: what the hub logged about itself; `unrest`: what did not come to rest in time; `unmigrated`: databases
    that an interrupted migration left unusable.
    """

    sent: Sequence[Sending]
    ledgers: Ledgers
    letters: Sequence[DeadLetter]
    holds: Sequence[Hold]
    breaches: Sequence[str]
    untold: Sequence[str]
    queues: Mapping[str, int]
    bugs: Sequence[str]
    unrest: Sequence[str]
    unmigrated: Sequence[str]
    reconciled: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """`receipts`: requests a partner got again and knew by their key: allowed, and counted apart from effects.

    `dead`: all dead letters there ever were, by code and hop.
    """

    messages: int
    lost: int
    doubled: int
    reordered: int
    receipts: int
    dead: Mapping[str, int]
    expectations: Sequence[Expectation]

    @property
    def held(self) -> bool:
        return not (self.lost or self.doubled or self.reordered) and all(each.held for each in self.expectations)


def judge(flows: Sequence[Flow], evidence: Evidence) -> Verdict:
    """Each promise by those who can tell."""
    effects = ledgers.effects(evidence.ledgers)
    judgements = [flow.judge(evidence.sent, effects) for flow in flows]
    flagged = sum(entry["reordered"] for entries in evidence.ledgers.values() for entry in entries)
    return Verdict(
        messages=len({each.publication.message_id for each in evidence.sent}),
        lost=sum(len(each.lost) for each in judgements),
        doubled=len(doubled(effects)),
        reordered=max(len(reordered(effects)), flagged),
        receipts=sum(
            not entry["effect"] and 200 <= entry["status"] < 300
            for entries in evidence.ledgers.values()
            for entry in entries
        ),
        dead=Counter(f"{each.code} at {each.hop}" for each in evidence.letters),
        expectations=[
            *(each for one in judgements for each in one.expectations),
            *ledgers.expectations(evidence.ledgers),
            *_letters(evidence),
            *_holds(evidence),
            _none("nothing was acked, or committed, before its time (witnesses beside the ports)", evidence.breaches),
            _none("every publisher that wants to was told what became of its messages", evidence.untold),
            _none("every queue is empty", [f"{name}: {count}" for name, count in evidence.queues.items()]),
            _none("all came to rest", evidence.unrest),
            _none("no process of the hub found a bug in itself", evidence.bugs),
            _none("every migration that was struck could be done again", evidence.unmigrated),
            Expectation("the hub's own books agree with the broker (reconcile)", evidence.reconciled),
        ],
    )


def _letters(evidence: Evidence) -> list[Expectation]:
    refused = {each.publication.message_id: each.code for each in evidence.sent if each.fate == "refused"}
    still = [each for each in evidence.letters if each.state in ("open", "replaying")]
    dead = {(each.message_id, each.code) for each in still}
    others = {f"{each.code} at {each.hop}" for each in still if each.message_id not in refused}
    strange = {
        f"{each.code} at {each.hop}"
        for each in evidence.letters
        if each.message_id not in refused and each.code not in RIGHTLY_DEAD
    }
    missing = [code for message_id, code in refused.items() if (message_id, code) not in dead]
    return [
        _none(f"each refused message ({len(refused)}) is dead with the code of its fault", missing),
        _none("nothing else is dead", sorted(others)),
        _none("nothing ever died but of a fault", sorted(strange)),
    ]


def _holds(evidence: Evidence) -> list[Expectation]:
    protected = {each.publication.message_id for each in evidence.sent if each.fate == "held"}
    held = {each.correlation_id for each in evidence.holds}
    others = {f"{each.code} at {each.hop}" for each in evidence.holds if each.correlation_id not in protected}
    return [
        _none(f"each message about a protected person ({len(protected)}) is held", sorted(protected - held)),
        _none("nothing else is held", sorted(others)),
    ]


def _none(text: str, found: Sequence[str]) -> Expectation:
    shown = "; ".join(found[:5]) + (f"; and {len(found) - 5} more" if len(found) > 5 else "")
    return Expectation(text, not found, shown)
