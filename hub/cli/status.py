"""`renkei status`: what became of a message, in words for whoever sent it."""

from dataclasses import asdict
from typing import Annotated

import typer

from hub.app import App
from hub.cli.messages import when
from hub.cli.output import EXIT_REFUSED, Json, emit_json, emit_table, explained, fail, out
from hub.cli.rights import acting, there
from hub.codes import CODES
from hub.support.progress import progress


def add_to(cli: typer.Typer) -> None:
    cli.command("status")(status_command)


def status_command(
    context: typer.Context,
    message_id: Annotated[str, typer.Argument(help="The id it was published under.")],
    as_json: Json = False,
) -> None:
    """Tell whether a message was accepted or refused and why, and how far it is at each target that was tried."""
    app: App = context.obj
    with explained():
        actor = acting(app)
        places = [one for one in progress(app.store, message_id) if there(app, actor, one.hop, one.type)]
    if as_json:
        emit_json([
            asdict(one) | {"title": CODES[one.code].title, "next_step": CODES[one.code].next_step}
            if one.code is not None
            else asdict(one)
            for one in places
        ])  # fmt: skip
    else:
        rows = [(one.hop, one.type, one.state, one.attempts, when(one.at), one.message_id) for one in places]
        emit_table("Status", ["hop", "type", "state", "attempt", "since", "message"], rows)
        for one in places:
            if one.code is not None:
                card = CODES[one.code]
                out.print(f"{one.hop}: {card.title} ({one.code})\n{card.title_ja}\n  {one.rule}", markup=False)
                out.print(f"  → {card.next_step}\n  → {card.next_step_ja}", markup=False)
    if not places:
        raise fail("not taken in yet, or never received; publishing again under the same id is safe", EXIT_REFUSED)
