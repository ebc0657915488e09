"""A private PostgreSQL server for tests: own data in a temporary directory, own port on loopback."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from hub.sandbox import debian
from hub.sandbox.process import LOOPBACK, NodeError, Process, free_ports, wait_until

START_SECONDS = 60
STOP_SECONDS = 30
_USER = "renkei"
_DEBIAN = Path("/usr/lib/postgresql")


def find_binaries() -> Path | None:
    """Find the directory with `postgres` and `initdb`, None where PostgreSQL is not installed.

    Debian keeps them apart from PATH, by major version: the newest is taken.
    """
    on_path = shutil.which("initdb")
    candidates = sorted(_DEBIAN.glob("*/bin"), key=lambda each: float(each.parent.name), reverse=True)
    if on_path is not None:
        candidates.append(Path(on_path).resolve().parent)
    return next((each for each in candidates if (each / "postgres").exists()), None)


def install_debian_package(log: Callable[[str], None] = debian.to_stderr) -> None:
    """Install PostgreSQL from Debian without starting a system server.

    Raises:
        NodeError: not root on Debian, or the installation failed.
    """
    debian.install(["postgresql"], ["postgresql"], log)


class PrivatePostgres:
    """One server. Its data outlive `stop` and `kill`, not `close`. Not for concurrent use.

    PostgreSQL refuses to run as root; root runs it as the user postgres, or nobody where there is none.
    """

    def __init__(self) -> None:
        """Choose a directory, a port and a password; nothing is started yet."""
        self.directory = Path(tempfile.mkdtemp(prefix="renkei-postgres-"))
        self._owner = _unprivileged_owner() if os.geteuid() == 0 else None
        if self._owner is not None:
            os.chown(self.directory, self._owner.pw_uid, self._owner.pw_gid)
        self._password = secrets.token_hex(16)
        self._port = free_ports(1)[0]
        self._server: subprocess.Popen[bytes] | None = None
        self.url = self._url_of("postgres")

    @property
    def version(self) -> str:
        """Version of the running server, such as `15.18`."""
        with self._connect() as connection:
            row = connection.execute("SHOW server_version").fetchone()
        return "" if row is None else str(row[0]).split()[0]

    def start(self) -> None:
        """Start the server, at first with a new empty cluster, and wait until it answers.

        Raises:
            NodeError: PostgreSQL is not installed, or did not come up (end of its log in the text).
        """
        binaries = find_binaries()
        if binaries is None:
            raise NodeError("PostgreSQL server not found. On Debian: apt-get install postgresql")
        data = self.directory / "data"
        try:
            if not data.exists():
                self._create_cluster(binaries / "initdb", data)
            with (self.directory / "server.log").open("ab") as output:
                self._server = self._popen([str(binaries / "postgres"), "-D", str(data)], output.fileno())
            wait_until(self._answers, "PostgreSQL answers", START_SECONDS)
        except (NodeError, TimeoutError) as error:
            self.stop()
            raise NodeError(f"PostgreSQL did not start: {error}\n{self._end_of_log()}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut the server down in order: sessions are cut, committed data are on disk."""
        process = self._process()
        if process is not None:
            process.end(signal.SIGINT, STOP_SECONDS)
        self._reap()

    def kill(self) -> None:
        """Kill the server with all its sessions as a crash would, with SIGKILL. The data stay.

        Raises:
            NodeError: it does not run.
        """
        process = self._process()
        if process is None:
            raise NodeError("PostgreSQL does not run")
        process.kill()
        self._reap()

    def restart(self) -> None:
        """Stop the server if it runs and start it with the same data and address."""
        self.stop()
        self.start()

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        self._administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._url_of(name)

    def drop_database(self, name: str) -> None:
        """Delete a database, cutting the sessions in it."""
        self._administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def close(self) -> None:
        """End the server and delete its data."""
        if self._process() is not None:
            self.kill()
        shutil.rmtree(self.directory)

    def __enter__(self) -> PrivatePostgres:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _create_cluster(self, initdb: Path, data: Path) -> None:
        secret = self.directory / "password"
        secret.write_text(self._password)
        self._give(secret)
        command = [str(initdb), "-D", str(data), "-U", _USER, "--pwfile", str(secret)]
        command += ["--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale"]
        with (self.directory / "server.log").open("ab") as output:
            created = self._popen(command, output.fileno()).wait()
        secret.unlink()
        if created != 0:
            raise NodeError(f"initdb ended with {created}")
        lines = {
            "listen_addresses": f"'{LOOPBACK}'",
            "port": str(self._port),
            "unix_socket_directories": "''",  # a socket path may be too long, and no one needs it
            "fsync": "on",  # what the tests prove about crashes would mean nothing without it
            "max_connections": "200",
            "log_timezone": "'UTC'",
            "timezone": "'UTC'",
        }
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write("".join(f"{key} = {value}\n" for key, value in lines.items()))

    def _popen(self, command: list[str], output: int) -> subprocess.Popen[bytes]:
        owner = self._owner
        environment = {key: os.environ[key] for key in ("PATH", "TMPDIR") if key in os.environ}
        return subprocess.Popen(
            command,
            env={**environment, "LC_ALL": "C.UTF-8", "HOME": str(self.directory)},
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C meant for us must not reach the server
            user=None if owner is None else owner.pw_uid,
            group=None if owner is None else owner.pw_gid,
            extra_groups=None if owner is None else [],
            umask=0o077,
        )

    def _process(self) -> Process | None:
        return None if self._server is None else Process.of(self._server.pid)

    def _reap(self) -> None:
        if self._server is not None:
            self._server.wait()
            self._server = None

    def _answers(self) -> bool:
        if self._process() is None:
            raise NodeError("the server ended")
        try:
            with self._connect():
                return True
        except psycopg.OperationalError:
            return False

    def _administer(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection:
        # No transaction around a statement: databases cannot be created or dropped inside one.
        return psycopg.connect(
            host=LOOPBACK,
            port=self._port,
            user=_USER,
            password=self._password,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _url_of(self, database: str) -> str:
        return f"postgresql+psycopg://{_USER}:{self._password}@{LOOPBACK}:{self._port}/{database}"

    def _give(self, file: Path) -> None:
        file.chmod(0o600)
        if self._owner is not None:
            os.chown(file, self._owner.pw_uid, self._owner.pw_gid)

    def _end_of_log(self) -> str:
        file = self.directory / "server.log"
        return file.read_text(errors="replace")[-3000:] if file.exists() else ""


def _unprivileged_owner() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NodeError("PostgreSQL does not run as root, and there is no user postgres or nobody")
