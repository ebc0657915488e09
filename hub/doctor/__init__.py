"""`renkei doctor`: everything that can be checked without changing anything, each with its exact fix."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hub.app import App
from hub.clock import now_us
from hub.doctor import broker, certificates, database, disk, fence, files, folders, keeping, record, setup
from hub.doctor.verdict import Status, Verdict, failed, ok, worst
from hub.errors import ConfigError, StoreUnavailable
from hub.ports.tls import Tls

__all__ = ["Status", "Verdict", "addresses", "examine", "own", "shown", "worst"]


def examine(app: App, management_url: str | None = None) -> Iterator[Verdict]:
    """All verdicts, in the order somebody would repair them: files first, as the rest is read from them.

    `management_url`: of an administrator, who sees more than the read-only user of hub.toml. Raises nothing for what
    is broken: that is a verdict.
    """
    home = app.home
    renkei = f"renkei --home {home.root}"
    if not home.settings_file.exists():
        yield failed("settings", f"there is no hub.toml in {home.root}", f"{renkei} init --amqp-url amqp://broker/%2F")
        return
    yield from files.examine(home)
    try:
        settings, registry, topology = app.settings, app.registry, app.topology
    except ConfigError as error:
        yield failed("settings", error.detail, f"{renkei} lint")
        return
    yield ok("settings", "hub.toml and the configuration can be read")
    yield files.passwords(home, [user.name for user in topology.users])
    tables = (settings.broker_tls, *settings.tls.values())
    yield files.keys(home, [home.root / one.key for one in tables if one.key is not None])
    yield from folders.examine(home, renkei)
    yield from setup.examine(home, settings, registry)
    yield from disk.examine(home.root, app.store_url.startswith("sqlite"))
    yield from database.examine(app.store_url, renkei, lambda: app.sealer.verify())
    with suppress(StoreUnavailable):  # said by the database's own verdicts
        yield setup.accounts(app.store, now_us())
        staffed = bool(app.store.accounts()) and not settings.sandbox
        yield setup.feed(home, settings.staff_feed_days, app.store.staff_feed(), staffed, now_us())
        yield from record.examine(home, settings.tenant, app.store.audit_head(), now_us(), renkei)
        yield fence.examine(app.store, app.home.fence_position, renkei)
    yield keeping.attachments(home, settings.attachments_url)
    options = {name: entry.settings.options for name, entry in registry.connectors.items()}
    yield from keeping.trust(
        {name: each["trust"] for name, each in options.items() if "trust" in each}, datetime.now(UTC)
    )
    yield from certificates.examine(addresses(app, management_url), settings.sandbox, shown(app), own(app))
    yield from broker.examine(app, management_url, renkei)


def shown(app: App) -> dict[str, Tls]:
    """What the hub trusts and shows at the addresses of `addresses`, by the same names."""
    partners = {name: table.files(app.home) for name, table in app.settings.tls.items()}
    tokens = {f"{name}.oauth": tls for name, tls in partners.items()}
    return {"broker": app.broker_tls, "management": app.broker_tls} | partners | tokens


def own(app: App) -> dict[str, Path]:
    """The certificates that lie here: of the authority, of broker users, and what is shown to partners."""
    named = {
        f"{name}.{path.stem}": path for name, tls in shown(app).items() for path in (tls.ca, tls.certificate) if path
    }
    laid = {path: path.stem for path in sorted(app.home.tls.glob("*.pem"))}
    return {name: path for path, name in ({path: name for name, path in named.items()} | laid).items()}


def addresses(app: App, management_url: str | None = None) -> dict[str, str]:
    """Where the hub connects to, by name. Raises ConfigError."""
    connectors = {name: entry.settings.url for name, entry in app.registry.connectors.items()}
    connectors |= {f"{name}.oauth": table.token_url for name, table in app.settings.oauth.items()}
    given = {"broker": app.settings.amqp_url, "management": management_url or app.settings.management_url}
    return {name: url for name, url in given.items() if url and "://" in url} | connectors
