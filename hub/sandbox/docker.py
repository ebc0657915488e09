"""RabbitMQ in a container, by the docker command line: for machines with an engine and no RabbitMQ of their own."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from hub.brokers.management import Management, ManagementError
from hub.sandbox.process import LOOPBACK, NodeError, wait_until

IMAGE = "rabbitmq:4.1.4-management"
START_SECONDS = 120
PULL_SECONDS = 600
_AMQP, _MANAGEMENT = "5672/tcp", "15672/tcp"


def answers() -> bool:
    """Tell whether there is a docker command and an engine behind it."""
    if shutil.which("docker") is None:
        return False
    try:
        _docker("version", "--format", "{{.Server.Version}}", seconds=10)
    except NodeError:
        return False
    return True


class ContainerRabbit:
    """One container on loopback ports the engine chooses. Removed by `close`; ends no other container."""

    def __init__(self, image: str = IMAGE) -> None:
        self._image = image
        self._user, self._password = "renkei-admin", secrets.token_hex(16)
        self._id = ""
        self.amqp_url = ""
        self.management_url = ""

    def start(self) -> None:
        """Run the container, pulling the image where it is not there, and wait until it takes connections.

        Raises:
            NodeError: no engine, no image, or the broker did not come up.
        """
        login = {"RABBITMQ_DEFAULT_USER": self._user, "RABBITMQ_DEFAULT_PASS": self._password}
        try:
            self._id = _docker(
                *("run", "--detach", "--rm", "--name", f"renkei-{secrets.token_hex(4)}"),
                *("--env", "RABBITMQ_DEFAULT_USER", "--env", "RABBITMQ_DEFAULT_PASS"),
                *("--publish", f"{LOOPBACK}::5672", "--publish", f"{LOOPBACK}::15672", self._image),
                seconds=PULL_SECONDS,
                environment=login,
            )
            credentials = f"{self._user}:{self._password}@{LOOPBACK}"
            self.amqp_url = f"amqp://{credentials}:{self._port(_AMQP)}/%2F"
            self.management_url = f"http://{credentials}:{self._port(_MANAGEMENT)}"
            wait_until(self._is_ready, "RabbitMQ in the container takes connections", START_SECONDS)
        except TimeoutError as error:
            self.close()
            raise NodeError(str(error)) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove the container and its data."""
        if self._id:
            _docker("rm", "--force", "--volumes", self._id, seconds=60)
            self._id = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _port(self, inside: str) -> str:
        return _docker("port", self._id, inside, seconds=10).splitlines()[0].rpartition(":")[2]

    def _is_ready(self) -> bool:
        management = Management(self.management_url)
        try:
            management.call("GET", "health", "checks", "port-listener", "5672")
        except ManagementError:
            return False
        finally:
            management.close()
        return True


def _docker(*arguments: str, seconds: float, environment: Mapping[str, str] | None = None) -> str:
    command = shutil.which("docker")
    if command is None:
        raise NodeError("docker not found. Install Docker, or choose another broker with --broker")
    try:
        done = subprocess.run(
            [command, *arguments],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NodeError(f"docker {arguments[0]} took longer than {seconds:g} s") from error
    if done.returncode != 0:
        raise NodeError(f"docker {arguments[0]} failed: {done.stderr.strip()[-1000:]}")
    return done.stdout.strip()
