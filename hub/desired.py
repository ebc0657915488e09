"""All that an installation should be, beside what it is: passwords, certificates, database, broker.

Nothing is ever deleted.
"""

from hub.app import App
from hub.authority import AUTHORITY, Authority
from hub.brokers.administration import Administration, Change
from hub.installation import make_password, passwords, without_password
from hub.store import inspect, migrate


def differences(app: App, broker: Administration) -> list[Change]:
    """Every difference, in the order `bring_about` works. Raises ConfigError, StoreUnavailable, BrokerUnavailable."""
    return [*_home(app), *_database(app), *broker.plan()]


def bring_about(app: App, broker: Administration, overwrite: bool = False) -> list[Change]:
    """Make what is missing; change what differs only with `overwrite`. Returns what still differs.

    A database of an older schema is left even then: every process has to stop first. Raises as `differences`.
    """
    for change in _home(app):
        if change.kind == "password":
            make_password(app.home, change.name)
        else:
            Authority(app.home.tls).client(change.name)
    if any(change.action == "create" for change in _database(app)):
        migrate(app.store_url)
    users = [user.name for user in app.topology.users]
    left = broker.apply(passwords(app.home, users), overwrite)
    return [*_database(app), *left]


def _home(app: App) -> list[Change]:
    """What `renkei init` made for each broker user, and a user that came later lacks."""
    lacking = [Change("create", "password", user, f"secrets/{user}.password") for user in without_password(app)]
    if (app.home.tls / f"{AUTHORITY}.key").exists():
        users = (user.name for user in app.topology.users if not (app.home.tls / f"{user.name}.pem").exists())
        lacking += [Change("create", "certificate", user, f"tls/{user}.pem") for user in users]
    return lacking


def _database(app: App) -> list[Change]:
    found = inspect(app.store_url)
    if found.schema == found.needed:
        return []
    if found.schema is None:
        return [Change("create", "database", found.dialect, f"schema {found.needed}")]
    if found.older:
        fix = "stop every `renkei run`, back it up, then `renkei migrate`"
    else:
        fix = "a newer version of the hub has been here: install that one again"
    detail = f"schema is {found.schema}, should be {found.needed}; {fix}"
    return [Change("differs", "database", found.dialect, detail)]
