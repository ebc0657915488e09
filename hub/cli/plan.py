"""`renkei plan` and `renkei apply`: the whole installation beside its configuration."""

from collections import Counter
from typing import Annotated

import typer

from hub import desired
from hub.app import App
from hub.brokers.administration import Action, Change
from hub.cli.output import EXIT_FAILED, Json, emit_json, explained, out
from hub.cli.topology import AmqpUrl, ManagementUrl, administration

_SIGNS: dict[Action, str] = {"create": "+", "differs": "~", "extra": "?"}
_WORDS: dict[Action, str] = {"create": "to create", "differs": "different", "extra": "left over or not the hub's"}


def add_to(cli: typer.Typer) -> None:
    cli.command("plan")(plan_command)
    cli.command("apply")(apply_command)


def plan_command(
    context: typer.Context,
    management_url: ManagementUrl = None,
    amqp_url: AmqpUrl = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when something is to create or differs.")] = False,
    as_json: Json = False,
) -> None:
    """Show what differs from the configuration: passwords, certificates, database, broker. Changes nothing.

    Exit code 0; with --check 1 when something is to create (+) or differs (~). What is left over (?) is told only.
    """
    with explained():
        found = desired.differences(context.obj, administration(context.obj, management_url, amqp_url))
    _show(found, as_json)
    if check and any(change.action != "extra" for change in found):
        raise typer.Exit(EXIT_FAILED)


def apply_command(
    context: typer.Context,
    management_url: ManagementUrl = None,
    amqp_url: AmqpUrl = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also change what differs, as shown by plan.")] = False,
    as_json: Json = False,
) -> None:
    """Create what is missing. What differs is left and shown, unless --overwrite. Nothing is deleted.

    Exit code 0 when all is as configured, 1 when something still differs. Routes, grants and edges hold
    for a process from its next start.
    """
    app: App = context.obj
    with explained():
        left = desired.bring_about(app, administration(app, management_url, amqp_url), overwrite)
    _show(left, as_json)
    if left:
        raise typer.Exit(EXIT_FAILED)


def _show(changes: list[Change], as_json: bool) -> None:
    """One line each, as a diff: sign, kind, name, what is and what should be."""
    if as_json:
        emit_json([{"action": c.action, "kind": c.kind, "name": c.name, "detail": c.detail} for c in changes])
        return
    for change in changes:
        what = f"{_SIGNS[change.action]} {change.kind:<11} {change.name}"
        out.print(f"{what}: {change.detail}" if change.detail else what, markup=False, highlight=False, soft_wrap=True)
    counts = Counter(change.action for change in changes)
    summary = ", ".join(f"{counts[action]} {words}" for action, words in _WORDS.items() if counts[action])
    out.print(summary or "all is as configured", markup=False, highlight=False)
