"""`renkei permission`: which inquiries of other bodies may be answered, by the list that is stored (F15, R23)."""

from typing import Annotated

import typer

from hub import permission
from hub.app import App
from hub.cli.messages import when
from hub.cli.output import EXIT_FAILED, Json, emit_json, emit_table, explained, out
from hub.clock import now_us
from hub.ports.audit import Entry
from hub.ports.permissions import Combination

cli = typer.Typer(help="The list of permitted inquiries: show it, ask it.", no_args_is_help=True)


@cli.command("show")
def show_command(context: typer.Context, as_json: Json = False) -> None:
    """All versions of the list, newest first, and which one is in force. Exit code 1 where none permits anything."""
    app: App = context.obj
    now = now_us()
    with explained():
        app.store.record([Entry("permission.look", ("lists",), now)])
        lists = app.store.permission_lists()
    current = permission.in_force(lists, now)
    alive = current is not None and current.valid_until >= now
    rows = [
        {
            "version": one.version,
            "in_force": alive and one == current,
            "valid_from": when(one.valid_from),
            "valid_until": when(one.valid_until),
            "combinations": one.size,
            "taken_at": when(one.taken_at),
        }
        for one in lists
    ]
    if as_json:
        emit_json(rows)
    else:
        header = ["version", "in force", "valid from", "valid until", "combinations", "taken at"]
        emit_table("Lists of permitted inquiries", header, [list(row.values()) for row in rows])
    if not alive:
        raise typer.Exit(EXIT_FAILED)


@cli.command("check")
def check_command(
    context: typer.Context,
    inquirer: Annotated[str, typer.Option(help="情報照会者機関コード.")],
    procedure: Annotated[str, typer.Option(help="事務手続きコード.")],
    provider: Annotated[str, typer.Option(help="情報提供者機関コード.")],
    item: Annotated[str, typer.Option(help="特定個人情報名コード.")],
    as_json: Json = False,
) -> None:
    """Whether the list in force permits this combination. Exit code 1 where it does not."""
    app: App = context.obj
    now = now_us()
    with explained():
        app.store.record([Entry("permission.look", ("combination",), now, details={
            "inquirer": inquirer, "procedure": procedure, "provider": provider, "item": item,
        })])  # fmt: skip
        found = app.store.permission(Combination(inquirer, procedure, provider, item), now)
    permitted = found is not None and found.listed and found.valid_until >= now
    if as_json:
        emit_json({"permitted": permitted, "version": None if found is None else found.version})
    elif found is None:
        out.print("not permitted: there is no list")
    else:
        out.print(f"{'permitted' if permitted else 'not permitted'} by version {found.version}")
    if not permitted:
        raise typer.Exit(EXIT_FAILED)
