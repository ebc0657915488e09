"""`renkei account`: accounts of staff, their roles, their sessions, and the city's rights table beside them."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.app import App
from hub.cli import feed as feeds
from hub.cli.dead import microseconds
from hub.cli.messages import when
from hub.cli.output import EXIT_FAILED, Json, emit_json, emit_table, explained, out
from hub.cli.who import account
from hub.clock import now_us
from hub.ports.accounts import Account, Role
from hub.support import accounts, qr, rights_table, staff_feed
from hub.support.accounts import Handed, Terms
from hub.support.sign_in import live

cli = typer.Typer(help="Accounts of staff: add, change, disable, compare with the rights table.", no_args_is_help=True)

feeds.add_to(cli)

Name = Annotated[str, typer.Argument(help="Name of the account: letters, digits, dots, hyphens; of one person.")]
Roles = Annotated[list[Role], typer.Option("--role", help="A role; may be given several times.")]
Partners = Annotated[
    list[str] | None, typer.Option("--partner", help="Only what concerns this partner or connector; several times.")
]
Flows = Annotated[list[str] | None, typer.Option("--flow", help="Only this flow, e.g. F16; several times.")]
Until = Annotated[datetime | None, typer.Option(help="Local time from which it does not work any more.")]
Reason = Annotated[str, typer.Option(help="Why, e.g. the order of appointment; kept for ever.")]


@cli.command("add")
def add_command(
    context: typer.Context, name: Name,
    display: Annotated[str, typer.Option(help="The person's name, for colleagues.")],
    role: Roles, reason: Reason, partner: Partners = None, flow: Flows = None, until: Until = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Make an account. Prints, once, a password for one sign-in and the secret for the person's authenticator."""
    app: App = context.obj
    with explained():
        terms = _terms(role, partner, flow, until)
        made = accounts.create(app.store, app.sealer, name, display, terms, account(), reason)
    _hand(made, as_json)


@cli.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """List all accounts, ended ones included."""
    app: App = context.obj
    with explained():
        found = app.store.accounts()
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    rows = [(one.name, one.display, accounts.detail(one), one.created_by, when(one.created_at)) for one in found]
    emit_table("Accounts", ["account", "person", "rights", "made by", "at"], rows)


@cli.command("show")
def show_command(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Show an account, and every change of it with who made it and why."""
    app: App = context.obj
    with explained():
        found = accounts.found(app.store, name)
        changes = app.store.account_changes(name)
    if as_json:
        said = [{field: getattr(change, field) for field in change.__slots__} for change in changes]
        emit_json(_plain(found) | {"changes": said})
        return
    emit_table("Account", ["field", "value"], list(_plain(found).items()))
    rows = [(when(change.at), change.who, change.act, change.detail, change.reason) for change in changes]
    emit_table("Changes", ["at", "who", "act", "from then on", "reason"], rows)


@cli.command("change")
def change_command(
    context: typer.Context, name: Name, role: Roles, reason: Reason, partner: Partners = None, flow: Flows = None,
    until: Until = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Give other roles, limits or another end; what is not named is not had any more."""
    app: App = context.obj
    with explained():
        found = accounts.change(app.store, name, _terms(role, partner, flow, until), account(), reason)
    _done(found, as_json)


@cli.command("disable")
def disable_command(context: typer.Context, name: Name, reason: Reason, as_json: Json = False) -> None:
    """End it at once, with all its sessions."""
    app: App = context.obj
    with explained():
        found = accounts.disable(app.store, name, account(), reason)
    _done(found, as_json)


@cli.command("enable")
def enable_command(context: typer.Context, name: Name, reason: Reason, as_json: Json = False) -> None:
    """Let the same person use it again."""
    app: App = context.obj
    with explained():
        found = accounts.enable(app.store, name, account(), reason)
    _done(found, as_json)


@cli.command("reset")
def reset_command(context: typer.Context, name: Name, reason: Reason, as_json: Json = False) -> None:
    """Make a new password for one sign-in and a new secret, for a person who has lost them."""
    app: App = context.obj
    with explained():
        made = accounts.reset(app.store, app.sealer, name, account(), reason)
    _hand(made, as_json)


@cli.command("sessions")
def sessions_command(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="Most rows to print.")] = 100,
    as_json: Json = False,
) -> None:
    """List sessions, newest first, and accounts that are used in two places at once."""
    app: App = context.obj
    now = now_us()
    with explained():
        found = app.store.sessions(limit=limit)
        places = {name: {one.terminal for one in live(app.store, name, now)} for name in {one.name for one in found}}
    shared = sorted(name for name, several in places.items() if len(several) > 1)
    if as_json:
        shown = [{field: getattr(one, field) for field in one.__slots__ if field != "token"} for one in found]
        emit_json({"sessions": shown, "at_two_places": shared})
        return
    rows = [(one.name, one.terminal, when(one.began_at), when(one.last_at), one.ended_why) for one in found]
    emit_table("Sessions", ["account", "from", "began", "last used", "ended"], rows)
    for name in shared:
        out.print(f"at two places at once: {name}", markup=False)


@cli.command("reconcile")
def reconcile_command(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="CSV: name,roles,partners,flows,until,department.", exists=True, dir_okay=False)
    ],
    as_json: Json = False,
) -> None:
    """Compare accounts with the city's rights table (権限管理表) and with the last personnel feed.

    Changes nothing; exit code 1 where they differ.
    """
    app: App = context.obj
    now = now_us()
    with explained():
        table, known = rights_table.read(file.read_bytes()), app.store.accounts()
        feed = app.store.staff_feed()
        differences = rights_table.compare(known, table, now)
        if feed is not None:
            differences += staff_feed.compare(known, app.store.staff(), table, now)
    if as_json:
        emit_json([{"account": one.name, "difference": one.what} for one in differences])
    else:
        emit_table("Differences", ["account", "difference"], [(one.name, one.what) for one in differences])
        told = "no personnel feed was ever applied" if feed is None else f"the last personnel feed tells of {feed.of}"
        out.print(told, markup=False)
    if differences:
        raise typer.Exit(EXIT_FAILED)


def _terms(role: list[Role], partner: list[str] | None, flow: list[str] | None, until: datetime | None) -> Terms:
    return Terms(frozenset(role), frozenset(partner or ()), frozenset(flow or ()), microseconds(until))


def _hand(made: Handed, as_json: bool) -> None:
    if as_json:
        emit_json(_plain(made.account) | {"password": made.password, "totp_uri": made.uri})
        return
    out.print(f"account {made.account.name}: {accounts.detail(made.account)}", markup=False)
    out.print("Hand these to the person; they are shown once and kept nowhere:")
    out.print(f"  password for the first sign-in: {made.password}", markup=False, highlight=False, soft_wrap=True)
    out.print(f"  for the authenticator:          {made.uri}", markup=False, highlight=False, soft_wrap=True)
    out.print(f"  or its secret, to be typed:     {made.secret}", markup=False, highlight=False, soft_wrap=True)
    out.print(qr.text(made.uri), markup=False, highlight=False, soft_wrap=True)


def _done(found: Account, as_json: bool) -> None:
    if as_json:
        emit_json(_plain(found))
    else:
        out.print(f"account {found.name}: {accounts.detail(found)}", markup=False)


def _plain(one: Account) -> dict[str, object]:
    lists = {
        "roles": sorted(role.value for role in one.roles),
        "partners": sorted(one.partners),
        "flows": sorted(one.flows),
    }
    return {name: getattr(one, name) for name in one.__slots__} | lists
