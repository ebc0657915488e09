"""`renkei approval`: what waits for a second person; requests to discard or to replay, decided by another."""

from enum import Enum
from typing import Annotated

import typer

from hub.app import App
from hub.cli.messages import when
from hub.cli.output import Json, acted, emit_json, emit_table, explained, out
from hub.cli.rights import acting, there
from hub.clock import now_us
from hub.ports.accounts import Actor
from hub.ports.plans import Prospect
from hub.ports.requests import Request, RequestKind, RequestState, Waiting
from hub.ports.store import DeadFilter, DeadLetter
from hub.support import approvals, plans

cli = typer.Typer(help="Approvals: what waits for a second person, approve, refuse, withdraw.", no_args_is_help=True)

RequestId = Annotated[int, typer.Argument(help="Id of the request, see `renkei approval list`.")]
Reason = Annotated[str, typer.Option(help="Why; kept for ever. No personal data.")]
_SHOWN = 500
# where each kind is looked at and agreed to
_COMMANDS = {
    "discard": ("renkei approval show {}", "renkei approval approve {}"),
    "replay": ("renkei approval show {}", "renkei approval approve {}"),
    "edit": ("renkei edit show {}", "renkei edit approve {}"),
    "erasure": ("renkei erase show {}", "renkei erase approve {}"),
    "hold": ("renkei hold show {}", "renkei hold approve {}"),
    "fence": ("renkei fence history {}", "renkei fence approve {}"),
}


class State(Enum):
    WAITING = "waiting"
    ALL = "all"


@cli.command("list")
def list_command(
    context: typer.Context,
    state: Annotated[
        State, typer.Option(help="All that waits for a second person; or all requests to discard or replay.")
    ] = State.WAITING,
    after: Annotated[int, typer.Option(help="With --state all: only those with a higher id.")] = 0,
    limit: Annotated[int, typer.Option(help="Most rows to print, of each kind.")] = 100,
    as_json: Json = False,
) -> None:
    """List, oldest first, what waits for a second person: to decide, or because you have asked."""
    app: App = context.obj
    with explained():
        actor = acting(app)
        if state is State.ALL:
            every = app.store.requests(tuple(RequestState), now_us(), after, limit)
            found = [one for one in every if all(there(app, actor, *pair) for pair in one.scope)]
            _list_all(found, as_json)
            return
        waiting = approvals.waiting(app.store, app.registry, actor, limit)
    if as_json:
        emit_json([_waiting(one, actor) for one in waiting])
        return
    rows = [(w.kind, w.id, when(w.at), w.who, w.purpose, w.ticket, *_next(w, actor)) for w in waiting]
    emit_table("Waiting for a second person", ["kind", "id", "since", "by", "purpose", "ticket", "look", "agree"], rows)


@cli.command("show")
def show_command(context: typer.Context, request_id: RequestId, as_json: Json = False) -> None:
    """Show what would be done: the dead letters to be discarded, or what the plan is judged to send."""
    app: App = context.obj
    with explained():
        request = approvals.look(app.store, app.registry, request_id, acting(app))
        letters = _letters(app, request) if request.kind is RequestKind.DISCARD else []
        judged = _judged(app, request.subjects[0]) if request.kind is RequestKind.REPLAY else {}
    if as_json:
        emit_json(_plain(request) | {"letters": [_letter(one) for one in letters], "prospects": judged})
        return
    emit_table("Request", ["field", "value"], [pair for pair in _plain(request).items() if pair[0] != "subjects"])
    if request.kind is RequestKind.REPLAY:
        emit_table("Judged", ["messages", "what"], [(count, what) for what, count in judged.items()])
        out.print(f"each of them: renkei replay show {request.subjects[0]} --items all", markup=False)
        return
    columns = ["id", "since", "hop", "type", "partner", "code", "state"]
    emit_table("Dead letters", columns, [(one.id, when(one.at), *list(_letter(one).values())[1:]) for one in letters])
    if request.count > len(letters):
        out.print(f"and {request.count - len(letters)} more")


@cli.command("approve")
def approve_command(context: typer.Context, request_id: RequestId, reason: Reason, as_json: Json = False) -> None:
    """Agree, as another person. What was asked for is done at once; a plan may be run from then on."""
    app: App = context.obj
    with explained():
        request = approvals.found(app.store, request_id)
        done = approvals.approve(app.bench, request_id, acting(app), reason)
    if done is None:
        text = f"approved; it is sent with: renkei replay run {request.subjects[0]}"
    else:
        text = f"approved; {'discarded' if request.kind is RequestKind.DISCARD else 'replayed'}: {done}"
    acted(as_json, text, id=request_id, kind=request.kind.value, state="approved", done=done)


@cli.command("refuse")
def refuse_command(context: typer.Context, request_id: RequestId, reason: Reason, as_json: Json = False) -> None:
    """Do not agree. Nothing is done."""
    app: App = context.obj
    with explained():
        approvals.refuse(app.store, app.registry, request_id, acting(app), reason)
    acted(as_json, "refused; nothing was done", id=request_id, state="refused")


@cli.command("withdraw")
def withdraw_command(context: typer.Context, request_id: RequestId, reason: Reason, as_json: Json = False) -> None:
    """Take back what you have asked for yourself."""
    app: App = context.obj
    with explained():
        approvals.withdraw(app.store, request_id, acting(app), reason)
    acted(as_json, "withdrawn; nothing was done", id=request_id, state="withdrawn")


def tell(request: Request) -> None:
    """What comes next, for whoever has asked."""
    if request.state is RequestState.APPROVED:
        out.print(f"request {request.id} is approved already", markup=False)
        return
    until = f"until {when(request.expires_at)}"
    out.print(f"nothing was done yet; another person, {until}: renkei approval approve {request.id}", markup=False)


def _letters(app: App, request: Request) -> list[DeadLetter]:
    return app.store.dead_letters(DeadFilter(ids=request.subjects[:_SHOWN], state=None), limit=_SHOWN)


def _judged(app: App, plan_id: int) -> dict[str, int]:
    counts = plans.progress(app.store, plan_id).tally.prospects
    return {one.value: counts[one] for one in Prospect if one in counts}


def _next(one: Waiting, actor: Actor) -> tuple[str, str]:
    look, agree = (command.format(one.id) for command in _COMMANDS[one.kind])
    return look, "another person" if one.who == actor.name else agree


def _list_all(found: list[Request], as_json: bool) -> None:
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    rows = [(r.id, r.kind.value, when(r.at), r.state.value, r.count, r.who, r.purpose, r.decided_by) for r in found]
    emit_table("Requests", ["id", "kind", "since", "state", "messages", "by", "purpose", "decided by"], rows)


def _waiting(one: Waiting, actor: Actor) -> dict[str, object]:
    fields = {name: getattr(one, name) for name in one.__slots__ if name != "scope"}
    return fields | {"yours": one.who == actor.name}


def _letter(one: DeadLetter) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("id", "hop", "type", "source", "code", "state")}


def _plain(request: Request) -> dict[str, object]:
    shown = ("id", "subjects", "count", "who", "purpose", "ticket", "at", "expires_at")
    decided = ("decided_by", "decided_reason", "decided_at")
    fields = {name: getattr(request, name) for name in (*shown, *decided)}
    return fields | {"kind": request.kind.value, "state": request.state.value, "subjects": list(request.subjects)}
