"""`renkei connector pause|resume|list`: stop sending to a partner and start again."""

from typing import Annotated

import typer

from hub.app import App
from hub.cli.output import Json, emit_json, emit_table, explained, out

cli = typer.Typer(help="Connectors: list, pause, resume.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Connector name, see config/connectors.")]


@cli.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """Show every connector and its circuit."""
    app: App = context.obj
    with explained():
        circuits = {name: app.store.circuit(name) for name in app.registry.connectors}
    if as_json:
        emit_json([
            {
                "name": name,
                "url": app.registry.connectors[name].settings.url,
                "state": circuit.state,
                "paused": circuit.paused,
                "paused_reason": circuit.paused_reason,
                "failures": circuit.failures,
            }
            for name, circuit in circuits.items()
        ])  # fmt: skip
        return
    rows = [
        (
            name,
            "paused" if c.paused else c.state,
            c.failures,
            c.paused_reason,
            app.registry.connectors[name].settings.url,
        )
        for name, c in circuits.items()
    ]
    emit_table("Connectors", ["name", "circuit", "failures", "paused because", "address"], rows)


@cli.command("pause")
def pause_command(
    context: typer.Context, name: Name, reason: Annotated[str, typer.Option(help="Why; shown to everybody.")]
) -> None:
    """Stop sending to this connector. Messages wait in order and keep their attempts."""
    app: App = context.obj
    with explained():
        app.registry.connector(name)
        app.store.set_paused(name, reason)
    out.print(f"{name} is paused")


@cli.command("resume")
def resume_command(context: typer.Context, name: Name) -> None:
    """Send to this connector again."""
    app: App = context.obj
    with explained():
        app.registry.connector(name)
        app.store.set_paused(name, None)
    out.print(f"{name} is not paused")
