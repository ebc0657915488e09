"""Finding a broker for the demo, in this order: one named, one installed, Docker, apt-get, in-process."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from hub.brokers.management import Management, ManagementError
from hub.sandbox import debian, docker, rabbitmq
from hub.sandbox.docker import ContainerRabbit
from hub.sandbox.process import NodeError
from hub.sandbox.rabbitmq import PrivateRabbit

Choice = Literal["auto", "rabbitmq", "docker", "memory"]
Log = Callable[[str], None]
URL, MANAGEMENT_URL = "RENKEI_AMQP_URL", "RENKEI_MANAGEMENT_URL"


@dataclass(frozen=True, slots=True)
class Found:
    """A broker the demo may use as an administrator. Both addresses are empty for the in-process one.

    `shared`: others use it too; the demo has a vhost of its own there and leaves the rest alone.
    `metrics`: host and port of its own metrics, "" where they are not known; `directory`: its data, where
    they are ours.
    """

    name: Literal["rabbitmq", "memory"]
    version: str
    amqp_url: str
    management_url: str
    shared: bool = False
    metrics: str = ""
    directory: Path | None = None

    @property
    def survives(self) -> bool:
        """Whether messages outlive a process of the hub."""
        return self.name == "rabbitmq"


@contextmanager
def found(choice: Choice, environ: Mapping[str, str], log: Log = debian.to_stderr) -> Iterator[Found]:
    """Find or start a broker; what was started here is ended with the context.

    Raises NodeError when the chosen kind cannot be had; "auto" ends with the in-process broker instead.
    """
    if choice in ("auto", "rabbitmq") and (url := environ.get(URL)):
        with _own_vhost(url, environ.get(MANAGEMENT_URL) or _management_beside(url)) as broker:
            yield broker
    elif choice == "memory":
        yield _in_process(log)
    elif choice == "docker" or (choice == "auto" and rabbitmq.find_binary() is None and docker.answers()):
        log("starting RabbitMQ in a container ...")
        with ContainerRabbit() as container:
            yield _described(container.amqp_url, container.management_url)
    elif rabbitmq.find_binary() is not None or _installed(choice, log):
        log("starting a private RabbitMQ node ...")
        with PrivateRabbit() as node:
            yield replace(
                _described(node.amqp_url, node.management_url), metrics=node.metrics_address, directory=node.directory
            )
    else:
        yield _in_process(log)


def _installed(choice: Choice, log: Log) -> bool:
    """Install the package where that is possible; False sends "auto" on to the last resort."""
    if not debian.can_install():
        if choice == "rabbitmq":
            raise NodeError(f"RabbitMQ not found. Install rabbitmq-server, or name a broker in {URL}.")
        return False
    try:
        rabbitmq.install_debian_package(log)
    except NodeError as error:
        if choice == "rabbitmq":
            raise
        log(f"RabbitMQ could not be installed: {error}")
        return False
    return rabbitmq.find_binary() is not None


def _in_process(log: Log) -> Found:
    log("WARNING: no RabbitMQ: using the in-process broker. Nothing survives a restart; this is for trying out only.")
    return Found("memory", "in-process", "", "")


@contextmanager
def _own_vhost(amqp_url: str, management_url: str) -> Iterator[Found]:
    """A vhost and an administrator of the demo's own on a broker that others may use too; both are deleted."""
    place, api = urlsplit(amqp_url), urlsplit(management_url)
    name, password = f"renkei-demo-{secrets.token_hex(4)}", secrets.token_hex(16)
    administrator = Management(management_url)
    try:
        administrator.add_vhost(name, name, password)
    except ManagementError as error:
        administrator.close()
        text = f"{error}; set {MANAGEMENT_URL} to the address of an administrator"
        raise NodeError(f"the broker named in {URL} cannot be set up: {text}") from error
    try:
        own = _described(
            f"{place.scheme}://{name}:{password}@{place.hostname}:{place.port or 5672}/{quote(name)}",
            f"{api.scheme}://{name}:{password}@{api.hostname}:{api.port or 15672}",
        )
        yield replace(own, shared=True)
    finally:
        administrator.remove_vhost(name, name)
        administrator.close()


def _described(amqp_url: str, management_url: str) -> Found:
    management = Management(management_url)
    try:
        version = str(management.call("GET", "overview")["rabbitmq_version"])
    except ManagementError as error:
        raise NodeError(f"the broker's management API does not answer: {error}") from error
    finally:
        management.close()
    return Found("rabbitmq", version, amqp_url, management_url)


def _management_beside(amqp_url: str) -> str:
    parts = urlsplit(amqp_url)
    return f"http://{parts.username or 'guest'}:{parts.password or 'guest'}@{parts.hostname}:15672"
