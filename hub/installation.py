"""Making a new installation: the home directory with its settings, keys, passwords and database."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hub.app import App
from hub.audit.signing import create_signing_key
from hub.authority import Authority
from hub.errors import ConfigError
from hub.home import Home
from hub.hosts import each_host
from hub.master_key import create_master_key
from hub.store import migrate
from hub.topology import HUB_USER, KEEPER_USER, WATCH_USER

_PASSWORD_BYTES = 24


def init_home(
    app: App,
    tenant: str,
    amqp_url: str | None,
    management_url: str | None,
    extra: str = "",
    *,
    sandbox: bool = False,
    tls: bool = False,
) -> None:
    """Create what a new installation needs: settings, master key, broker passwords, database.

    `extra`: further lines of hub.toml; `sandbox`: its partners are simulated; `tls`: with an authority for trial.
    Raises ConfigError when there is an installation already.
    """
    home = app.home
    if home.settings_file.exists():
        raise ConfigError(f"{home.settings_file} exists: this is an installation already")
    home.root.mkdir(parents=True, exist_ok=True)
    home.root.chmod(0o700)
    lines = [f'tenant = "{tenant}"']
    lines += [f'amqp_url = "{amqp_url}"'] if amqp_url else []
    lines += [f'management_url = "{management_url}"'] if management_url else []
    lines += ["sandbox = true"] if sandbox else []
    if tls:
        if urlsplit(amqp_url or "").scheme != "amqps":
            raise ConfigError("--tls needs a broker address that begins with amqps://")
        lines.append(
            f'broker_tls = {{ ca = "tls/ca.pem", certificate = "tls/{HUB_USER}.pem", key = "tls/{HUB_USER}.key" }}'
        )
    _write_secret(home.settings_file, "\n".join([*lines, extra]).strip() + "\n")
    if not home.master_key.exists():
        create_master_key(home.master_key)
    if not home.audit_key.exists():
        create_signing_key(home.audit_key)
    if not app.door_keys.kids():
        app.door_keys.add()
    given = urlsplit(amqp_url or "")
    own = home.secrets / f"{HUB_USER}.password"
    if given.username == HUB_USER and given.password and not own.exists():
        _write_secret(own, unquote(given.password) + "\n")  # the user that `topology apply` makes can then connect
    for user in without_password(app):
        make_password(home, user)
    if tls:
        users = [HUB_USER, WATCH_USER, KEEPER_USER, *app.registry.doors()]
        certify(home, users, [url for url in (amqp_url, management_url) if url])
    home.database.parent.mkdir(exist_ok=True)
    migrate(app.store_url)


def certify(home: Home, users: Iterable[str], addresses: Iterable[str]) -> None:
    """A certificate for the server of these addresses and one for each broker user, from the authority in `tls/`."""
    authority = Authority(home.tls)
    hosts = [urlsplit(each).hostname or "" for address in addresses for each in each_host(address)]
    authority.server([*hosts, "localhost", "127.0.0.1"])
    for user in users:
        authority.client(user)


def without_password(app: App) -> list[str]:
    """Broker users whose password is not in the home."""
    users = (HUB_USER, WATCH_USER, KEEPER_USER, *app.registry.doors())
    return [user for user in users if not (app.home.secrets / f"{user}.password").exists()]


def make_password(home: Home, user: str) -> None:
    _write_secret(home.secrets / f"{user}.password", secrets.token_urlsafe(_PASSWORD_BYTES) + "\n")


def passwords(home: Home, users: list[str]) -> dict[str, str]:
    """The broker passwords of `renkei init`, by user. Raises ConfigError."""
    return {user: home.password(user) for user in users}


def _write_secret(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
