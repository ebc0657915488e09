"""`renkei replay`: replay plans, made, judged, run, paused, resumed, cancelled."""

from dataclasses import replace
from enum import Enum
from typing import Annotated

import typer

from hub.app import App
from hub.cli.approval import tell
from hub.cli.dead import Code, Hop, Partner, Person, Reason, Since, Ticket, Type, Until, microseconds, searched_for
from hub.cli.display import Display
from hub.cli.messages import when
from hub.cli.output import (
    EXIT_ASKED,
    EXIT_FAILED,
    EXIT_USAGE,
    Json,
    Yes,
    acted,
    emit_json,
    emit_table,
    err,
    explained,
    fail,
    out,
)
from hub.cli.rights import acting, narrowed
from hub.errors import Refused
from hub.ports.accounts import Right
from hub.ports.plans import Item, ItemState, NewPlan, Plan, PlanState, Prospect
from hub.ports.requests import Request
from hub.ports.store import DeadFilter
from hub.support import approvals, clearance, plans, runs
from hub.support.plans import GOES, Progress
from hub.support.sight import plan_seen, plans_seen

cli = typer.Typer(
    help="Replay plans: frozen selections of dead letters, judged, then sent again.", no_args_is_help=True
)

PlanId = Annotated[int, typer.Argument(help="Number of the plan.")]
Patience = Annotated[float, typer.Option(help="Seconds without any change after which the run stops.")]
_TEXTS = {
    Prospect.DELIVER: "will be delivered",
    Prospect.WAITS: "will go out after an earlier one of its record",
    Prospect.SUPERSEDED: "will not be sent and be closed: a newer one was sent",
    Prospect.ALREADY: "will not be sent and be closed: already delivered",
    Prospect.PROTECTED: "will not be sent and be held: a protected person",
    Prospect.INVALID: "stay dead letters: would be refused again",
    Prospect.SENDER_ONLY: "stay dead letters: only the sender can send them again",
}


class Origin(Enum):
    INTAKE = "intake"
    DELIVERY = "delivery"


class Which(Enum):
    PENDING = "pending"
    FAILED = "failed"
    KEPT = "kept"
    WAITING = "waiting"
    ALL = "all"


@cli.command("plan")
def plan_command(
    context: typer.Context, reason: Reason,
    dead_id: Annotated[list[int] | None, typer.Argument(help="Ids; or use the filters.")] = None,
    code: Code = None, partner: Partner = None, hop: Hop = None, type_: Type = None,
    since: Since = None, until: Until = None, person: Person = False,
    origin: Annotated[
        Origin | None,
        typer.Option("--from", help="intake: as the sender sent it; delivery: as it was taken in. Default: both."),
    ] = None,
    rate: Annotated[int | None, typer.Option(min=1, help="Most messages a minute.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Freeze a selection and judge each message by today's rules. Nothing is sent."""
    app: App = context.obj
    where = DeadFilter(
        ids=tuple(dead_id) if dead_id else None, code=code, source=partner, hop=hop, type=type_,
        since=microseconds(since), until=microseconds(until), origin=None if origin is None else origin.value,
    )  # fmt: skip
    if where == DeadFilter() and not person:
        raise fail(
            "name ids, or at least one of --code, --partner, --hop, --type, --since, --until, --from, --person",
            EXIT_USAGE,
        )
    with explained():
        if person:
            acting(app).need(Right.FIND)
            where = replace(where, persons=searched_for(app, reason))
        new = NewPlan(narrowed(app, where), acting(app).name, reason, rate)
        made = plans.create(app.store, app.bench.hub, new)
        found = plans.progress(app.store, made.id)
    _show(found, as_json)


@cli.command("show")
def show_command(
    context: typer.Context, plan_id: PlanId,
    judge: Annotated[bool, typer.Option("--judge", help="Judge anew what is still to be sent.")] = False,
    items: Annotated[Which | None, typer.Option(help="List its messages in this state.")] = None,
    prospect: Annotated[Prospect | None, typer.Option(help="List its messages that are judged so.")] = None,
    after: Annotated[int, typer.Option(help="List from after this dead letter on.")] = 0,
    limit: Annotated[int, typer.Option(help="Most messages to list.")] = 100, as_json: Json = False,
) -> None:  # fmt: skip
    """Show what was judged, how far the plan is, and when it is expected to end."""
    app: App = context.obj
    with explained():
        _there(app, plan_id)
        if judge:
            plans.known(app.store, plan_id)
            plans.judge_all(app.store, app.bench.hub, plan_id)
        found = plans.progress(app.store, plan_id)
        listed = None
        if items is not None or prospect is not None:
            states = [] if items in (None, Which.ALL) else [ItemState(items.value)]
            listed = app.store.plan_items(plan_id, states, after_id=after, limit=limit, prospect=prospect)
    _show(found, as_json, listed)


@cli.command("list")
def list_command(
    context: typer.Context,
    before: Annotated[int | None, typer.Option(help="Only plans with a lower number.")] = None,
    limit: Annotated[int, typer.Option(help="Most rows to print.")] = 50, as_json: Json = False,
) -> None:  # fmt: skip
    """List plans, newest first."""
    app: App = context.obj
    with explained():
        actor = acting(app)
        found = (
            plans_seen(actor, app.registry, app.store, before, limit)
            if actor.confined
            else app.store.plans(before, limit)
        )
    if as_json:
        emit_json([_plain(plan) for plan in found])
        return
    rows = [(one.id, one.state.value, when(one.created_at), one.who, one.selection, one.reason) for one in found]
    emit_table("Replay plans", ["plan", "state", "made", "by", "selection", "reason"], rows)


@cli.command("run")
def run_command(
    context: typer.Context, plan_id: PlanId, patience: Patience = runs.PATIENCE, ticket: Ticket = None,
    yes: Yes = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Send: one message, then ten, then the rest, if those arrive. Exit code 1 where it stopped before its end.

    Many of them, or what is about a protected person, another person has to agree to first: exit code 7.
    """
    _run(context, plan_id, [PlanState.PLANNED, PlanState.RUNNING], patience, ticket, yes, as_json)


@cli.command("resume")
def resume_command(
    context: typer.Context, plan_id: PlanId, patience: Patience = runs.PATIENCE, ticket: Ticket = None,
    yes: Yes = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Go on with a plan that was paused, has halted, or whose process died. It begins with one message again."""
    _run(context, plan_id, [PlanState.RUNNING, PlanState.PAUSED, PlanState.HALTED], patience, ticket, yes, as_json)


@cli.command("pause")
def pause_command(context: typer.Context, plan_id: PlanId, as_json: Json = False) -> None:
    """Let the process that runs it stop after the messages it has in hand."""
    app: App = context.obj
    with explained():
        _there(app, plan_id)
        plans.pause(app.store, plan_id)
    acted(as_json, f"plan {plan_id} is paused", plan=plan_id, state="paused")


@cli.command("cancel")
def cancel_command(context: typer.Context, plan_id: PlanId, as_json: Json = False) -> None:
    """Send nothing more of it. What was not sent yet stays a dead letter."""
    app: App = context.obj
    with explained():
        _there(app, plan_id)
        found = runs.cancel(app.bench, plan_id)
    _show(found, as_json)


def _run(
    context: typer.Context, plan_id: int, states: list[PlanState], patience: float, ticket: str | None,
    yes: bool, as_json: bool,
) -> None:  # fmt: skip
    app: App = context.obj
    with explained():
        _there(app, plan_id)
        found = plans.progress(app.store, plan_id)
        if found.plan.state in states and clearance.waits(app.bench, found.plan):
            raise _asked(app, found, ticket, as_json)
        if not yes and not as_json:
            _show(found, False)
            typer.confirm(f"send {_going(found)} messages?", abort=True)
        with Display(err) as display:

            def report(now: Progress) -> None:
                total = sum(now.tally.states.values())
                end = "" if now.expected_end is None else f", expected end {when(now.expected_end)}"
                if err.is_terminal:
                    display.advance(f"{total - now.pending} of {total} handed over{end}", 1 - now.pending / total)

            try:
                found = runs.run(app.bench, plan_id, states, report, runs.Pace(patience))
            except Refused as refused:
                if refused.code != "approval.needed":  # what was agreed to is not what would be sent now
                    raise
                raise _asked(app, found, ticket, as_json) from None
    _show(found, as_json)
    if found.plan.state is not PlanState.DONE or found.tally.count(ItemState.FAILED):
        raise typer.Exit(EXIT_FAILED)


def _asked(app: App, found: Progress, ticket: str | None, as_json: bool) -> typer.Exit:
    """Ask for the second person who has to agree before it may be run, and say so; raise what is returned."""
    request = approvals.ask_replay(app.bench, found.plan.id, acting(app), ticket)
    _show(found, as_json, request=request)
    return typer.Exit(EXIT_ASKED)


def _going(found: Progress) -> int:
    """Those judged fit; a message that was handed over already keeps its judgement, so no more than are pending."""
    fit = sum(count for prospect, count in found.tally.prospects.items() if prospect in GOES)
    return min(fit, found.pending)


def _show(found: Progress, as_json: bool, items: list[Item] | None = None, request: Request | None = None) -> None:
    plan, tally = found.plan, found.tally
    if as_json:
        emit_json(
            _plain(plan)
            | {
                "runs": found.runs,
                "expected_end": found.expected_end,
                "total": sum(tally.states.values()),
                "prospects": {one.value: count for one, count in tally.prospects.items()},
                "states": {one.value: count for one, count in tally.states.items()},
                "failures": dict(tally.failures),
                "differing": tally.differing,
                "arrivals": tally.arrivals,
                "request": None if request is None else request.id,
            }
            | ({} if items is None else {"items": [_item(one) for one in items]})
        )
        return
    note = "" if plan.state is not PlanState.RUNNING or found.runs else " (its process is gone: `renkei replay resume`)"
    out.print(f"plan {plan.id}: {plan.state.value}{note}, {plan.who}: {plan.reason}", style="bold", markup=False)
    if plan.halted_by is not None:
        out.print(f"stopped by {plan.halted_by}: see `renkei card {plan.halted_by}`", markup=False)
    emit_table("Judged", ["messages", "what"], [(n, _TEXTS[one]) for one, n in tally.prospects.items()])
    emit_table("State", ["messages", "state"], [(n, one.value) for one, n in tally.states.items()])
    if tally.failures:
        emit_table("Dead again", ["messages", "code"], [(n, code) for code, n in tally.failures.items()])
    if tally.differing:
        out.print(f"{tally.differing} would leave with other content than when they died: today's mapping differs")
    if tally.arrivals:
        out.print(f"{tally.arrivals} dead letters came since that fit the selection; they are not in this plan")
    if found.expected_end is not None:
        out.print(f"expected end: {when(found.expected_end)}")
    if request is not None:
        tell(request)
    if items is not None:
        rows = [
            (i.dead_id, i.hop, i.type, i.code, i.state.value, i.prospect and i.prospect.value, i.detail, i.result)
            for i in items
        ]
        columns = ["dead letter", "hop", "type", "died of", "state", "judged", "because", "died again of"]
        emit_table("Messages", columns, rows)


def _plain(plan: Plan) -> dict[str, object]:
    fields = {name: getattr(plan, name) for name in plan.__slots__}
    del fields["runner"], fields["runner_until"], fields["next_at"], fields["entered_at"], fields["entered_pending"]
    return fields | {"state": plan.state.value}


def _item(item: Item) -> dict[str, object]:
    fields = {name: getattr(item, name) for name in item.__slots__}
    del fields["was"], fields["outgoing"], fields["record"]
    return fields | {"state": item.state.value, "prospect": item.prospect and item.prospect.value}


def _there(app: App, plan_id: int) -> None:
    """Raises Refused `replay.unknown` as well where a part of it belongs to others."""
    actor = acting(app)
    if actor.confined and not plan_seen(actor, app.registry, app.store, plan_id):
        raise Refused("replay.unknown", f"there is no plan {plan_id}")
