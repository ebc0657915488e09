"""`renkei dead`: dead letters, listed, shown, replayed, discarded."""

import getpass
import sys
from datetime import datetime
from enum import Enum
from typing import Annotated

import typer

from hub.app import App
from hub.cli.approval import tell
from hub.cli.card import plain, show
from hub.cli.messages import when
from hub.cli.output import EXIT_ASKED, EXIT_REFUSED, EXIT_USAGE, Json, Yes, emit_json, emit_table, explained, fail, out
from hub.cli.rights import acting, narrowed, there
from hub.codes import CODES
from hub.errors import Refused
from hub.ports.accounts import Right
from hub.ports.plans import NewPlan
from hub.ports.requests import Request
from hub.ports.store import DeadFilter, DeadLetter
from hub.support import approvals, edits
from hub.support.replay import replayable
from hub.support.runs import hand_over
from hub.support.search import search

cli = typer.Typer(help="Dead letters: list, show, replay, discard.", no_args_is_help=True)

Code = Annotated[str | None, typer.Option(help="Only this error code.")]
Partner = Annotated[str | None, typer.Option(help="Only messages sent by this partner.")]
Hop = Annotated[str | None, typer.Option(help="Only this hop, e.g. delivery.pmh.")]
Type = Annotated[str | None, typer.Option("--type", help="Only this message type.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the dead letter. No personal data.")]
Since = Annotated[datetime | None, typer.Option(help="Only those that died at this local time or later.")]
Until = Annotated[datetime | None, typer.Option(help="Only those that died before this local time.")]
Person = Annotated[
    bool,
    typer.Option(
        "--person", help="Only those that name one person: the number is asked for, or read from standard input."
    ),
]
Ticket = Annotated[str | None, typer.Option(help="Its number or address elsewhere.")]
_PAGE = 500


class State(Enum):
    OPEN = "open"
    REPLAYING = "replaying"
    REPLAYED = "replayed"
    DISCARDED = "discarded"
    EDITED = "edited"
    ERASED = "erased"
    ALL = "all"


@cli.command("list")
def list_command(
    context: typer.Context, code: Code = None, partner: Partner = None, hop: Hop = None, type_: Type = None,
    since: Since = None, until: Until = None,
    message: Annotated[str | None, typer.Option(help="Only this message id.")] = None,
    correlation: Annotated[str | None, typer.Option(help="Only of this flow: the id of its first message.")] = None,
    person: Person = False,
    state: Annotated[State, typer.Option(help="Only in this state.")] = State.OPEN,
    after: Annotated[int, typer.Option(help="Only those with a higher id: the next page.")] = 0,
    limit: Annotated[int, typer.Option(help="Most rows to print.")] = 100, as_json: Json = False,
) -> None:  # fmt: skip
    """List dead letters, oldest first."""
    app: App = context.obj
    with explained():
        if person:
            acting(app).need(Right.FIND)
        searched = searched_for(app) if person else None
        where = DeadFilter(
            code=code, source=partner, hop=hop, type=type_, state=None if state is State.ALL else state.value,
            since=microseconds(since), until=microseconds(until), message_id=message, correlation_id=correlation,
            persons=searched,
        )  # fmt: skip
        found = app.store.dead_letters(narrowed(app, where), after_id=after, limit=limit)
    if as_json:
        emit_json([_plain(letter) for letter in found])
        return
    rows = [(d.id, when(d.at), d.hop, d.type, d.source, d.code, d.attempt, d.state, d.explanation) for d in found]
    columns = ["id", "since", "hop", "type", "partner", "code", "attempt", "state", "explanation"]
    emit_table("Dead letters", columns, rows)


@cli.command("show")
def show_command(context: typer.Context, dead_id: int, as_json: Json = False) -> None:
    """Show one dead letter with its card. The body stays sealed."""
    app: App = context.obj
    with explained():
        letter = _there(app, dead_id)
    if letter is None:
        raise fail(f"no dead letter {dead_id}", EXIT_REFUSED)
    card = CODES[letter.code]
    if as_json:
        emit_json(_plain(letter) | {"replayable": replayable(letter.code), "card": plain(letter.code, card)})
        return
    show(letter.code, card)
    out.print(f"{letter.explanation}\n", markup=False)
    emit_table("Dead letter", ["field", "value"], list(_plain(letter).items()))


@cli.command("fields")
def fields_command(context: typer.Context, dead_id: int, as_json: Json = False) -> None:
    """Name the fields of its body, without their values: what `renkei edit propose --field` takes."""
    app: App = context.obj
    with explained():
        if _there(app, dead_id) is None:
            raise Refused("edit.letter", f"dead letter {dead_id} is not there")
        found = edits.fields(app.store, app.bench.hub, dead_id)
    if as_json:
        emit_json(found)
    else:
        emit_table("Fields", ["path"], [(path,) for path in found])


@cli.command("replay")
def replay_command(
    context: typer.Context, reason: Reason,
    dead_id: Annotated[list[int] | None, typer.Argument(help="Ids; or use the filters.")] = None,
    code: Code = None, partner: Partner = None, hop: Hop = None, type_: Type = None,
    yes: Yes = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Send dead letters again through the hop they failed in. What is already delivered is dropped there.

    Many of them, or what is about a protected person, another person has to agree to first: exit code 7.
    """
    app: App = context.obj
    with explained():
        letters = _selected(app, dead_id, code, partner, hop, type_)
        able = [letter for letter in letters if replayable(letter.code)]
        if dead_id and not able:
            raise Refused("replay.sender_only", ", ".join(letter.code for letter in letters) or "not open")
        if not yes and not as_json:
            typer.confirm(f"replay {len(able)} of {len(letters)} selected dead letters?", abort=True)
        done, request = _replay(app, [letter.id for letter in able], reason)
    counts = {"selected": len(letters), "replayed": done, "sender_only": len(letters) - len(able)}
    _report(counts, request, as_json)


@cli.command("discard")
def discard_command(
    context: typer.Context, dead_id: list[int], reason: Reason, ticket: Ticket = None,
    yes: Yes = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Ask to close dead letters without sending them. When another person agrees, their messages end as discarded.

    Exit code 7: nothing is discarded yet.
    """
    app: App = context.obj
    if not yes and not as_json:
        typer.confirm(f"ask to discard {len(dead_id)} dead letters for good?", abort=True)
    with explained():
        request = approvals.ask_discard(app.bench, dead_id, acting(app), reason, ticket)
    _report({"selected": len(dead_id)}, request, as_json)


def ask_number() -> str:
    """A person's number, typed without echo, or the first line of standard input. Never an argument: those are seen."""
    if sys.stdin.isatty():
        return getpass.getpass("番号 / number: ")
    return sys.stdin.readline()


def searched_for(app: App, reason: str = "") -> tuple[str, ...]:
    """Keyed hashes of the number that is asked for. Who searches is on the record."""
    return tuple(alias.hash for alias in search(app.store, app.sealer, app.registry, ask_number(), reason))


def microseconds(moment: datetime | None) -> int | None:
    """A local time as the store has it."""
    return None if moment is None else int(moment.astimezone().timestamp() * 1_000_000)


def _selected(
    app: App, ids: list[int] | None, code: str | None, partner: str | None, hop: str | None, type_: str | None
) -> list[DeadLetter]:
    """Open dead letters, and those whose replay was interrupted. The selection is read once, before the first goes."""
    if not ids and not any((code, partner, hop, type_)):
        raise fail("name ids, or at least one of --code, --partner, --hop, --type", EXIT_USAGE)
    found: list[DeadLetter] = []
    for state in ("open", "replaying"):
        chosen = DeadFilter(
            ids=tuple(ids) if ids else None, code=code, source=partner, hop=hop, type=type_, state=state
        )
        where = narrowed(app, chosen)
        after = 0
        while page := app.store.dead_letters(where, after_id=after, limit=_PAGE):
            found += page
            after = page[-1].id
    return sorted(found, key=lambda letter: letter.id)


def _there(app: App, dead_id: int) -> DeadLetter | None:
    letter = app.store.dead_letter(dead_id)
    return letter if letter and there(app, acting(app), letter.hop, letter.type) else None


def _replay(app: App, ids: list[int], reason: str) -> tuple[int, Request | None]:
    """A plan of these alone, handed over at once: whoever names them has looked at them. Or what was asked for it.

    Where one of the very same is not over (it waits for a second person, or was interrupted), it is that one.
    """
    if not ids:
        return 0, None
    actor = acting(app)
    where = DeadFilter(ids=tuple(ids))
    plan = app.store.standing_plan(where)
    if plan is None:
        plan = app.store.create_plan(NewPlan(where, actor.name, reason, insist=True))
    try:
        return hand_over(app.bench, plan.id), None
    except Refused as refused:
        if refused.code != "approval.needed":
            raise
        return 0, approvals.ask_replay(app.bench, plan.id, actor)


def _report(counts: dict[str, int], request: Request | None, as_json: bool) -> None:
    if as_json:
        emit_json(counts | {"request": None if request is None else request.id})
    else:
        out.print(", ".join(f"{name}: {count}" for name, count in counts.items()))
    if request is not None:
        if not as_json:
            tell(request)
        raise typer.Exit(EXIT_ASKED)


def _plain(letter: DeadLetter) -> dict[str, object]:
    return _fields(letter)


def _fields(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__slots__}  # type: ignore[attr-defined]
