"""The database behind the store: connections, transactions, locking, and what its errors mean.

The dialects differ here and nowhere else: SQLite allows one writer at a time (BEGIN IMMEDIATE), PostgreSQL locks rows
(`with_for_update`, which SQLite's compiler leaves out).
"""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql, sqlite

from hub.errors import ConfigError, StoreUnavailable
from hub.store.turn import Turn

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

BUSY_MS = 10_000  # how long SQLite waits for another process's transaction
_LOCK_SECONDS = BUSY_MS / 1000
_ASK_SECONDS = 0.002  # between two tries to get it
_ASK_AHEAD_SECONDS = 0.0002  # for whoever goes ahead of the others
MOST_TRIES = 5  # of a transaction that PostgreSQL gave up in favour of another
_CONNECTIONS = 10  # per process
_CONNECTION_WAIT = 30  # seconds a thread waits for one of them
# The write-ahead log is merged every 32 MB instead of every 4: keys are random, so a page changes many times meanwhile.
_PRAGMAS = (
    f"busy_timeout={BUSY_MS}",
    "synchronous=FULL",
    "foreign_keys=ON",
    "wal_autocheckpoint=8000",
    "cache_size=-16000",
)
# Durable whatever the server's own setting; a hung server or a forgotten lock becomes an error.
_POSTGRESQL_OPTIONS = (
    "-c synchronous_commit=on -c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
)
_POSITIONAL = {"sqlite": "qmark", "postgresql": "format"}
_SERIALIZATION_FAILURES = {"40001", "40P01"}
_SCHEMA_ERRORS = {"42P01", "42703"}  # no such table, no such column: not migrated
_FILE = "renkei-file"


class Database:
    """One database; thread-safe. Raises StoreUnavailable for whatever keeps it from being read or written.

    `url`: "sqlite:////absolute/path" or "postgresql://user:password@host:port/name". `create`: make the SQLite file
    where there is none; without it a missing file is an outage, not an empty store.
    """

    def __init__(self, url: str, create: bool = False) -> None:
        try:
            parsed = sa.make_url(url)
        except exc.ArgumentError:
            raise ConfigError("the store's address is not a database URL") from None
        self.dialect = parsed.get_backend_name()
        self._path: Path | None = None
        # Threads of this process queue here instead of polling for SQLite's file lock, all but those that go ahead.
        self._queue: threading.Lock | nullcontext[None] = nullcontext()
        self._turn: Turn | None = None
        if self.dialect == "sqlite" and parsed.database not in (None, "", ":memory:"):
            self._path = Path(parsed.database or "").absolute()
            if create:
                _touch(self._path)
            self._queue, self._turn = threading.Lock(), Turn(self._path)
            self._engine = _sqlite_engine(self._path, self._turn)
        elif self.dialect == "postgresql":
            self._engine = _postgresql_engine(parsed)
        else:
            raise ConfigError("the store must be sqlite:///FILE or postgresql://…")
        self._writer = self._engine.execution_options(renkei_write="in turn")
        self._ahead = self._engine.execution_options(renkei_write="ahead")
        self._reader = (
            self._engine.execution_options(isolation_level="AUTOCOMMIT")
            if self.dialect == "postgresql"
            else self._engine
        )

    def read(self, work: Work[T]) -> T:
        """Run `work`, which executes one statement: that is its snapshot."""
        with self._mapped_errors(), self._reader.connect() as connection:
            self._check_file(connection)
            return work(connection)

    def write(self, work: Work[T], ahead: bool = False) -> T:
        """Run `work` in one transaction and commit. It may be run again from its start: it keeps no state.

        `ahead`: of the other writers, in all processes, for what must not wait behind bulk work.
        """
        with self._mapped_errors():
            for _ in range(MOST_TRIES - 1):
                try:
                    return self._transact(work, ahead)
                except exc.OperationalError as error:
                    if getattr(error.orig, "sqlstate", None) not in _SERIALIZATION_FAILURES:
                        raise
            return self._transact(work, ahead)

    def insert(self, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
        """An INSERT that knows ON CONFLICT."""
        return sqlite.insert(table) if self.dialect == "sqlite" else postgresql.insert(table)

    def prepare(self, statement: sa.Executable, columns: Sequence[str] | None = None) -> "Prepared":
        """Compile once a statement that runs for many rows. `columns`: those an INSERT fills."""
        return Prepared(statement, self.dialect, columns)

    def among(self, column: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
        """The column is one of the texts that the parameter `name` holds, as `listed` gives them.

        The statement is the same for any number of them, so that it is built once.
        """
        if self.dialect == "postgresql":
            return column == sa.func.any(sa.bindparam(name, type_=postgresql.ARRAY(sa.Text)))
        values = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")
        return column.in_(sa.select(values.c.value))

    def listed(self, values: Iterable[str]) -> object:
        """Texts as the parameter of `among`."""
        return sorted(values) if self.dialect == "postgresql" else json.dumps(sorted(values))

    def close(self) -> None:
        self._engine.dispose()
        if self._turn is not None:
            self._turn.close()

    def _transact(self, work: Work[T], ahead: bool) -> T:
        if not ahead:
            with self._queue, self._writer.begin() as connection:
                self._check_file(connection)
                return work(connection)
        with nullcontext() if self._turn is None else self._turn.ahead(), self._ahead.begin() as connection:
            self._check_file(connection)
            return work(connection)

    def _check_file(self, connection: sa.Connection) -> None:
        """A deleted or replaced file would go on taking writes that nobody ever sees."""
        if self._path is not None and connection.info[_FILE] != _identity(self._path):
            self._engine.dispose()
            connection.invalidate()
            raise StoreUnavailable("the database file was deleted or replaced")

    @contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        # Only kinds and codes of errors: their texts may quote parameters.
        try:
            yield
        except exc.TimeoutError:
            raise StoreUnavailable("no connection became free in time") from None
        except exc.DBAPIError as error:
            kind, code = type(error.orig).__name__, _code(error.orig)
            if code in _SCHEMA_ERRORS or "no such table" in str(error.orig):
                raise StoreUnavailable("a table or column is missing: run `renkei migrate`") from None
            if isinstance(error, (exc.IntegrityError, exc.ProgrammingError, exc.DataError, exc.NotSupportedError)):
                raise
            raise StoreUnavailable(f"{kind} {code}".strip()) from None


class Prepared:
    """A compiled statement: naming and typing the parameters of each row anew costs more than SQLite's own work."""

    def __init__(self, statement: sa.Executable, dialect: str, columns: Sequence[str] | None) -> None:
        compiler: Any = sqlite.dialect if dialect == "sqlite" else postgresql.psycopg.dialect
        assert isinstance(statement, sa.ClauseElement)
        compiled: Any = statement.compile(dialect=compiler(paramstyle=_POSITIONAL[dialect]), column_keys=columns)
        self._sql = str(compiled)
        self._values: Callable[[Mapping[str, object]], tuple[object, ...]] = itemgetter(*compiled.positiontup)

    def run(self, connection: sa.Connection, rows: Iterable[Mapping[str, object]]) -> int:
        """Execute for each row, in order: a value for each parameter by name, as the driver takes it.

        Returns how many rows of the table were written.
        """
        values = [self._values(row) for row in rows]
        return connection.exec_driver_sql(self._sql, values).rowcount if values else 0


def _touch(path: Path) -> None:
    """Create the file for its owner alone; SQLite gives its other files the same permissions."""
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreUnavailable(f"the database file cannot be created: {error.strerror}") from None


def _sqlite_engine(path: Path, turn: Turn) -> sa.Engine:
    address = f"file:{quote(str(path))}?mode=rw"

    def connect() -> sqlite3.Connection:
        # isolation_level None: transactions begin when we say so, not when the module guesses
        return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)

    engine = sa.create_engine(
        "sqlite://",
        creator=connect,
        poolclass=sa.QueuePool,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=_CONNECTION_WAIT,
        hide_parameters=True,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: sa.pool.ConnectionPoolEntry) -> None:
        record.info[_FILE] = _identity(path)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        _use_wal(connection)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        match connection.get_execution_options().get("renkei_write"):
            case "in turn":
                _begin(connection, _ASK_SECONDS, turn.give_way)
            case "ahead":
                _begin(connection, _ASK_AHEAD_SECONDS, lambda: None)

    return engine


def _begin(connection: sa.Connection, pause: float, give_way: Callable[[], None]) -> None:
    """Take SQLite's one write lock, which passes from process to process. `pause`: seconds between two tries;
    `give_way`: called before each.

    SQLite itself asks for it ever more rarely, at last every 100 ms: where others commit without a pause, it comes too
    late for seconds.
    """
    deadline = time.monotonic() + _LOCK_SECONDS
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            give_way()
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except exc.OperationalError as error:
                if _code(error.orig) != "SQLITE_BUSY" or time.monotonic() > deadline:
                    raise
            time.sleep(pause)
    finally:  # whoever has this connection next, for a read too, waits as ever
        driver.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Does nothing but the first time; then several processes may be at it, and SQLite's own waiting ends at once."""
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _postgresql_engine(url: sa.URL) -> sa.Engine:
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="READ COMMITTED",
        connect_args={
            "connect_timeout": 5,
            "options": _POSTGRESQL_OPTIONS,
            "application_name": "renkei",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=_CONNECTION_WAIT,
        hide_parameters=True,
    )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _code(error: BaseException | None) -> str:
    return str(getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None) or "")
