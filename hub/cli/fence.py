"""`renkei fence`: who is protected. Raising is instant; lifting takes two persons and the targets' word."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.app import App
from hub.cli.dead import Ticket, ask_number, microseconds
from hub.cli.messages import when
from hub.cli.output import EXIT_FAILED, Json, acted, emit_json, emit_table, explained, out
from hub.cli.rights import acting
from hub.cli.who import account
from hub.clock import now_us
from hub.errors import Refused
from hub.fence import ANCHOR, Standing
from hub.ports.persons import PersonRef
from hub.support import fences
from hub.support.sight import need_whole
from hub.worker.fence_watch import read_position, remember, write_position

cli = typer.Typer(help="Fences: protected persons, raised at once, lifted in two.", no_args_is_help=True)

Measure = Annotated[str, typer.Argument(help="Id of the measure, see `renkei fence list`.")]
Reason = Annotated[str, typer.Option(help="Why; kept for ever. No personal data.")]
Item = Annotated[str, typer.Option(help="特定個人情報名コード, for one data item only.")]


@cli.command("status")
def status_command(context: typer.Context, as_json: Json = False) -> None:
    """Whether anything may leave the city: the registry, its list, and what this host remembers of it."""
    app: App = context.obj
    with explained():
        state, seen = app.store.fence_state(), read_position(app.home.fence_position)
        follows = state is not None and (seen is None or app.store.descends(seen))
    ready = state is not None and state.confirmed_by is not None and follows
    told = {
        "ready": ready,
        "epoch": state.at.epoch if state else None,
        "position": state.at.position if state else None,
        "listed_by": (state.listed_by or None) if state else None,
        "confirmed_by": state.confirmed_by if state else None,
        "this_host_saw": seen.position if seen else None,
        "follows_what_this_host_saw": follows,
    }
    if as_json:
        emit_json(told)
    else:
        emit_table("Registry of fences", ["field", "value"], list(told.items()))
    if not ready:
        raise typer.Exit(EXIT_FAILED)


@cli.command("reconcile")
def reconcile_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV of all protected persons, see ops/docs/fence.md.", exists=True)],
    as_json: Json = False,
) -> None:
    """Load the full list, in a new installation or after a restore. Nothing leaves the city until `complete`."""
    app: App = context.obj
    with explained():
        entries = fences.read_list(file.read_bytes(), app.sealer)
        loaded = fences.load(app.store, entries, account())
    if as_json:
        emit_json({"raised": loaded.raised, "already": loaded.already, "missing": loaded.missing})
        return
    out.print(f"raised {loaded.raised}, closed before {loaded.already}")
    for measure in loaded.missing:
        out.print(f"not on the list, and still closed: {measure}", markup=False)
    out.print("Now another person compares it with the sources and runs `renkei fence complete`.")


@cli.command("complete")
def complete_command(context: typer.Context, as_json: Json = False) -> None:
    """Confirm, as another person, that the loaded list is complete. From then on messages may leave the city."""
    app: App = context.obj
    with explained():
        need_whole(acting(app))
        at = fences.complete(app.store, account())
        write_position(app.home.fence_position, at)
    text = "confirmed; run `renkei fence adopt` on every other host that had seen another registry"
    acted(as_json, text, registry=at.epoch, act=at.position)


@cli.command("adopt")
def adopt_command(context: typer.Context, as_json: Json = False) -> None:
    """Let this host believe the confirmed registry, though it had seen another one."""
    app: App = context.obj
    with explained():
        state = app.store.fence_state()
        if state is None or state.confirmed_by is None:
            raise Refused("registry.order", "nobody has confirmed the list of this registry")
        write_position(app.home.fence_position, state.at)
    text = f"this host follows registry {state.at.epoch} from act {state.at.position} on"
    acted(as_json, text, registry=state.at.epoch, act=state.at.position)


@cli.command("raise")
def raise_command(
    context: typer.Context, reason: Annotated[str, typer.Option(help=", ".join(fences.REASONS))], item: Item = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    """Close the fence of one person now: the 宛名番号 is asked for, or read from standard input."""
    app: App = context.obj
    with explained():
        if reason not in fences.REASONS:
            raise Refused("registry.order", f"the reason must be one of {', '.join(fences.REASONS)}")
        number = ask_number().strip()
        if not (len(number) == 15 and number.isascii() and number.isdecimal()):
            raise Refused("search.number", "a 宛名番号 has 15 digits")
        subject = PersonRef("subject", (app.sealer.alias(ANCHOR, number),))
        measure, recorded = fences.close(app.store, subject, item, reason, account())
        _remember(app)
    in_flight = [{"hop": one.hop, "message_id": one.message_id, "until": one.deadline} for one in recorded.in_flight]
    if as_json:
        emit_json({"measure": measure, "in_flight": in_flight})
        return
    out.print(f"closed: measure {measure}", markup=False)
    columns = ["hop", "message", "over by"]
    emit_table(
        "Sends that were under way", columns, [(f.hop, f.message_id, when(f.deadline)) for f in recorded.in_flight]
    )
    out.print("The targets hear of it by the source: register the measure in the welfare system as well.")


@cli.command("lift")
def lift_command(
    context: typer.Context, measure: Measure, reason: Reason,
    effective: Annotated[datetime | None, typer.Option(help="Nothing opens before this local time.")] = None,
    ticket: Ticket = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Ask for a measure to be lifted. Nothing opens before another person approves and the targets confirm."""
    app: App = context.obj
    with explained():
        need_whole(acting(app))
        fences.request_lift(app.store, measure, account(), reason, microseconds(effective) or now_us(), ticket)
        _remember(app)
    acted(as_json, f"asked; another person: renkei fence approve {measure}", measure=measure, state="asked")


@cli.command("approve")
def approve_command(context: typer.Context, measure: Measure, as_json: Json = False) -> None:
    """Agree to lift a measure somebody else asked to lift. It opens when the targets have let go of it."""
    app: App = context.obj
    with explained():
        need_whole(acting(app))
        fences.approve_lift(app.store, measure, account(), app.settings.request_hours)
        _remember(app)
    targets = ", ".join(sorted(app.registry.fence_targets))
    text = (
        "approved; what lowers the protection may go to the targets now, see `renkei hold list`\n"
        f"it opens when each of them has let go of it: {targets}; see `renkei fence list`"
    )
    acted(as_json, text, measure=measure, state="approved", targets=sorted(app.registry.fence_targets))


@cli.command("confirm")
def confirm_command(
    context: typer.Context, measure: Measure, reason: Reason,
    target: Annotated[str, typer.Option(help="Which target, e.g. intermediate_server.")],
    cleared: Annotated[bool, typer.Option("--cleared", help="It does not hold the protection any more.")] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Note what a target holds, where it could not say so itself: asked by telephone, or not applicable."""
    app: App = context.obj
    with explained():
        need_whole(acting(app))
        targets = app.registry.fence_targets
        fences.note_target(app.store, measure, target, not cleared, account(), reason, targets)
        _remember(app)
    acted(as_json, "noted", measure=measure, target=target, held=not cleared)


@cli.command("list")
def list_command(
    context: typer.Context,
    lifted: Annotated[bool, typer.Option("--lifted", help="Lifted ones as well.")] = False,
    as_json: Json = False,
) -> None:
    """All measures. Persons are not shown: they are keyed hashes here."""
    app: App = context.obj
    with explained():
        need_whole(acting(app))
        found = [_plain(app, one) for one in fences.measures(app.store, lifted)]
    if as_json:
        emit_json(found)
        return
    rows = [[one["measure"], one["state"], one["source"], one["item"], one["reason"], when(int(str(one["at"]))),
             one["waits_for"], one["remark"]] for one in found]  # fmt: skip
    columns = ["measure", "state", "source", "item", "reason", "raised", "waits for", "remark"]
    emit_table("Measures", columns, rows)


@cli.command("history")
def history_command(context: typer.Context, measure: Measure, as_json: Json = False) -> None:
    """Every act about one measure, as it was recorded."""
    app: App = context.obj
    with explained():
        need_whole(acting(app))
        acts = fences.history(app.store, measure)
    if as_json:
        kept = ("position", "at", "who", "source", "version", "number", "reason", "effective_at", "target", "ticket")
        emit_json([{"step": act.step.value} | {name: getattr(act, name) for name in kept} for act in acts])
        return
    rows = [
        (a.position, when(a.at), a.step.value, a.who, a.version, a.number, a.target, a.reason, a.ticket) for a in acts
    ]
    emit_table("Acts", ["no.", "at", "act", "who", "version", "number", "target", "reason", "ticket"], rows)


def _remember(app: App) -> None:
    """So that a database restored from before this act is known to be older."""
    state = app.store.fence_state()
    if state is not None:
        remember(app.home.fence_position, app.store, state.at)


def _plain(app: App, one: Standing) -> dict[str, object]:
    targets, now = app.registry.fence_targets, now_us()
    state = one.state(targets, now)
    waited = {"raised": targets - one.confirmed, "lifting": targets - one.cleared}.get(state, frozenset())
    remarks = ["conflicting versions: ask the source"] if one.conflict else []
    if one.released is not None and not one.lifted:
        remarks.append(
            "the source's release is older than its raise" if one.stale_release else "the source released it"
        )
    if one.raised.subject.aliases and not all(app.store.known_persons([one.raised.subject])):
        remarks.append("nobody here is known by this number")
    return {
        "measure": one.measure,
        "state": state,
        "source": one.raised.source,
        "item": one.raised.item or None,
        "reason": one.raised.reason,
        "at": one.raised.at,
        "waits_for": ", ".join(sorted(waited)) or None,
        "remark": "; ".join(remarks) or None,
    }
