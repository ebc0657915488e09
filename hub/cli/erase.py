"""`renkei erase`: what lies here about one person, destroyed when two persons agree."""

from dataclasses import asdict
from enum import Enum
from typing import Annotated

import typer

from hub.app import App
from hub.cli.dead import ask_number
from hub.cli.messages import when
from hub.cli.output import Json, Yes, acted, emit_json, emit_table, explained, out
from hub.cli.rights import acting
from hub.cli.who import account
from hub.ports.erasure import Erasure, ErasureState, Found
from hub.support import erasure
from hub.support.search import search
from hub.support.sight import need_whole

cli = typer.Typer(help="Erasure of a person's data: ask, show, approve by another, refuse.", no_args_is_help=True)

ErasureId = Annotated[int, typer.Argument(help="Id of the request, see `renkei erase list`.")]
Reason = Annotated[str, typer.Option(help="Why; kept for ever. No personal data.")]


class State(Enum):
    ASKED = "asked"
    ALL = "all"


@cli.command("ask")
def ask_command(
    context: typer.Context,
    reason: Reason,
    ticket: Annotated[str | None, typer.Option(help="Its number or address elsewhere.")] = None,
    as_json: Json = False,
) -> None:
    """Ask to erase what lies here about the person whose number is typed. Nothing is erased yet."""
    app: App = context.obj
    with explained():
        need_whole(acting(app))
        # a search, as the answer tells whether one is known
        person = search(app.store, app.sealer, app.registry, ask_number(), reason)
        made = erasure.ask(app.store, person, account(), reason, ticket)
    _show(made, as_json)
    if not as_json:
        out.print(f"another person: renkei erase approve {made.id}", markup=False)


@cli.command("list")
def list_command(
    context: typer.Context,
    state: Annotated[State, typer.Option(help="Those that wait for somebody, or all.")] = State.ASKED,
    after: Annotated[int, typer.Option(help="Only those with a higher id: the next page.")] = 0,
    limit: Annotated[int, typer.Option(help="Most rows to print.")] = 100,
    as_json: Json = False,
) -> None:
    """List requests, oldest first. None of them names a person."""
    app: App = context.obj
    states = (ErasureState.ASKED,) if state is State.ASKED else tuple(ErasureState)
    with explained():
        need_whole(acting(app))
        found = app.store.erasures(states, after, limit)
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    rows = [(e.id, when(e.at), e.state.value, e.who, e.reason, e.ticket, e.found.bodies, e.decided_by) for e in found]
    emit_table("Erasures", ["id", "since", "state", "by", "reason", "ticket", "bodies", "decided by"], rows)


@cli.command("show")
def show_command(context: typer.Context, erasure_id: ErasureId, as_json: Json = False) -> None:
    """Show what would be erased, or was."""
    app: App = context.obj
    with explained():
        need_whole(acting(app))
        found = erasure.found(app.store, erasure_id)
    _show(found, as_json)


@cli.command("approve")
def approve_command(
    context: typer.Context, erasure_id: ErasureId, reason: Reason, yes: Yes = False, as_json: Json = False
) -> None:
    """Agree, as another person. Data keys are destroyed: nothing of it can be read or sent again."""
    app: App = context.obj
    with explained():
        need_whole(acting(app))
        asked = erasure.found(app.store, erasure_id)
        if not yes:
            typer.confirm(f"erase {_words(asked.found)} for good?", abort=True)
        done = erasure.approve(app.store, erasure_id, account(), reason, app.settings.request_hours)
    acted(as_json, f"erased: {_words(done)}", id=erasure_id, state="done", found=asdict(done))


@cli.command("refuse")
def refuse_command(context: typer.Context, erasure_id: ErasureId, reason: Reason, as_json: Json = False) -> None:
    """Nothing is erased."""
    app: App = context.obj
    with explained():
        need_whole(acting(app))
        erasure.refuse(app.store, erasure_id, account(), reason)
    acted(as_json, "refused; nothing was erased", id=erasure_id, state="refused")


def _words(found: Found) -> str:
    return (
        f"{found.dead_letters} dead letters, {found.holds} holds, {found.edits} edits, {found.waiting} waiting; "
        f"{found.unended} messages without an end end as erased; {found.kept} acts of protection stay"
    )


def _show(one: Erasure, as_json: bool) -> None:
    if as_json:
        emit_json(_plain(one))
        return
    emit_table("Erasure", ["field", "value"], [pair for pair in _plain(one).items() if pair[0] != "found"])
    out.print(_words(one.found), markup=False)


def _plain(one: Erasure) -> dict[str, object]:
    """Without the hashes: they are of use to nobody who may not search."""
    fields = {name: getattr(one, name) for name in one.__slots__ if name != "hashes"}
    return fields | {"state": one.state.value, "found": asdict(one.found)}
