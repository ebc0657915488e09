"""`renkei keys`: the master key that all data keys are wrapped with, and another one in its place."""

from dataclasses import asdict
from typing import Annotated

import typer

from hub.app import App
from hub.cli.messages import when
from hub.cli.output import EXIT_FAILED, Json, emit_json, emit_table, explained, out
from hub.ports.keys import MasterState
from hub.support import key_rotation
from hub.support.key_rotation import Progress

cli = typer.Typer(help="The master key: list, make a new one, rotate.", no_args_is_help=True)


@cli.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """List master keys by id, with how many data keys each wraps. No key is shown."""
    app: App = context.obj
    with explained():
        here = {one.id for one in app.master_keys.keys}
        app.store.current_master(app.master_keys.first.id)
        found = app.store.masters()
    known = {one.id for one in found}
    rows = [(one.id, one.state.value, one.since, one.keys, one.id in here) for one in found]
    rows = [(one, "waiting", 0, 0, True) for one in sorted(here - known)] + rows
    if as_json:
        names = ("id", "state", "since", "data_keys", "here")
        emit_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    emit_table("Master keys", ["id", "state", "since", "data keys", "on this host"], [
        (key_id or "(before ids)", state, when(since) if since else None, count, "yes" if at_hand else "no")
        for key_id, state, since, count, at_hand in rows
    ])  # fmt: skip


@cli.command("new")
def new_command(context: typer.Context, as_json: Json = False) -> None:
    """Write a new master key to keys/master.new.key: to be copied to every host before `renkei keys rotate`."""
    app: App = context.obj
    with explained():
        made = key_rotation.make_successor(app.home, app.master_keys)
    if as_json:
        emit_json({"id": made, "file": str(app.home.next_master_key)})
        return
    out.print(f"master key {made} is in keys/master.new.key; nothing uses it yet", markup=False)
    out.print("Back it up apart from the database, copy it to every host, then: renkei keys rotate")


@cli.command("rotate")
def rotate_command(
    context: typer.Context,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Data keys of one commit.")] = key_rotation.BATCH,
    as_json: Json = False,
) -> None:
    """Wrap all data keys under the new master key, while everything runs. After an interruption, again.

    Without keys/master.new.key it is made first, which is right where one host has this home. Exit code 1 where a data
    key is left that no master key here opens: the earlier key stays in use for it.
    """
    app: App = context.obj
    with explained():
        if not app.settings.master_key_command and not app.home.next_master_key.exists() and _all_done(app):
            key_rotation.make_successor(app.home, app.master_keys)
            del app.master_keys  # read again, with the new one
        done = key_rotation.rotate(
            app.store, app.sealer, app.master_keys, lambda now: None if as_json else _tell(now), batch
        )
        finished = _all_done(app)
        aside = key_rotation.put_aside(app.home) if finished and not app.settings.master_key_command else None
    if as_json:
        emit_json(asdict(done) | {"finished": finished, "put_aside": aside})
    else:
        _tell(done)
        if aside is not None:
            out.print(f"keys/master.key is the new key; the earlier one is keys/master-{aside}.old", markup=False)
            out.print("Move that to where the backups from before are: they need it, the hub does not.")
    if not finished:
        raise typer.Exit(EXIT_FAILED)


def _all_done(app: App) -> bool:
    """Nothing is wrapped under another master key than the current one."""
    app.store.current_master(app.master_keys.first.id)
    return all(one.state is MasterState.CURRENT or not one.keys for one in app.store.masters())


def _tell(now: Progress) -> None:
    lost = f", {now.lost} that no key here opens" if now.lost else ""
    out.print(f"{now.done} of {now.total} data keys are under master key {now.master}{lost}", markup=False)
