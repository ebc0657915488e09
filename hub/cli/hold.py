"""`renkei hold`: messages that do not leave before people have looked at that very content."""

from enum import Enum
from typing import Annotated

import typer

from hub.app import App
from hub.cli.card import plain, show
from hub.cli.dead import Ticket
from hub.cli.messages import when
from hub.cli.output import Json, acted, emit_json, emit_table, explained, out
from hub.cli.rights import acting, there
from hub.cli.who import account
from hub.codes import CODES
from hub.errors import ConfigError, Refused, RenkeiError
from hub.ports.accounts import Right
from hub.ports.holds import Hold, HoldState
from hub.support import holds
from hub.support.masking import MASK
from hub.support.previous import Kept, Previous, previous
from hub.support.sight import page

cli = typer.Typer(help="Holds: list, show, review, approve by another, refuse.", no_args_is_help=True)

HoldId = Annotated[int, typer.Argument(help="Id of the hold, see `renkei hold list`.")]
Withhold = Annotated[
    list[str] | None, typer.Option(help="Code of an item to leave out (不開示); may be given several times.")
]
Reason = Annotated[str, typer.Option(help="Why; kept for ever. No personal data.")]


class State(Enum):
    WAITING = "waiting"
    ALL = "all"


_STATES = {
    State.WAITING: (HoldState.OPEN, HoldState.REVIEWED, HoldState.APPROVED),
    State.ALL: tuple(HoldState),
}


@cli.command("list")
def list_command(
    context: typer.Context,
    state: Annotated[State, typer.Option(help="Those that wait for somebody, or all.")] = State.WAITING,
    after: Annotated[int, typer.Option(help="Only those with a higher id: the next page.")] = 0,
    limit: Annotated[int, typer.Option(help="Most rows to print.")] = 100,
    as_json: Json = False,
) -> None:
    """List holds, oldest first."""
    app: App = context.obj
    with explained():
        actor = acting(app)
        found = page(
            lambda last, most: app.store.holds(_STATES[state], last, most),
            lambda one: there(app, actor, one.hop, one.type),
            after,
            limit,
        )
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    rows = [(h.id, when(h.at), h.state.value, CODES[h.code].title_ja, h.code, h.hop, h.type) for h in found]
    emit_table("Holds", ["id", "since", "state", "what", "code", "hop", "type"], rows)


@cli.command("show")
def show_command(
    context: typer.Context, hold_id: HoldId,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show what would leave; needs --reason.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why you look at the content; kept for ever.")] = None,
    withhold: Withhold = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Show one hold, who did what with it, and, with a reason that is kept, the very content that would leave."""
    app: App = context.obj
    if reveal and not reason:
        raise typer.BadParameter("say why you look at the content: --reason")
    with explained():
        if reveal:
            acting(app).need(Right.REVEAL)
        hold = _known(app, hold_id)
        who = account()
        content = holds.look(app.store, app.bench.hub, hold_id, who, reason or "", withhold) if reveal else None
        acts = app.store.hold_acts(hold_id)
        before, problem = _previous(app, hold_id)
    card = CODES[hold.code]
    done = [{name: getattr(act, name) for name in act.__slots__} for act in acts]
    if as_json:
        shown = None if content is None else {"text": content.text, "same": content.same, "parts": content.parts}
        emit_json(
            _plain(hold)
            | {
                "card": plain(hold.code, card),
                "acts": done,
                "content": shown,
                "previous": _compared(before, problem, reveal),
            }
        )
        return
    show(hold.code, card)
    emit_table("Hold", ["field", "value"], list(_plain(hold).items()))
    rows = [(when(a.at), a.who, a.act, a.reason, a.ticket) for a in acts]
    emit_table("Acts", ["at", "who", "act", "reason", "ticket"], rows)
    _tell(before, problem, reveal)
    if content is None:
        out.print("The content is not shown: --reveal --reason …", markup=False)
        return
    out.print(content.text, markup=False, highlight=False)
    if content.parts:
        out.print(f"Items that can be withheld: {', '.join(content.parts)}", markup=False)
    if not content.same and withhold is None:
        out.print("It is not what was held: mapping or configuration has changed. Approved, it is held anew.")


@cli.command("review")
def review_command(
    context: typer.Context, hold_id: HoldId, reason: Reason, withhold: Withhold = None, ticket: Ticket = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Say that this content may go, or what is left of it without some items. Another person has to agree."""
    app: App = context.obj
    with explained():
        _known(app, hold_id)
        holds.review(app.store, app.bench.hub, hold_id, account(), reason, withhold or [], ticket)
    acted(as_json, f"reviewed; another person: renkei hold approve {hold_id}", id=hold_id, state="reviewed")


@cli.command("approve")
def approve_command(
    context: typer.Context, hold_id: HoldId, reason: Reason,
    agreed: Annotated[
        str | None, typer.Option(help="What `renkei hold show` printed as agreed: nothing else is approved.")
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Agree, as another person. It goes back into its queue; if content or fence have changed, it is held anew."""
    app: App = context.obj
    with explained():
        _known(app, hold_id)
        holds.approve(app.bench, hold_id, account(), reason, agreed)
    acted(as_json, "released to its queue", id=hold_id, state="released")


@cli.command("refuse")
def refuse_command(context: typer.Context, hold_id: HoldId, reason: Reason, as_json: Json = False) -> None:
    """It does not go. Its message ends as discarded, with your name and reason."""
    app: App = context.obj
    with explained():
        _known(app, hold_id)
        holds.refuse(app.store, hold_id, account(), reason)
    acted(as_json, "refused", id=hold_id, state="refused")


def _previous(app: App, hold_id: int) -> tuple[Previous | None, RenkeiError | None]:
    """Or why it cannot be prepared any more."""
    try:
        return previous(app.store, app.bench.hub, hold_id), None
    except (Refused, ConfigError) as error:
        return None, error


def _compared(found: Previous | None, problem: RenkeiError | None, reveal: bool) -> dict[str, object] | None:
    """Values as they are only where they were asked for with a reason."""
    if problem is not None:
        return {"kept": "problem", "code": problem.code}
    if found is None:
        return None
    rows = [
        {"path": one.path, "before": _value(one.before, reveal), "after": _value(one.after, reveal)}
        for one in found.differences
    ]
    return {"kept": found.kept.value, "at": found.at, "message_id": found.message_id, "differences": rows}


def _tell(found: Previous | None, problem: RenkeiError | None, reveal: bool) -> None:
    if problem is not None:
        out.print(f"What was sent last cannot be compared: {problem.code}", markup=False)
    elif found is None:
        out.print("It names nobody: there is nothing to compare it with.")
    elif found.kept is Kept.NONE:
        out.print("Nothing of this kind was sent there about this person before.")
    elif found.kept is Kept.GONE:
        out.print(f"The last one was sent {when(found.at or 0)}; its content is not here any more.", markup=False)
    elif not found.differences:
        out.print(f"The same as what was sent {when(found.at or 0)}.", markup=False)
    else:
        rows = [(one.path, _value(one.before, reveal), _value(one.after, reveal)) for one in found.differences]
        emit_table(f"What differs from what was sent {when(found.at or 0)}", ["field", "then", "now"], rows)


def _value(value: str | None, reveal: bool) -> str | None:
    """None: it is not there; an empty one may be seen by all."""
    return value if reveal or not value else MASK


def _known(app: App, hold_id: int) -> Hold:
    hold = holds.found(app.store, hold_id)
    if not there(app, acting(app), hold.hop, hold.type):
        raise Refused("hold.unknown", f"there is no hold {hold_id}")
    return hold


def _plain(hold: Hold) -> dict[str, object]:
    shown = ("id", "message_id", "correlation_id", "hop", "type", "source", "code", "at", "withheld", "agreed")
    return {name: getattr(hold, name) for name in shown} | {"state": hold.state.value}
