"""`renkei door-key`: the hub's keys that partners seal their messages to."""

from typing import Annotated

import typer

from hub.app import App
from hub.cli.output import EXIT_REFUSED, Json, emit_json, emit_table, explained, fail, out

cli = typer.Typer(help="The hub's keys that partners seal to: add, list, show.", no_args_is_help=True)


@cli.command("add")
def add_command(context: typer.Context) -> None:
    """Make a new key and print its public half; those before it still open what was sealed to them."""
    app: App = context.obj
    with explained():
        made = app.door_keys.add()
    out.print(made.public(), markup=False, highlight=False, soft_wrap=True)


@cli.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """List the keys that open, oldest first. To withdraw one, take its file away and restart the hub."""
    app: App = context.obj
    with explained():
        kids = app.door_keys.kids()
    if as_json:
        emit_json([{"kid": kid, "newest": kid == kids[-1]} for kid in kids])
    else:
        emit_table("Keys", ["kid", "newest"], [(kid, "yes" if kid == kids[-1] else "") for kid in kids])


@cli.command("show")
def show_command(
    context: typer.Context,
    kid: Annotated[str | None, typer.Argument(help="Which one; the newest if left out.")] = None,
) -> None:
    """Print a public key (JWK) for partners to seal to."""
    app: App = context.obj
    with explained():
        found = app.door_keys.newest() if kid is None else app.door_keys.find(kid)
    if found is None:
        raise fail("there is no such key; see `renkei door-key list`", EXIT_REFUSED)
    out.print(found.public(), markup=False, highlight=False, soft_wrap=True)
