"""`renkei case`: dead letters by cause, whose they are, and what is said of them."""

import getpass
from typing import Annotated

import typer

from hub.app import App
from hub.cli.card import plain, show
from hub.cli.messages import when
from hub.cli.output import Json, emit_json, emit_table, explained, out
from hub.codes import CODES
from hub.support import cases
from hub.support.cases import Case

cli = typer.Typer(help="Cases: dead letters of one cause, with owner and notes.", no_args_is_help=True)

CaseId = Annotated[str, typer.Argument(help="Id of the case, see `renkei case list`.")]
Text = Annotated[str, typer.Option("--note", help="What is to be known of it. No personal data.")]


@cli.command("list")
def list_command(
    context: typer.Context,
    resolved: Annotated[bool, typer.Option("--resolved", help="Resolved ones as well.")] = False,
    as_json: Json = False,
) -> None:
    """One row per cause, the largest first."""
    app: App = context.obj
    with explained():
        found = cases.all_cases(app.store, resolved)
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    rows = [
        (
            one.row.case_id, one.letters, one.trend, CODES[one.row.cause.code].title_ja, one.row.cause.code,
            one.row.cause.hop, one.row.cause.type, _moment(one.first_at), _moment(one.last_at), one.row.state.value,
            one.row.owner, one.row.ticket,
        )
        for one in found
    ]  # fmt: skip
    columns = ["case", "open", "trend", "what", "code", "hop", "type", "first", "last", "state", "owner", "ticket"]
    emit_table("Cases", columns, rows)


@cli.command("show")
def show_command(context: typer.Context, case_id: CaseId, as_json: Json = False) -> None:
    """Show its card, its counts and all that was said of it."""
    app: App = context.obj
    with explained():
        found = cases.case(app.store, case_id)
        notes = app.store.case_notes(case_id)
    cause = found.row.cause
    card = CODES[cause.code]
    if as_json:
        said = [{name: getattr(note, name) for name in note.__slots__} for note in notes]
        emit_json(_plain(found) | {"card": plain(cause.code, card), "notes": said})
        return
    show(cause.code, card)
    emit_table("Case", ["field", "value"], list(_plain(found).items()))
    emit_table("Notes", ["at", "who", "act", "note"], [(when(n.at), n.who, n.act, n.note) for n in notes])
    chosen = f"--code {cause.code} --hop {cause.hop} --type {cause.type}"
    out.print(f"its messages:  renkei dead list {chosen}", markup=False, soft_wrap=True)
    out.print(f"send again:    renkei replay plan {chosen} --reason …", markup=False, soft_wrap=True)


@cli.command("take")
def take_command(context: typer.Context, case_id: CaseId, note: Text = "", as_json: Json = False) -> None:
    """Look after it from now on."""
    app: App = context.obj
    with explained():
        found = cases.take(app.store, case_id, getpass.getuser(), note)
    _done(found, as_json)


@cli.command("note")
def note_command(
    context: typer.Context, case_id: CaseId, note: Text,
    ticket: Annotated[str | None, typer.Option(help="Its number or address elsewhere.")] = None,
    waiting: Annotated[
        bool | None, typer.Option("--waiting/--not-waiting", help="It waits for somebody else, or not any more.")
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Write down what was found out or asked for."""
    app: App = context.obj
    with explained():
        found = cases.say(app.store, case_id, getpass.getuser(), note, ticket, waiting)
    _done(found, as_json)


@cli.command("resolve")
def resolve_command(context: typer.Context, case_id: CaseId, note: Text, as_json: Json = False) -> None:
    """Close it; nothing of it may be open any more. If the cause comes back, so does the case."""
    app: App = context.obj
    with explained():
        found = cases.resolve(app.store, case_id, getpass.getuser(), note)
    _done(found, as_json)


def _done(found: Case, as_json: bool) -> None:
    if as_json:
        emit_json(_plain(found))
    else:
        owner = found.row.owner or "nobody"
        out.print(f"case {found.row.case_id}: {found.row.state.value}, owner {owner}", markup=False)


def _plain(found: Case) -> dict[str, object]:
    row = found.row
    return {
        "case_id": row.case_id,
        "code": row.cause.code,
        "hop": row.cause.hop,
        "type": row.cause.type,
        "state": row.state.value,
        "owner": row.owner,
        "ticket": row.ticket,
        "letters": found.letters,
        "lately": found.lately,
        "before": found.before,
        "trend": found.trend,
        "first_at": found.first_at,
        "last_at": found.last_at,
    }


def _moment(microseconds: int | None) -> str | None:
    return None if microseconds is None else when(microseconds)
