"""`renkei top`: a live view of connectors, doors and flows for the operator on a shell."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated

import typer
import urllib3
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hub.app import App
from hub.cli.output import Json, emit_json, explained, out
from hub.cli.rights import acting
from hub.cli.snapshot import Flow, Line, Snapshot, look
from hub.ports.accounts import Actor
from hub.registry import Registry
from hub.support.sight import connector_seen

_OLD_SECONDS = 1800.0  # as RenkeiMessagesOld
_TROUBLED = {"open": "bold red", "probing": "red", "paused": "yellow", "draining": "yellow"}


def add_to(cli: typer.Typer) -> None:
    cli.command("top")(top_command)


def top_command(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Look once and end: for scripts.")] = False,
    every: Annotated[float, typer.Option(min=0.5, max=60, help="Seconds between looks.")] = 2.0,
    as_json: Json = False,
) -> None:
    """Show flows, queues, ages and circuits from store, broker and the processes of this home, until Ctrl-C.

    --json looks once.
    """
    app: App = context.obj
    http = urllib3.PoolManager(retries=False)
    with explained():
        actor = acting(app)
        found = seen(look(app, http), actor, app.registry)
        if as_json:
            emit_json(asdict(found))
            return
        if once:
            out.print(view(found, None))
            return
        with suppress(KeyboardInterrupt), Live(view(found, None), console=out, screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(every)
                before, found = found, seen(look(app, http), actor, app.registry)
                live.update(view(found, before), refresh=True)


def seen(found: Snapshot, actor: Actor, registry: Registry) -> Snapshot:
    """What is there for a confined account (R17): counts of a flow are not kept by partner, and are all or nothing."""
    if not actor.confined:
        return found
    return replace(
        found,
        lines=tuple(one for one in found.lines if connector_seen(actor, registry, one.name)),
        doors={name: count for name, count in found.doors.items() if not actor.partners or name in actor.partners},
        flows=tuple(one for one in found.flows if not actor.partners and one.flow in actor.flows),
    )


def view(found: Snapshot, before: Snapshot | None) -> RenderableType:
    """All tables. `before`: an earlier look, from which rates are computed."""
    stands = datetime.fromtimestamp(found.at).astimezone()
    head = Text(f"{stands:%Y-%m-%d %H:%M:%S}  processes: {found.processes}  protection: {found.protection}")
    waits = [f"{name} {count}" for name, count in found.doors.items() if count]
    doors = "unknown" if None in found.doors.values() else ", ".join(waits) or "empty"
    parts: list[RenderableType] = [head, Text(f"at the doors: {doors}"), _connectors(found.lines)]
    if found.flows:
        parts.append(_flows(found, before))
    parts += [Text(note, style="yellow") for note in found.notes]
    return Group(*parts)


def _connectors(lines: Sequence[Line]) -> Table:
    table = Table(title="Connectors", title_justify="left")
    for column in ("connector", "circuit", "queued", "sending", "open", "oldest", "dead", "held", "overdue"):
        table.add_column(column, justify="left" if column in ("connector", "circuit") else "right")
    for one in lines:
        state = Text(one.state if not one.reason else f"{one.state}: {one.reason}", style=_TROUBLED.get(one.state, ""))
        old = one.oldest is not None and one.oldest > _OLD_SECONDS
        table.add_row(
            one.name,
            state,
            _number(one.queued),
            _number(one.sending),
            _number(one.open),
            Text(_age(one.oldest), style="bold red" if old else ""),
            Text(_number(one.dead), style="red" if one.dead else ""),
            Text(_number(one.held), style="yellow" if one.held else ""),
            Text(_number(one.overdue), style="bold red" if one.overdue else ""),
        )
    return table


def _flows(found: Snapshot, before: Snapshot | None) -> Table:
    """Counts since the processes started; with an earlier look, a minute's worth at the pace since then."""
    earlier = {one.flow: one for one in before.flows} if before else {}
    minutes = (found.at - before.at) / 60 if before else 0.0
    table = Table(title="Flows, per minute" if minutes else "Flows, since the processes started", title_justify="left")
    table.add_column("flow")
    columns = ("taken_in", "delivered", "retried", "dead")
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    for one in found.flows:
        past = earlier.get(one.flow, Flow(one.flow))
        counts = (getattr(one, column) - getattr(past, column) for column in columns)
        # a process that has ended takes its counts with it
        shown = (f"{max(0, count) / minutes:.0f}" for count in counts) if minutes else (str(count) for count in counts)
        table.add_row(one.flow, *shown)
    return table


def _number(value: int | None) -> str:
    return "-" if value is None else str(value) if value else "·"


def _age(seconds: float | None) -> str:
    if seconds is None:
        return "·"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
