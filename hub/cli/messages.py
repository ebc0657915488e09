"""`renkei send`, `trace`, `reconcile`: single messages, and the sum of all."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.app import App
from hub.cli.output import EXIT_FAILED, EXIT_REFUSED, Json, emit_json, emit_table, err, explained, fail, out
from hub.cli.rights import acting, there
from hub.client import Client, Publication, new_id
from hub.clock import now_us
from hub.installation import passwords
from hub.support.reconcile import Reconciliation, note, reconcile


def add_to(cli: typer.Typer) -> None:
    cli.command("send")(send_command)
    cli.command("trace")(trace_command)
    cli.command("reconcile")(reconcile_command)


def when(microseconds: int) -> str:
    """Local time with seconds, for people."""
    return (
        datetime.fromtimestamp(microseconds / 1_000_000, UTC).astimezone().isoformat(sep=" ", timespec="milliseconds")
    )


def send_command(
    context: typer.Context,
    partner: Annotated[str, typer.Argument(help="Publish as this partner, with its own broker user.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The XML document.")],
    type_: Annotated[str, typer.Option("--type", help="Message type, e.g. resident_registry.change.")],
    purpose: Annotated[str, typer.Option(help="Purpose code registered for this partner and type.")],
    version: Annotated[int, typer.Option(help="Version of the contract.")] = 1,
    message_id: Annotated[str | None, typer.Option(help="UUID; a new one if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Publish one file as a partner would, and print its message id."""
    app: App = context.obj
    with explained():
        url = app.user_url(partner, passwords(app.home, [partner])[partner])
        publication = Publication(type_, file.read_bytes(), purpose, version, message_id or new_id())
        key = app.door_keys.newest()
        with Client(url, partner, tls=app.broker_tls, hub_key=key.public() if key else None) as client:
            client.publish_many([publication])
    if as_json:
        emit_json({"message_id": publication.message_id})
    else:
        out.print(publication.message_id)


def trace_command(
    context: typer.Context,
    message_id: Annotated[str, typer.Argument(help="Message id or correlation id.")],
    as_json: Json = False,
) -> None:
    """Show every attempt at every hop of this message and of what it caused."""
    app: App = context.obj
    with explained():
        actor = acting(app)
        entries = [one for one in app.store.trace(message_id) if there(app, actor, one.hop, one.type)]
    if as_json:
        emit_json([
            {name: getattr(entry, name) for name in entry.__slots__} for entry in entries
        ])  # fmt: skip
    else:
        rows = [
            (when(e.at), e.hop, e.type, e.attempt, e.outcome, e.code, f"{e.duration_us / 1000:.1f} ms", e.message_id)
            for e in entries
        ]
        emit_table("Trace", ["at", "hop", "type", "attempt", "outcome", "code", "took", "message"], rows)
    if not entries:
        raise fail("no such message in the journal", EXIT_REFUSED)


def _note(app: App, result: Reconciliation) -> None:
    try:
        note(app.home.reconciliation, result, now_us())
    except OSError as error:
        err.print(f"not noted for the metrics: {app.home.reconciliation.name}: {error.strerror}", markup=False)


def reconcile_command(
    context: typer.Context,
    as_json: Json = False,
    record: Annotated[
        bool, typer.Option("--record", help="Note the result for the metrics: for a scheduled run at rest.")
    ] = False,
) -> None:
    """Compare what came in with what ended and what is in progress; exit 1 when they differ at rest."""
    app: App = context.obj
    with explained():
        result = reconcile(app.store, app.broker, app.topology)
        if record:
            _note(app, result)
    if as_json:
        emit_json({
            "matches": result.matches,
            "queued": result.queued,
            "unaccounted": result.unaccounted,
            "hops": [
                {
                    "hop": account.balance.hop,
                    "accepted": account.balance.accepted,
                    "ends": dict(account.balance.ends),
                    "dead": account.balance.dead,
                    "leased": account.balance.leased,
                    "waiting": account.balance.waiting,
                    "unaccounted": account.unaccounted,
                }
                for account in result.accounts
            ],
        })  # fmt: skip
    else:
        rows = [
            (
                account.balance.hop,
                account.balance.accepted,
                " ".join(f"{end}={count}" for end, count in account.balance.ends.items()),
                account.balance.dead,
                account.balance.leased,
                account.balance.waiting,
                account.unaccounted,
            )
            for account in result.accounts
        ]
        emit_table("Reconciliation", ["hop", "accepted", "ends", "dead", "leased", "waiting", "in progress"], rows)
        out.print(f"in the queues: {result.queued}; in progress by the books: {result.unaccounted}")
        if result.unaccounted > result.queued:
            out.print("The difference is in the hands of workers, or lost: stop the hub for an exact answer.")
    if not result.matches:
        raise typer.Exit(EXIT_FAILED)
