"""`renkei audit`: the record of who looked, who acted and what left the city."""

import json
import os
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.app import App
from hub.audit.signing import create_signing_key
from hub.audit.verifier import extent, problems, read_bundle, read_key
from hub.cli.dead import Reason, Since, Until, ask_number, microseconds
from hub.cli.messages import when
from hub.cli.output import EXIT_FAILED, EXIT_REFUSED, EXIT_USAGE, Json, emit_json, emit_table, explained, fail, out
from hub.cli.rights import acting
from hub.cli.who import account
from hub.clock import now_us
from hub.errors import ConfigError, Refused
from hub.hours import Hours
from hub.ports.accounts import Right
from hub.ports.audit import AuditFilter, AuditRow, Entry
from hub.ports.persons import Alias
from hub.support import audit_bundle, audit_check, disclosure, exchanges, handover, suspicion
from hub.support.disclosure import Held
from hub.support.search import search
from hub.support.sight import need_whole

cli = typer.Typer(help="The record: list, show, verify, hand out.", no_args_is_help=True)

Person = Annotated[
    bool,
    typer.Option("--person", help="What names one person: the number is asked for, or read from standard input."),
]
Message = Annotated[str | None, typer.Option(help="What names this message id or correlation id.")]


@cli.command("list")
def list_command(
    context: typer.Context, since: Since = None, until: Until = None, message: Message = None, person: Person = False,
    actor: Annotated[str | None, typer.Option(help="Only what this account did; hub: what the hub did.")] = None,
    act: Annotated[str | None, typer.Option(help="Only this act, e.g. disclose.send.")] = None,
    before: Annotated[int | None, typer.Option(help="Only rows with a lower id: the next page.")] = None,
    limit: Annotated[int, typer.Option(help="Most rows to print.")] = 50, as_json: Json = False,
) -> None:  # fmt: skip
    """List rows, newest first. That you looked is recorded as well."""
    app: App = context.obj
    with explained():
        persons = _persons(app, "") if person else None
        where = AuditFilter(microseconds(since), microseconds(until), message, actor, act, persons)
        app.store.record([Entry("audit.look", ("list",), now_us())])
        found = app.store.newest_audit_rows(where, before, limit)
    if as_json:
        emit_json([_plain(row) for row in found])
        return
    rows = [(row.id, row.leaf, when(said["at"]), said["actor"], said["act"], " ".join(said["what"]), said["purpose"])
            for row in found for said in [json.loads(row.text)]]  # fmt: skip
    emit_table("Record", ["id", "place", "at", "who", "act", "what", "why"], rows)


@cli.command("show")
def show_command(
    context: typer.Context, row_id: Annotated[int, typer.Argument(help="Id of the row.")], as_json: Json = False
) -> None:
    """Show one row whole. Persons are keyed hashes: `--person` elsewhere finds them, nothing turns them back."""
    app: App = context.obj
    with explained():
        app.store.record([Entry("audit.look", (f"row:{row_id}",), now_us())])
        found = [row for row in app.store.audit_rows(row_id - 1, 1) if row.id == row_id]
    if not found:
        raise fail(f"no row {row_id} in the record", EXIT_REFUSED)
    plain = _plain(found[0])
    if as_json:
        emit_json(plain)
    else:
        emit_table("Row", ["field", "value"], list(plain.items()))


@cli.command("verify")
def verify_command(
    context: typer.Context,
    bundle: Annotated[Path | None, typer.Option(help="A bundle instead: needs no database and no keys.")] = None,
    key: Annotated[str | None, typer.Option(help="The public key one trusts, see `renkei audit key`.")] = None,
    as_json: Json = False,
) -> None:
    """Check every row, its place in the tree and every checkpoint, also outside. Exit code 1 where one is wrong."""
    app: App = context.obj
    if bundle is not None:
        _verify_bundle(bundle, key, as_json)
        return
    with explained():
        public_key = read_key(key)[1] if key else app.signer.public_key
        found = audit_check.verify(app.store, app.settings.tenant, public_key, app.master_keys.first.audit, app.outside)
        if not found.wrong:
            app.store.verified_audit(now_us())
    if as_json:
        emit_json({
            "right": not found.wrong, "rows": found.rows, "unsigned": found.unsigned,
            "checkpoints": found.checkpoints, "wrong": found.wrong,
        })  # fmt: skip
    else:
        for one in found.wrong:
            out.print(f"WRONG: {one}", markup=False, style="bold")
        out.print(f"{found.rows} rows, {found.checkpoints} checkpoints, {found.unsigned} rows not signed yet")
        out.print("See ops/runbooks/record.md: stop, and change nothing." if found.wrong else "everything fits")
    if found.wrong:
        raise typer.Exit(EXIT_FAILED)


@cli.command("export")
def export_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    reason: Reason,
    since: Since = None, until: Until = None, message: Message = None, person: Person = False,
    bodies: Annotated[
        bool, typer.Option(help="With --person: what lies here about that person as well, in the clear (開示請求).")
    ] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Hand out a part of the record: rows, proofs, checkpoints, public key and a verifier in one file."""
    app: App = context.obj
    if sum((since is not None or until is not None, message is not None, person)) != 1:
        raise fail("name one of: a period (--since, --until), --message, --person", EXIT_USAGE)
    if bodies and not person:
        raise fail("--bodies goes with --person: what lies here is handed out about one person", EXIT_USAGE)
    held: list[Held] | None = None
    known: frozenset[Alias] = frozenset()
    with explained():
        if bodies:
            actor = acting(app)
            actor.need(Right.REVEAL)
            need_whole(actor)
        whole = message is None and not person
        where = [AuditFilter(since=microseconds(since), until=microseconds(until))]
        if message is not None:
            ids = {message, *(entry.message_id for entry in app.store.trace(message))}
            where = [AuditFilter(what=one) for one in sorted(ids)]
        elif person:
            known = _known(app, reason)
            where = [AuditFilter(persons=_hashes(known))]
        app.store.record(
            [Entry("audit.export", ("period" if whole else message or "person",), now_us(), purpose=reason)]
        )
        if bodies:
            held = disclosure.held(app.store, app.sealer, app.registry, app.settings.max_body_bytes, known, reason)
        newest = audit_bundle.newest(app.store)
        rows = audit_bundle.chosen(app.store, where, newest.size)
        if whole:
            rows = audit_bundle.unbroken(app.store, rows)
        content = audit_bundle.bundle(app.store, handover.key_of(app.store, app.signer, newest), rows, newest, whole)
        audit_bundle.write(file, content, _created, None if held is None else [asdict(one) for one in held])
        unsigned = len(app.store.waiting_audit_rows())
    if as_json:
        told = {} if held is None else {"bodies": len(held), "not_told": sum(one.problem is not None for one in held)}
        emit_json({"file": str(file), "rows": len(rows), "covered": newest.size, "unsigned": unsigned} | told)
        return
    out.print(f"{len(rows)} rows written to {file}", markup=False)
    out.print(f"check it anywhere: python3 {file}", markup=False)
    if held is not None:
        out.print(f"{len(held)} bodies are in it, in {audit_bundle.HELD}: read them before they are handed over")
    if unsigned:
        out.print(f"{unsigned} rows are not signed yet and cannot be in it: export again in a few seconds")


@cli.command("key")
def key_command(
    context: typer.Context,
    make: Annotated[bool, typer.Option("--make", help="Make the key where there is none.")] = False,
    as_json: Json = False,
) -> None:
    """Print the public key that checkpoints are signed with. Make it public by another way than the bundles."""
    app: App = context.obj
    with explained():
        if make:
            changed = app.store.audit_head().key is not None
            try:
                create_signing_key(app.home.audit_key)
            except FileExistsError:
                raise ConfigError("keys/audit.key exists; it is never overwritten", "config.key_file") from None
            if changed:  # the record names the key that is in force, and this one was not handed over to
                handover.begin_anew(app.store, app.signer)
        text = app.signer.key_text
    if as_json:
        emit_json({"key": text})
    else:
        typer.echo(text)


@cli.command("new-key")
def new_key_command(context: typer.Context, as_json: Json = False) -> None:
    """Write another signing key to keys/audit.new.key: to be copied to every host before `renkei audit hand-over`."""
    app: App = context.obj
    with explained():
        handover.make_successor(app.home)
        made = app.signing_keys.successor
    assert made is not None
    if as_json:
        emit_json({"key": made.key_text, "file": str(app.home.next_audit_key)})
        return
    out.print(f"keys/audit.new.key is the key {made.key_text}; nothing uses it yet", markup=False, soft_wrap=True)
    out.print("Copy it to every host, then: renkei audit hand-over --reason TEXT")


@cli.command("hand-over")
def hand_over_command(context: typer.Context, reason: Reason, as_json: Json = False) -> None:
    """Sign the record with the key in keys/audit.new.key from now on, while everything runs.

    The record says so in a row that both keys sign. Without that file it is made first, which is right where one host
    has this home. Interrupted: run it again.
    """
    app: App = context.obj
    with explained():
        before, waiting = app.store.audit_head(), app.signing_keys.successor
        if waiting is None or waiting.key_text != before.key:  # else only the files are left to be moved
            if waiting is None:
                handover.make_successor(app.home)
                del app.signing_keys  # read again, with the new one
            earlier = app.signing_keys.in_force(before.key)
            new = app.signing_keys.successor
            assert new is not None
            handover.hand_over(app.store, app.signing_keys, new, account(), reason)
        else:
            earlier = app.signing_keys.first
        now = app.store.audit_head().key
        aside = handover.put_aside(app.home, earlier)
    if as_json:
        emit_json({"key": now, "put_aside": aside})
        return
    out.print(f"The record is signed with {now}", markup=False, soft_wrap=True)
    out.print(f"keys/audit.key is that key; the earlier one is keys/audit-{aside}.old", markup=False)
    out.print("Make the new public key known. On other hosts: mv keys/audit.new.key keys/audit.key")


@cli.command("checkpoints")
def checkpoints_command(
    context: typer.Context,
    after: Annotated[int, typer.Option(help="Only those of more rows than this.")] = -1,
    limit: Annotated[int, typer.Option(help="Most to print.")] = 100,
    as_json: Json = False,
) -> None:
    """List signed checkpoints; with --json the notes themselves."""
    app: App = context.obj
    with explained():
        found = app.store.audit_checkpoints(after, limit)
        head = app.store.audit_head()
    if as_json:
        emit_json([{"size": one.size, "at": one.at, "note": one.note} for one in found])
        return
    rows = [(one.size, when(one.at), "yes" if one.size <= head.anchored else "not yet") for one in found]
    emit_table("Checkpoints", ["rows", "signed at", "outside"], rows)


@cli.command("exchanges")
def exchanges_command(
    context: typer.Context, since: Since = None, until: Until = None, as_json: Json = False
) -> None:  # fmt: skip
    """The legal record of inquiries and provisions (番号法23条), oldest first."""
    app: App = context.obj
    with explained():
        app.store.record([Entry("audit.look", ("exchanges",), now_us())])
        found = list(exchanges.exchanges(app.store, microseconds(since), microseconds(until)))
    if as_json:
        emit_json([{name: getattr(one, name) for name in one.__slots__} for one in found])
        return
    rows = [
        (
            {"inquiry": "提供", "asked": "照会"}[one.direction], one.inquirer, one.provider, one.procedure, one.item,
            one.requested_at and when(one.requested_at), one.replied_at and when(one.replied_at),
            ", ".join(one.items), ", ".join(one.withheld), one.refused, one.purpose, one.basis,
        )
        for one in found
    ]  # fmt: skip
    columns = ["what", "inquirer", "provider", "procedure", "asked for", "request", "reply", "given", "withheld",
               "refused", "purpose", "basis"]  # fmt: skip
    emit_table("Inquiries and provisions", columns, rows)


@cli.command("suspicious")
def suspicious_command(
    context: typer.Context,
    since: Since = None, until: Until = None,
    hours: Annotated[str, typer.Option(help="Office hours, Japanese time.")] = "07:00-22:00",
    reveals: Annotated[int, typer.Option(min=1, help="Fields revealed by one account a day.")] = suspicion.REVEALS,
    failures: Annotated[int, typer.Option(min=1, help="Failed sign-ins of one account a day.")] = suspicion.FAILURES,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Acts that somebody should ask about (R49). That you looked, and how many were found, is recorded."""
    app: App = context.obj
    try:
        office = Hours.parse(hours)
    except ValueError as error:
        raise fail(str(error), EXIT_USAGE) from None
    with explained():
        found = suspicion.suspicions(app.store, microseconds(since), microseconds(until), office, reveals, failures)
        counts = {rule: sum(one.rule == rule for one in found) for rule in ("hours", "reveals", "search", "sign_in")}
        app.store.record([Entry("audit.review", ("suspicious",), now_us(), details=counts)])
    if as_json:
        emit_json([{name: getattr(one, name) for name in one.__slots__} for one in found])
        return
    rows = [(one.rule, when(one.at), one.actor, one.found, ", ".join(map(str, one.rows[:10]))) for one in found]
    emit_table("To be asked about", ["rule", "at", "who", "found", "rows"], rows)


def _verify_bundle(path: Path, key: str | None, as_json: bool) -> None:
    with explained():
        try:
            content = read_bundle(str(path))
        except (OSError, ValueError) as error:
            raise Refused("audit.bundle", str(error)) from None
        wrong = problems(content, key)
    if as_json:
        whole = content.get("whole") is True
        emit_json({"right": not wrong, "rows": len(content.get("rows", ())), "whole": whole, "wrong": wrong})
    else:
        for one in wrong:
            out.print(f"WRONG: {one}", markup=False, style="bold")
        if not wrong:
            out.print(f"everything fits: {len(content['rows'])} rows, key {content['key']}", markup=False)
            out.print(extent(content), markup=False)
    if wrong:
        raise typer.Exit(EXIT_FAILED)


def _persons(app: App, why: str) -> tuple[str, ...]:
    """The number asked for, and all others known of the same person."""
    return _hashes(_known(app, why))


def _known(app: App, why: str) -> frozenset[Alias]:
    return app.store.linked(search(app.store, app.sealer, app.registry, ask_number(), why))


def _hashes(person: Collection[Alias]) -> tuple[str, ...]:
    return tuple(sorted({alias.hash for alias in person}))


def _created(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be written: {error.strerror}; name a new file") from None


def _plain(row: AuditRow) -> dict[str, Any]:
    return {"id": row.id, "place": row.leaf, **json.loads(row.text), "hmac": row.mac}
