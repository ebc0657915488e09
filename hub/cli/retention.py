"""`renkei retention`: what is kept no longer, listed, deleted when confirmed, and the result confirmed."""

from dataclasses import asdict
from typing import Annotated

import typer

from hub.app import App
from hub.cli.messages import when
from hub.cli.output import Json, Yes, emit_json, emit_table, explained, out
from hub.cli.who import account
from hub.ports.retention import Batch
from hub.support import retention

cli = typer.Typer(help="Deletion of what is kept no longer: plan, confirm, accept.", no_args_is_help=True)

BatchId = Annotated[int, typer.Argument(help="Number of the batch, see `renkei retention list`.")]
Note = Annotated[str, typer.Option(help="What was compared, or why not; kept for ever. No personal data.")]


@cli.command("plan")
def plan_command(
    context: typer.Context,
    days: Annotated[
        int | None, typer.Option(min=1, help="Closed at least so long ago; keep_closed_days of hub.toml if not said.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List what was closed long enough. Nothing is deleted."""
    app: App = context.obj
    with explained():
        made = retention.list_targets(app.store, days or app.settings.keep_closed_days, account())
    _show(made, as_json)


@cli.command("list")
def list_command(
    context: typer.Context, limit: Annotated[int, typer.Option(help="Most rows to print.")] = 50, as_json: Json = False
) -> None:
    """List batches, newest first."""
    app: App = context.obj
    with explained():
        found = app.store.batches(limit)
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    rows = [(b.id, b.state.value, when(b.at), b.who, b.targets.total, b.left.total, b.confirmed_by) for b in found]
    emit_table("Deletions", ["batch", "state", "listed", "by", "listed", "left", "confirmed by"], rows)


@cli.command("show")
def show_command(context: typer.Context, batch_id: BatchId, as_json: Json = False) -> None:
    """Show what it lists, what is blocked, and what is left."""
    app: App = context.obj
    with explained():
        found = retention.found(app.store, batch_id)
    _show(found, as_json)


@cli.command("confirm")
def confirm_command(context: typer.Context, batch_id: BatchId, yes: Yes = False, as_json: Json = False) -> None:
    """Delete it for good. After an interruption, again."""
    app: App = context.obj
    with explained():
        listed = retention.found(app.store, batch_id)
        if not yes and not as_json:
            typer.confirm(f"delete {_words(listed)} for good?", abort=True)
        done = retention.confirm(app.store, batch_id, account())
    _show(done, as_json)


@cli.command("accept")
def accept_command(context: typer.Context, batch_id: BatchId, note: Note, as_json: Json = False) -> None:
    """Confirm that the result is what was listed."""
    app: App = context.obj
    with explained():
        done = retention.accept(app.store, batch_id, account(), note)
    _show(done, as_json)


@cli.command("cancel")
def cancel_command(context: typer.Context, batch_id: BatchId, note: Note, as_json: Json = False) -> None:
    """Delete nothing of it."""
    app: App = context.obj
    with explained():
        done = retention.cancel(app.store, batch_id, account(), note)
    _show(done, as_json)


def _words(batch: Batch) -> str:
    return f"{batch.left.dead_letters} dead letters with their edits and {batch.left.holds} holds"


def _show(batch: Batch, as_json: bool) -> None:
    if as_json:
        emit_json(_plain(batch))
        return
    emit_table("Deletion", ["field", "value"], list(_plain(batch).items()))
    out.print(f"left: {_words(batch)}; {batch.blocked} belong to cases that are not resolved", markup=False)


def _plain(batch: Batch) -> dict[str, object]:
    fields = {name: getattr(batch, name) for name in batch.__slots__}
    return fields | {"state": batch.state.value, "targets": asdict(batch.targets), "left": asdict(batch.left)}
