"""The report of a run, from all the evidence there is."""

from collections.abc import Sequence

from hub.sandbox import ledgers, letter_check
from hub.sandbox.accounting import Evidence
from hub.sandbox.chaos import DEADLY, scars
from hub.sandbox.flow import Flow, Sending
from hub.sandbox.report import Expectation, FlowReport, Report
from hub.sandbox.scene import Scene

ENOUGH = 40  # messages per flow from which on every partner meets every failure with certainty


def report(
    scene: Scene, flows: Sequence[Flow], sent: Sequence[Sending], so_far: Sequence[Expectation], seconds: float,
    notes: Sequence[str],
) -> Report:  # fmt: skip
    """`so_far`: expectations judged during the run; `sent`: each copy of each message."""
    written = {name: partner.ledger() for name, partner in scene.partners.items()}
    evidence = Evidence(
        sent=sent,
        effects=ledgers.effects(written),
        journal={begun: scene.hub.journal(begun) for one in sent for begun in one.begins},
        letters=scene.hub.dead_letters(),
        lines=scene.hub.lines(),
    )
    return Report(
        broker=scene.broker.name,
        version=scene.broker.version,
        store=scene.hub.store,
        seconds=seconds,
        flows=[_flow(flow, evidence) for flow in flows],
        partners={name: evidence.partner(name) for name in evidence.partners()},
        expectations=[
            *so_far,
            Expectation("what came in equals what ended and what is dead, in the books and at the broker (reconcile)",
                        scene.hub.reconciled()),
            *ledgers.expectations(written),
            *letter_check.expectations(sent, evidence.letters, DEADLY),
            *_scars(flows, evidence),
        ],
        notes=notes,
    )  # fmt: skip


def _flow(flow: Flow, evidence: Evidence) -> FlowReport:
    found = flow.judge(evidence.sent, evidence.effects)
    return FlowReport(flow.id, flow.name, evidence.flow(flow, found), found.expectations)


def _scars(flows: Sequence[Flow], evidence: Evidence) -> list[Expectation]:
    if any(sum(each.flow == flow.id for each in evidence.sent) < ENOUGH for flow in flows):
        return []
    # what is sent before anything fails (wave 0) leaves no scars
    used = {due.partner for each in evidence.sent if each.wave for due in each.dues}
    counts = {name: evidence.partner(name) for name in sorted(used)}
    return scars({name: (each.retried, each.dead, each.replayed) for name, each in counts.items()})
