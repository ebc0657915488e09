"""`renkei connector pause|drain|resume|list`: stop sending to a partner and start again."""

from typing import Annotated

import typer

from hub.app import App
from hub.cli.drained import drained
from hub.cli.output import EXIT_UNAVAILABLE, Json, acted, emit_json, emit_table, explained, fail
from hub.cli.rights import acting
from hub.errors import Refused
from hub.support.sight import connector_seen, connector_whole

cli = typer.Typer(help="Connectors: list, pause, drain, resume.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Connector name, see config/connectors.")]


@cli.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """Show every connector and its circuit."""
    app: App = context.obj
    with explained():
        actor = acting(app)
        names = [name for name in app.registry.connectors if connector_seen(actor, app.registry, name)]
        circuits = {name: app.store.circuit(name) for name in names}
    if as_json:
        emit_json([
            {
                "name": name,
                "url": app.registry.connectors[name].settings.url,
                "state": circuit.state,
                "paused": circuit.paused,
                "draining": circuit.draining,
                "paused_reason": circuit.paused_reason,
                "failures": circuit.failures,
            }
            for name, circuit in circuits.items()
        ])  # fmt: skip
        return
    rows = [
        (
            name,
            "paused" if c.paused else "draining" if c.draining else c.state,
            c.failures,
            c.paused_reason,
            app.registry.connectors[name].settings.url,
        )
        for name, c in circuits.items()
    ]
    emit_table("Connectors", ["name", "circuit", "failures", "paused because", "address"], rows)


@cli.command("pause")
def pause_command(
    context: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; shown to everybody.")],
    as_json: Json = False,
) -> None:
    """Stop sending to this connector. Messages wait in order and keep their attempts."""
    app: App = context.obj
    with explained():
        _may_stop(app, name)
        app.store.set_paused(name, reason)
    acted(as_json, f"{name} is paused", connector=name, paused=True)


@cli.command("drain")
def drain_command(
    context: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; shown to everybody.")],
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for what is in hand; 0: do not wait.")] = 300.0,
    as_json: Json = False,
) -> None:
    """Take nothing new for this connector, finish what is in hand, then pause it. Says when it is done.

    Exit code 4 when something was still in hand after the wait: it goes on draining; call again, or resume.
    """
    app: App = context.obj
    with explained():
        _may_stop(app, name)
        if app.store.drain(name, reason).paused:
            acted(as_json, f"{name} is paused already", connector=name, paused=True)
            return
        left = drained(app, name, wait) if wait else "not waited for"
        if left:
            raise fail(f"{name} is draining, {left}", EXIT_UNAVAILABLE)
        app.store.set_paused(name, reason)
    acted(as_json, f"{name} is drained and paused: nothing is under way", connector=name, paused=True)


@cli.command("resume")
def resume_command(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Send to this connector again."""
    app: App = context.obj
    with explained():
        _may_stop(app, name)
        app.store.set_paused(name, None)
    acted(as_json, f"{name} is not paused", connector=name, paused=False)


def _may_stop(app: App, name: str) -> None:
    """Raises Refused `config.…` for one there is not, `access.denied` where others' messages go over it as well."""
    app.registry.connector(name)
    actor = acting(app)
    if not connector_whole(actor, app.registry, name):
        raise Refused("access.denied", f"{actor.name} does not work for all that goes to {name}")
