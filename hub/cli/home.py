"""`renkei init`, `migrate`, `lint`: the home directory and what lies in it."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from hub.app import App
from hub.cli.output import EXIT_FAILED, Json, emit_json, emit_table, explained, out
from hub.errors import ConfigError
from hub.home import Home
from hub.lint import lint
from hub.seal import create_master_key
from hub.store import migrate
from hub.topology import HUB_USER

KAWASAKI = "141305"
_PASSWORD_BYTES = 24


def add_to(cli: typer.Typer) -> None:
    cli.command("init")(init_command)
    cli.command("migrate")(migrate_command)
    cli.command("lint")(lint_command)


def init_home(app: App, tenant: str, amqp_url: str | None, management_url: str | None, extra: str = "") -> None:
    """Create what a new installation needs: settings, master key, broker passwords, database.

    `extra`: further lines of hub.toml. Raises ConfigError when there is an installation already.
    """
    home = app.home
    if home.settings_file.exists():
        raise ConfigError(f"{home.settings_file} exists: this is an installation already")
    home.root.mkdir(parents=True, exist_ok=True)
    home.root.chmod(0o700)
    lines = [f'tenant = "{tenant}"']
    lines += [f'amqp_url = "{amqp_url}"'] if amqp_url else []
    lines += [f'management_url = "{management_url}"'] if management_url else []
    _write_secret(home.settings_file, "\n".join([*lines, extra]).strip() + "\n")
    if not home.master_key.exists():
        create_master_key(home.master_key)
    for user in (HUB_USER, *app.registry.doors()):
        password = home.secrets / f"{user}.password"
        if not password.exists():
            _write_secret(password, secrets.token_urlsafe(_PASSWORD_BYTES) + "\n")
    home.database.parent.mkdir(exist_ok=True)
    migrate(app.store_url)


def passwords(home: Home, users: list[str]) -> dict[str, str]:
    """The broker passwords of `renkei init`, by user. Raises ConfigError."""
    found = {}
    for user in users:
        path = home.secrets / f"{user}.password"
        try:
            found[user] = path.read_text().strip()
        except OSError as error:
            raise ConfigError(
                f"{path.name} cannot be read: {error.strerror}; write the user's password there"
            ) from None
    return found


def _write_secret(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def init_command(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="Municipality code, six digits with check digit.")] = KAWASAKI,
    amqp_url: Annotated[str | None, typer.Option(help="Broker address; RENKEI_AMQP_URL wins over it.")] = None,
    management_url: Annotated[str | None, typer.Option(help="RabbitMQ management address, read-only user.")] = None,
) -> None:
    """Create the home directory: settings, master key, broker passwords, database."""
    app: App = context.obj
    with explained():
        init_home(app, tenant, amqp_url, management_url)
    out.print(f"created {app.home.root}", markup=False)
    out.print("Back up keys/master.key apart from the database: without it no sealed body can be opened.")


def migrate_command(context: typer.Context) -> None:
    """Bring the database to the schema of this version."""
    app: App = context.obj
    with explained():
        migrate(app.store_url)
    out.print("database is up to date")


def lint_command(context: typer.Context, as_json: Json = False) -> None:
    """Check schemas, mappings and configuration against each other, with every sample and case."""
    app: App = context.obj
    with explained():
        findings = lint(app.home)
    if as_json:
        emit_json([
            {"file": str(f.file), "line": f.line, "rule": f.rule, "message": f.message, "fix": f.fix} for f in findings
        ])  # fmt: skip
    else:
        rows = [(f.file, f.line, f.rule, f.message, f.fix) for f in findings]
        emit_table("Findings", ["file", "line", "rule", "problem", "fix"], rows)
    if findings:
        raise typer.Exit(EXIT_FAILED)
