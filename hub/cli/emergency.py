"""`renkei emergency`: break-glass, for a while, seen by all."""

from typing import Annotated

import typer

from hub.app import App
from hub.cli.messages import when
from hub.cli.output import Json, acted, emit_json, emit_table, explained, out
from hub.cli.rights import acting
from hub.clock import now_us
from hub.ports.emergencies import Emergency
from hub.support import emergencies

cli = typer.Typer(help="Break-glass: reveal for a while what your role may not; seen by all.", no_args_is_help=True)


@cli.command("begin")
def begin_command(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Why; kept for ever and seen by all. No personal data.")],
    minutes: Annotated[
        int, typer.Option(help=f"After so many it ends by itself; at most {emergencies.MOST_MINUTES}.")
    ] = emergencies.MINUTES,
    ticket: Annotated[str | None, typer.Option(help="Its number or address elsewhere.")] = None,
    as_json: Json = False,
) -> None:
    """Reveal single fields for a while, though your role may not. Everybody sees it, and it alarms.

    Each field still takes a reason that is kept.
    """
    app: App = context.obj
    with explained():
        made = emergencies.begin(app.store, acting(app), reason, minutes, ticket)
    if as_json:
        emit_json(_plain(made))
    else:
        out.print(f"open until {when(made.until)}; to end it before: renkei emergency end {made.id}", markup=False)


@cli.command("list")
def list_command(
    context: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    before: Annotated[int | None, typer.Option(help="Only those with a lower id: the next page.")] = None,
    limit: Annotated[int, typer.Option(help="Most rows to print.")] = 50,
    as_json: Json = False,
) -> None:
    """List emergencies, newest first."""
    app: App = context.obj
    with explained():
        found = app.store.emergencies(None if all_ else now_us(), before, limit)
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    rows = [(e.id, e.who, when(e.at), when(e.ended_at or e.until), e.ended_by, e.reason, e.ticket) for e in found]
    emit_table("Emergencies", ["id", "who", "since", "until", "ended by", "reason", "ticket"], rows)


@cli.command("end")
def end_command(
    context: typer.Context,
    emergency_id: Annotated[int, typer.Argument(help="Id of the emergency, see `renkei emergency list`.")],
    as_json: Json = False,
) -> None:
    """End one before its time: your own, or as who may look at the record."""
    app: App = context.obj
    with explained():
        emergencies.end(app.store, emergency_id, acting(app))
    acted(as_json, "ended", id=emergency_id, open=False)


def _plain(emergency: Emergency) -> dict[str, object]:
    names = ("id", "who", "reason", "ticket", "at", "until", "ended_at", "ended_by")
    return {name: getattr(emergency, name) for name in names} | {"open": emergency.open(now_us())}
