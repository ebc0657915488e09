"""The directory a private RabbitMQ node lives in: its identity, its configuration, its environment."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from hub.sandbox.process import LOOPBACK, Process, free_ports

# Small enough for a laptop, a container or a build machine. A key given by the caller wins.
_MODEST = {
    "disk_free_limit.absolute": "50MB",
    "vm_memory_high_watermark.relative": "0.6",
    "raft.wal_max_size_bytes": str(64 * 1024 * 1024),
    "log.console": "false",
}
_PORTS = ("amqp_port", "management_port", "distribution_port", "epmd_port", "metrics_port")
_LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}"


@dataclass(frozen=True, slots=True)
class RabbitHome:
    """Who the node is and where it listens; the same after every restart. `directory` is absolute."""

    directory: str
    name: str
    user: str
    password: str
    amqp_port: int
    management_port: int
    distribution_port: int
    epmd_port: int
    metrics_port: int
    tls: str = ""  # folder with ca.pem, server.pem and server.key: nobody connects without TLS and a certificate

    @classmethod
    def create(
        cls, directory: Path, settings: Mapping[str, str], peer: RabbitHome | None = None, tls: Path | None = None
    ) -> RabbitHome:
        """Lay out a new home. `settings` are further lines of rabbitmq.conf; `peer`: of a node it is to know;
        `tls`: see the field."""
        home = cls(
            str(directory.resolve()),
            f"renkei-{secrets.token_hex(4)}@localhost",
            "renkei-admin",
            peer.password if peer else secrets.token_hex(16),
            **dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True)),
            tls=str(tls.resolve()) if tls else "",
        )
        if peer:
            home = replace(home, epmd_port=peer.epmd_port)
        for each in ("home", "data", "log", "plugins"):
            home.path(each).mkdir(parents=True, mode=0o700)
        cookie = peer.path("home/.erlang.cookie").read_text() if peer else secrets.token_hex(20)
        home._write("home/.erlang.cookie", cookie, 0o400)
        home._write("enabled_plugins", "[rabbitmq_management,rabbitmq_prometheus].\n")
        home._write("env.conf", "")  # stands in for /etc/rabbitmq/rabbitmq-env.conf, which is not ours
        home._write("rabbitmq.conf", home._configuration(settings))
        home._write("identity.json", json.dumps(asdict(home)))
        return home

    @classmethod
    def open(cls, directory: Path) -> RabbitHome | None:
        """Read the home that lies in a directory, None where there is none."""
        file = directory / "identity.json"
        return cls(**json.loads(file.read_text())) if file.exists() else None

    def path(self, name: str) -> Path:
        """A file of this home."""
        return Path(self.directory) / name

    def environment(self) -> dict[str, str]:
        """Environment of the node and its tools: nothing of a system broker's settings gets in."""
        inherited = {key: os.environ[key] for key in ("PATH", "TMPDIR", "TZ") if key in os.environ}
        return {
            **inherited,
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.path("home")),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _LOOPBACK_ONLY,
            "RABBITMQ_CTL_ERL_ARGS": _LOOPBACK_ONLY,
            "RABBITMQ_CONF_ENV_FILE": str(self.path("env.conf")),
            "RABBITMQ_CONFIG_FILE": str(self.path("rabbitmq.conf")),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.path("advanced.config")),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.path("enabled_plugins")),
            "RABBITMQ_PLUGINS_EXPAND_DIR": str(self.path("plugins")),
            "RABBITMQ_MNESIA_BASE": str(self.path("data")),
            "RABBITMQ_LOG_BASE": str(self.path("log")),
            "RABBITMQ_PID_FILE": str(self.path("node.pid")),
        }

    def note_process(self, role: str, process: Process) -> None:
        """Remember a process of this node, so that another program can find and end it."""
        self._write(f"{role}.json", json.dumps(asdict(process)))

    def process(self, role: str) -> Process | None:
        """The remembered process, None if there is none that still runs."""
        file = self.path(f"{role}.json")
        noted = Process(**json.loads(file.read_text())) if file.exists() else None
        return noted if noted is not None and noted.is_alive() else None

    def _configuration(self, settings: Mapping[str, str]) -> str:
        lines = {
            **(self._secured() if self.tls else self._plain()),
            "prometheus.tcp.ip": LOOPBACK,
            "prometheus.tcp.port": str(self.metrics_port),
            # Made at the first boot in place of guest/guest.
            "default_user": self.user,
            "default_pass": self.password,
            "default_user_tags.administrator": "true",
            **_MODEST,
            **settings,
        }
        return "".join(f"{key} = {value}\n" for key, value in lines.items())

    def _plain(self) -> dict[str, str]:
        return {
            "listeners.tcp.1": f"{LOOPBACK}:{self.amqp_port}",
            "management.tcp.ip": LOOPBACK,
            "management.tcp.port": str(self.management_port),
        }

    def _secured(self) -> dict[str, str]:
        """As ops/docs/operating.md has it for a broker in earnest."""
        files = {"cacertfile": "ca.pem", "certfile": "server.pem", "keyfile": "server.key"}
        wanted = {key: f"{self.tls}/{name}" for key, name in files.items()}
        wanted |= {"verify": "verify_peer", "fail_if_no_peer_cert": "true"}
        return {
            "listeners.tcp": "none",
            "listeners.ssl.1": f"{LOOPBACK}:{self.amqp_port}",
            "management.ssl.ip": LOOPBACK,
            "management.ssl.port": str(self.management_port),
            **{f"ssl_options.{key}": value for key, value in wanted.items()},
            **{f"management.ssl.{key}": value for key, value in wanted.items()},
        }

    def _write(self, name: str, text: str, mode: int = 0o600) -> None:
        file = self.path(name)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
