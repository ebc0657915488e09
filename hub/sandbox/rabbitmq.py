"""A private RabbitMQ node: own data, own ports on loopback, own epmd, own administrator.

For the demo, the tests and `ops/broker`. It never touches a system broker and ends only the
processes it started itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from hub.brokers.management import Management, ManagementError
from hub.ports.tls import Tls
from hub.sandbox import debian
from hub.sandbox.process import LOOPBACK, NodeError, Process, accepts_connections, wait_until
from hub.sandbox.rabbitmq_home import RabbitHome

START_SECONDS = 120
STOP_SECONDS = 60
TLS_ADMINISTRATOR = "administrator"
DEBIANS = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
NAMED_BY = "RENKEI_RABBITMQ_SERVER"
_WRAPPER = "rabbitmq-script-wrapper"


def find_binary() -> Path | None:
    """Find the `rabbitmq-server` script, None where RabbitMQ is not installed.

    Debian's /usr/sbin/rabbitmq-server is a wrapper that changes the user and the directory, so the
    script behind it is taken. RENKEI_RABBITMQ_SERVER names another one; its rabbitmqctl lies beside it.

    Raises:
        NodeError: the one that is named cannot be run: no other version may stand in for it.
    """
    if given := os.environ.get(NAMED_BY):
        if not os.access(given, os.X_OK):
            raise NodeError(f"{NAMED_BY}: {given} is no program. Name a rabbitmq-server, or unset it")
        return Path(given).absolute()
    for each in (DEBIANS, shutil.which("rabbitmq-server")):
        if each and os.access(each, os.X_OK) and Path(each).resolve().name != _WRAPPER:
            return Path(each)
    return None


def install_debian_package(log: Callable[[str], None] = debian.to_stderr) -> None:
    """Install RabbitMQ from Debian without starting a system broker.

    Raises:
        NodeError: not root on Debian, or the installation failed.
    """
    debian.install(["rabbitmq-server"], ["rabbitmq-server", "epmd.socket", "epmd.service"], log)


class PrivateRabbit:
    """One node. Its data outlive `stop` and `kill`, not `close` (unless the directory was given).

    Not for concurrent use. An object made on the directory of a node that runs takes that node over.
    """

    def __init__(
        self,
        directory: Path | None = None,
        settings: Mapping[str, str] | None = None,
        peer: PrivateRabbit | None = None,
        tls: Path | None = None,
        binary: Path | None = None,
    ) -> None:
        """Lay the node out, or read the one that lies in `directory`; nothing is started yet.

        `settings` are further lines of rabbitmq.conf for a new node; `peer`: it shares cookie, password and epmd with;
        `tls`: folder of `hub.authority.Authority` with a server's certificate and one of `TLS_ADMINISTRATOR`;
        `binary`: the `rabbitmq-server` to run, in place of that of `find_binary`.
        """
        self._is_temporary = directory is None
        self._binary = binary.absolute() if binary else None
        self.directory = directory or Path(tempfile.mkdtemp(prefix="renkei-rabbit-"))
        self._home: RabbitHome = RabbitHome.open(self.directory) or RabbitHome.create(
            self.directory, settings or {}, peer._home if peer else None, tls
        )
        self._children: list[subprocess.Popen[bytes]] = []
        self.name = self._home.name
        login = f"{self._home.user}:{self._home.password}@{LOOPBACK}"
        s = "s" if self._home.tls else ""
        self.amqp_url = f"amqp{s}://{login}:{self._home.amqp_port}/%2F"
        self.management_url = f"http{s}://{login}:{self._home.management_port}"
        self.metrics_address = f"{LOOPBACK}:{self._home.metrics_port}"
        self._management = Management(self.management_url, self.tls)

    @property
    def tls(self) -> Tls:
        """What an administrator shows to a node with TLS."""
        if not self._home.tls:
            return Tls()
        folder = Path(self._home.tls)
        return Tls(folder / "ca.pem", folder / f"{TLS_ADMINISTRATOR}.pem", folder / f"{TLS_ADMINISTRATOR}.key")

    @property
    def version(self) -> str:
        """Version of the running broker, such as `3.10.8`."""
        return str(self._management.call("GET", "overview")["rabbitmq_version"])

    def is_running(self) -> bool:
        """Tell whether the node's process lives."""
        return self._home.process("node") is not None

    def start(self) -> None:
        """Start the node and wait until it takes AMQP and management connections.

        Raises:
            NodeError: RabbitMQ is not installed, or the node did not come up (end of its log in the text).
        """
        binary = self._binary or find_binary()
        if binary is None:
            raise NodeError("rabbitmq-server not found. On Debian: apt-get install rabbitmq-server")
        try:
            if not self.is_running():
                self._start_epmd(binary)
                self._start_node(binary)
            wait_until(self._is_ready, f"{self.name} takes connections", START_SECONDS)
        except (NodeError, TimeoutError) as error:
            self.stop()
            raise NodeError(f"{self.name} did not start: {error}\n{self._end_of_log()}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut the node down in order, then its epmd. The data stay."""
        node = self._home.process("node")
        script = self._home.process("script")
        if node is not None:
            node.end(signal.SIGTERM, STOP_SECONDS)
        elif script is not None:
            script.kill()  # too early in the boot for an orderly stop
        self._reap()
        epmd = self._home.process("epmd")
        if epmd is not None:
            epmd.end(signal.SIGTERM, 10)
        self._reap()

    def kill(self) -> None:
        """Kill the node as a crash would, with SIGKILL. The data stay.

        Raises:
            NodeError: it does not run.
        """
        self._node().kill()
        self._reap()

    def pause(self) -> None:
        """Stop the node where it stands: its connections stay open, and it answers nobody."""
        self._node().send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused node go on as if nothing had been."""
        self._node().send(signal.SIGCONT)

    def configure(self, settings: Mapping[str, str]) -> None:
        """Further lines of rabbitmq.conf, for the next start."""
        with self._home.path("rabbitmq.conf").open("a", encoding="utf-8") as file:
            file.write("".join(f"{key} = {value}\n" for key, value in settings.items()))

    def await_declarations(self, seconds: float = 30) -> None:
        """Wait until the quorum queues that exist are known on disk, as must be before a `kill`.

        RabbitMQ before ra 2.10.1 (3.10 among them) writes the register of its quorum queues half a
        second after a declaration. Killed in between, it restarts such a queue empty and without a
        leader, whatever it had confirmed (rabbitmq/ra pull request 443).

        Raises:
            TimeoutError: not so after `seconds`.
        """
        register = self._home.path(f"data/{self.name}/quorum/{self.name}/names.dets")
        names = [
            f"{'%2F' if each['vhost'] == '/' else each['vhost']}_{each['name']}".encode()
            for each in self._management.call("GET", "queues")
            if each.get("type") == "quorum"
        ]
        wait_until(
            lambda: not names or all(each in register.read_bytes() for each in names),
            "the broker has its quorum queues on disk",
            seconds,
        )

    def restart(self) -> None:
        """Stop the node if it runs and start it with the same data, name and addresses."""
        self.stop()
        self.start()

    def ctl(self, *arguments: str, seconds: float = 180) -> str:
        """Run `rabbitmqctl` against this node and return what it printed.

        Raises:
            NodeError: it failed or took longer than `seconds`.
        """
        binary = self._binary or find_binary()
        if binary is None:
            raise NodeError("rabbitmqctl not found")
        command = [str(binary.with_name("rabbitmqctl")), "--quiet", *arguments]
        try:
            done = subprocess.run(
                command,
                env=self._home.environment(),
                cwd=self._home.directory,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NodeError(f"rabbitmqctl {arguments[0]} took longer than {seconds:g} s") from error
        if done.returncode != 0:
            raise NodeError(f"rabbitmqctl {arguments[0]} failed: {done.stderr or done.stdout}")
        return done.stdout

    def close(self) -> None:
        """Stop the node; a directory that was not given by the caller is removed."""
        if self._is_temporary and self.is_running():
            self.kill()  # an orderly stop takes seconds, and nobody will read these data again
        self.stop()
        self._management.close()
        if self._is_temporary:
            shutil.rmtree(self.directory)

    def __enter__(self) -> PrivateRabbit:
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

    def _node(self) -> Process:
        node = self._home.process("node")
        if node is None:
            raise NodeError(f"{self.name} does not run")
        return node

    def _start_epmd(self, binary: Path) -> None:
        if self._home.process("epmd") is not None or accepts_connections(self._home.epmd_port):
            return  # ours, or a peer's
        epmd = shutil.which("epmd", path=f"{binary.parent}:{os.environ.get('PATH', os.defpath)}")
        if epmd is None:
            raise NodeError("epmd not found; it belongs to Erlang. On Debian: apt-get install erlang-base")
        port = str(self._home.epmd_port)
        self._spawn("epmd", [epmd, "-address", LOOPBACK, "-port", port])
        wait_until(lambda: accepts_connections(self._home.epmd_port), "epmd takes connections", 10)

    def _start_node(self, binary: Path) -> None:
        pid_file = self._home.path("node.pid")
        pid_file.unlink(missing_ok=True)
        self._spawn("script", [str(binary)])
        # The script starts the broker as its child; the broker writes its own id early in its boot.
        wait_until(lambda: self._script_runs() and _holds_pid(pid_file), "the broker's pid file", START_SECONDS)
        node = Process.of(int(pid_file.read_text()))
        if node is None:
            raise NodeError("the broker ended during its boot")
        self._home.note_process("node", node)

    def _spawn(self, role: str, command: list[str]) -> None:
        with self._home.path(f"log/{role}.out").open("ab") as output:
            child = subprocess.Popen(
                command,
                env=self._home.environment(),
                cwd=self._home.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C meant for us must not reach the broker
            )
        self._children.append(child)
        process = Process.of(child.pid)
        if process is not None:
            self._home.note_process(role, process)

    def _script_runs(self) -> bool:
        if self._home.process("script") is None:
            raise NodeError("rabbitmq-server ended")
        return True

    def _is_ready(self) -> bool:
        if not self.is_running():
            raise NodeError("the broker ended during its boot")
        try:
            self._management.call("GET", "overview")
        except ManagementError:
            return False
        return accepts_connections(self._home.amqp_port)

    def _reap(self) -> None:
        """Collect the exit of children that have ended or are about to, now that the node is gone."""
        script = self._home.process("script")
        if script is not None:
            script.end(signal.SIGTERM, 10)
        self._children = [each for each in self._children if each.poll() is None]

    def _end_of_log(self) -> str:
        files = sorted(self._home.path("log").iterdir(), key=lambda each: each.stat().st_mtime)
        ends = ((each.name, each.read_text(errors="replace")[-2000:]) for each in files[-2:])
        return "\n".join(f"--- {name}\n{text}" for name, text in ends)


def _holds_pid(file: Path) -> bool:
    return file.exists() and file.read_text().strip().isdigit()
