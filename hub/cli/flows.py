"""`renkei flows`: which flows run here, between whom, with which contracts."""

from dataclasses import asdict
from typing import Annotated

import typer

from hub import catalogue, flows
from hub.app import App
from hub.cli.output import EXIT_USAGE, Json, emit_json, emit_table, explained, fail
from hub.config_file import FindingsError

STATES = {
    flows.Support.RUNS: "runs",
    flows.Support.OUTSIDE: "outside the hub",
    flows.Support.ABSENT: "not built",
}


def add_to(cli: typer.Typer) -> None:
    cli.command("flows")(flows_command)


def flows_command(
    context: typer.Context,
    flow: Annotated[str | None, typer.Argument(help="One flow, e.g. F16, with its contracts and hops.")] = None,
    as_json: Json = False,
) -> None:
    """Show the flows of the programme, as the configuration has them."""
    app: App = context.obj
    with explained():
        found = catalogue.read(app.home)
        if found.findings:
            raise FindingsError(found.findings)
    rows = [row for row in flows.table(found) if flow in (None, row.id)]
    if not rows and flow is not None:
        raise fail(f"there is no flow {flow}; `renkei flows` shows all", EXIT_USAGE)
    if as_json:
        emit_json([asdict(row) | {"support": row.support.value} for row in rows])
        return
    named = [(row.id, f"{row.title}\n{row.title_ja}", _state(row), ", ".join(row.partners)) for row in rows]
    emit_table("Flows", ["flow", "name", "state", "partners"], named)
    if flow is not None:
        parts = [("contract", one) for one in rows[0].contracts] + [("queue", one) for one in rows[0].hops]
        emit_table(f"What {flow} is made of", ["part", "name"], parts)


def _state(row: flows.FlowRow) -> str:
    return f"{STATES[row.support]}: {row.reason}" if row.reason else STATES[row.support]
