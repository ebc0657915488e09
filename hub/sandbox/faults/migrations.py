"""Migrations that are struck before their commit: each of a database of its own, and done again by another process."""

from collections.abc import Callable
from pathlib import Path

from hub.errors import ConfigError, RenkeiError
from hub.sandbox.addresses import CITY_CODE
from hub.sandbox.faults.faulty_hub import FaultyHub
from hub.sandbox.process import Process, wait_until
from hub.store import SqlStore

SECONDS = 60.0


class Migrations:
    """`new_database`: makes an empty database and returns its address, "" for SQLite."""

    def __init__(self, hub: FaultyHub, root: Path, new_database: Callable[[str], str]) -> None:
        self._hub, self._root, self._new_database = hub, root, new_database
        self._struck: list[tuple[Path, str]] = []
        self._count = 0
        self._running: Process | None = None

    def begin(self) -> bool:
        """Start one, which is to be struck; False while the last one is still at it."""
        if self._running is not None and self._running.is_alive():
            return False
        self._count += 1
        name = f"migration_{self._count}"
        home = self._root / name
        (home / "data").mkdir(parents=True)
        url = self._new_database(name) or f"sqlite:///{home / 'data' / 'scratch.sqlite'}"
        (home / "hub.toml").write_text(f'tenant = "{CITY_CODE}"\nstore_url = "{url}"\n')
        self._struck.append((home, url))
        self._running = self._hub.command("migrate", home=home)
        return True

    def broken(self) -> list[str]:
        """Do all of them again; returns those that did not come to the present schema."""
        found = []
        for home, url in self._struck:
            again = self._hub.command("migrate", home=home)
            wait_until(lambda: again is None or not again.is_alive(), "migrated again", SECONDS)  # noqa: B023
            store = SqlStore(url, CITY_CODE, _no_key)
            try:
                store.check()
            except RenkeiError as error:
                found.append(f"{home.name}: {error}")
            finally:
                store.close()
        return found


def _no_key() -> bytes:
    raise ConfigError("nothing is recorded here")
