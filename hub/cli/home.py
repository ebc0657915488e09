"""`renkei init`, `migrate`, `lint`: the home directory and what lies in it."""

from typing import Annotated

import typer

from hub.app import App
from hub.cli.output import EXIT_FAILED, Json, emit_json, emit_table, explained, out
from hub.installation import init_home
from hub.lint import lint
from hub.store import migrate

KAWASAKI = "141305"


def add_to(cli: typer.Typer) -> None:
    cli.command("init")(init_command)
    cli.command("migrate")(migrate_command)
    cli.command("lint")(lint_command)


def init_command(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="Municipality code, six digits with check digit.")] = KAWASAKI,
    amqp_url: Annotated[str | None, typer.Option(help="Broker address; user renkei unless named.")] = None,
    management_url: Annotated[str | None, typer.Option(help="Management API; user renkei-watch unless named.")] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Partners are simulated: http on loopback will do.")
    ] = False,
    tls: Annotated[bool, typer.Option("--tls", help="Make an authority for trial, with certificates in tls/.")] = False,
) -> None:
    """Create the home directory: settings, master key, broker passwords, database."""
    app: App = context.obj
    with explained():
        init_home(app, tenant, amqp_url, management_url, sandbox=sandbox, tls=tls)
    out.print(f"created {app.home.root}", markup=False)
    out.print("Back up keys/master.key apart from the database: without it no sealed body can be opened.")


def migrate_command(context: typer.Context) -> None:
    """Bring the database to the schema of this version."""
    app: App = context.obj
    with explained():
        migrate(app.store_url)
    out.print("database is up to date")


def lint_command(context: typer.Context, as_json: Json = False) -> None:
    """Check schemas, mappings and configuration against each other, with every sample and case.

    Notices tell which versions of contracts end, and when; they do not change the exit code.
    """
    app: App = context.obj
    with explained():
        findings = lint(app.home)
    if as_json:
        emit_json([
            {
                "file": str(f.file), "line": f.line, "rule": f.rule, "message": f.message, "fix": f.fix,
                "notice": f.notice,
            }
            for f in findings
        ])  # fmt: skip
    else:
        for title, told in (("Findings", False), ("Notices", True)):
            rows = [(f.file, f.line, f.rule, f.message, f.fix) for f in findings if f.notice is told]
            if rows or not told:
                emit_table(title, ["file", "line", "rule", "problem", "fix"], rows)
    if any(not finding.notice for finding in findings):
        raise typer.Exit(EXIT_FAILED)
