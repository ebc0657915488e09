"""`renkei edit`: another version of a dead letter, proposed by one person and sent when another agrees."""

import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from hub.app import App
from hub.cli.messages import when
from hub.cli.output import EXIT_USAGE, Json, acted, emit_json, emit_table, explained, fail, out
from hub.cli.rights import acting, there
from hub.cli.who import account
from hub.errors import Refused
from hub.ports.accounts import Right
from hub.ports.edits import Edit, EditState
from hub.support import edits
from hub.support.edits import Draft
from hub.support.sight import page

cli = typer.Typer(help="Edits of dead letters: propose, show, approve by another, refuse.", no_args_is_help=True)

EditId = Annotated[int, typer.Argument(help="Id of the edit, see `renkei edit list`.")]
Reason = Annotated[str, typer.Option(help="Why; kept for ever. No personal data.")]


class State(Enum):
    PROPOSED = "proposed"
    ALL = "all"


_STATES = {State.PROPOSED: (EditState.PROPOSED, EditState.APPROVED), State.ALL: tuple(EditState)}


@cli.command("propose")
def propose_command(
    context: typer.Context,
    dead_id: Annotated[int, typer.Argument(help="Id of the dead letter.")],
    reason: Reason,
    field: Annotated[
        list[str] | None,
        typer.Option(help="Path of a field, see `renkei dead fields`; its value is a line of standard input."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The whole new content, where it cannot be read.")
    ] = None,
    ticket: Annotated[str | None, typer.Option(help="Its number or address elsewhere.")] = None,
    as_json: Json = False,
) -> None:
    """Keep another version, checked by today's rules. Nothing is sent before another person agrees.

    Values are asked for without echo, or read from standard input, one line for each --field: arguments are seen.
    """
    app: App = context.obj
    if bool(field) == bool(file):
        raise fail("name the fields with --field, or the whole content with --file", EXIT_USAGE)
    values = {path: _value(path) for path in field or ()}
    content = None if file is None else file.read_bytes()
    with explained():
        letter = app.store.dead_letter(dead_id)
        if letter is not None and not there(app, acting(app), letter.hop, letter.type):
            raise Refused("edit.letter", f"dead letter {dead_id} is not there")
        draft = Draft(dead_id, account(), reason, ticket, values, content)
        made = edits.propose(app.store, app.bench.hub, draft)
    if as_json:
        emit_json(_plain(made))
    else:
        out.print(f"edit {made.id}: proposed; another person: renkei edit approve {made.id}", markup=False)


@cli.command("list")
def list_command(
    context: typer.Context,
    state: Annotated[State, typer.Option(help="Those that wait for somebody, or all.")] = State.PROPOSED,
    after: Annotated[int, typer.Option(help="Only those with a higher id: the next page.")] = 0,
    limit: Annotated[int, typer.Option(help="Most rows to print.")] = 100,
    as_json: Json = False,
) -> None:
    """List edits, oldest first."""
    app: App = context.obj
    with explained():
        actor = acting(app)
        found = page(
            lambda last, most: app.store.edits(_STATES[state], last, most),
            lambda one: there(app, actor, one.hop, one.type),
            after,
            limit,
        )
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    rows = [(e.id, when(e.at), e.state.value, e.dead_id, e.hop, e.type, ", ".join(e.fields), e.who) for e in found]
    emit_table("Edits", ["id", "since", "state", "dead letter", "hop", "type", "fields", "by"], rows)


@cli.command("show")
def show_command(
    context: typer.Context, edit_id: EditId,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show the values that differ; needs --reason.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why you look at them; kept for ever.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Show which fields differ, and, with a reason that is kept, how."""
    app: App = context.obj
    if reveal and not reason:
        raise typer.BadParameter("say why you look at the values: --reason")
    with explained():
        if reveal:
            acting(app).need(Right.REVEAL)
        found = _known(app, edit_id)
        looked = edits.look(app.store, app.bench.hub, edit_id, reason or "") if reveal else None
    if as_json:
        shown = None if looked is None else [{"path": d.path, "before": d.before, "after": d.after} for d in looked]
        emit_json(_plain(found) | {"differences": shown})
        return
    emit_table("Edit", ["field", "value"], list(_plain(found).items()))
    if looked is None:
        out.print("The values are not shown: --reveal --reason …", markup=False)
    else:
        emit_table("Differences", ["field", "before", "after"], [(d.path, d.before, d.after) for d in looked])


@cli.command("approve")
def approve_command(context: typer.Context, edit_id: EditId, reason: Reason, as_json: Json = False) -> None:
    """Agree, as another person. The original is closed, and this goes to the hop it died in."""
    app: App = context.obj
    with explained():
        _known(app, edit_id)
        edits.approve(app.bench, edit_id, account(), reason)
    acted(as_json, "sent to its queue; the original is closed", id=edit_id, state=EditState.SENT.value)


@cli.command("refuse")
def refuse_command(context: typer.Context, edit_id: EditId, reason: Reason, as_json: Json = False) -> None:
    """It does not go, or you take your own back. The dead letter stays as it is."""
    app: App = context.obj
    with explained():
        actor = acting(app)
        if not actor.may(Right.APPROVE):
            actor.need(Right.EDIT)
        if _known(app, edit_id).who != account():
            actor.need(Right.APPROVE)
        edits.refuse(app.store, edit_id, account(), reason)
        state = edits.found(app.store, edit_id).state.value
    acted(as_json, "refused; the dead letter is as it was", id=edit_id, state=state)


def _known(app: App, edit_id: int) -> Edit:
    edit = edits.found(app.store, edit_id)
    if not there(app, acting(app), edit.hop, edit.type):
        raise Refused("edit.unknown", f"there is no edit {edit_id}")
    return edit


def _value(path: str) -> str:
    """Typed without echo, or the next line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt(path, hide_input=True, default="", show_default=False))
    return sys.stdin.readline().rstrip("\n")


def _plain(edit: Edit) -> dict[str, object]:
    fields = {name: getattr(edit, name) for name in edit.__slots__}
    return fields | {"state": edit.state.value, "fields": list(edit.fields)}
