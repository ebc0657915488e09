"""The database: reachable, of a supported version, at the schema of this version, and opened by this master key."""

import time
from collections.abc import Callable, Iterator

from hub.doctor import clock
from hub.doctor.verdict import Verdict, failed, ok, warning
from hub.errors import ConfigError, Refused, StoreUnavailable
from hub.store import Inspection, inspect

# Least versions: RETURNING came with SQLite 3.35; PostgreSQL below 15 is not tried.
LEAST = {"sqlite": (3, 35), "postgresql": (15,)}


def examine(url: str, renkei: str, verify_key: Callable[[], None]) -> Iterator[Verdict]:
    """`verify_key` raises ConfigError where the master key does not open the store's keys."""
    asked = time.time()
    try:
        found = inspect(url)
    except StoreUnavailable as error:
        yield failed("database", f"it cannot be read: {error.detail}", _restore(url, renkei))
        return
    except ConfigError as error:
        yield failed("database", error.detail, "correct store_url in hub.toml")
        return
    yield version(found)
    yield schema(found, renkei)
    if found.unsafe:
        fix = "\n".join(f"ALTER SYSTEM SET {setting.replace('=off', ' = on')};" for setting in found.unsafe)
        fix += "\nSELECT pg_reload_conf();"
        yield failed("database.durability", f"{', '.join(found.unsafe)}: a commit may be lost in a crash", fix)
    if found.clock is not None:
        yield clock.judge("database", clock.apart(asked, time.time(), found.clock, found.clock))
    if found.schema == found.needed:
        yield master_key(verify_key)


def version(found: Inspection) -> Verdict:
    text = ".".join(map(str, found.server))
    if found.server >= LEAST[found.dialect]:
        return ok("database.version", f"{found.dialect} {text}")
    least = ".".join(map(str, LEAST[found.dialect]))
    said = f"{found.dialect} {text} is older than {least}"
    if found.dialect == "sqlite":
        return failed("database.version", said, "install a newer libsqlite3 for the Python that runs the hub")
    return warning("database.version", f"{said}, the oldest one tried", f"upgrade PostgreSQL to {least} or later")


def schema(found: Inspection, renkei: str) -> Verdict:
    if found.schema == found.needed:
        return ok("database.schema", f"at {found.needed}")
    said = f"at {found.schema or 'nothing'}, this version needs {found.needed}"
    if found.older:
        return failed("database.schema", said, f"stop every `renkei run`\n{renkei} migrate")
    return failed(
        "database.schema",
        f"{said}: a newer version of the hub has been here",
        "install that version again: schemas go forward only",
    )


def master_key(verify: Callable[[], None]) -> Verdict:
    try:
        verify()
    except (ConfigError, Refused, StoreUnavailable) as error:
        fix = "put back the master key that belongs to this database: keys/master.key of the same backup"
        return failed("master_key.fits", error.detail, fix)
    return ok("master_key.fits", "it opens the keys in the database")


def _restore(url: str, renkei: str) -> str:
    if url.startswith("sqlite"):
        return f"restore the database from its backup; only where there never was one: {renkei} migrate"
    return "start the database server, and see whether store_url in hub.toml is right: psql STORE_URL -c 'SELECT 1'"
