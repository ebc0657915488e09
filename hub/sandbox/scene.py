"""Where the demo takes place: a broker, the simulated partners and the hub, started together and ended together."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.sandbox.demo_hub import DemoHub
from hub.sandbox.find_broker import Choice, Found, found
from hub.sandbox.launcher import Partner, addresses, launch, names, stop_all
from hub.sandbox.partner_tokens import GUARDED
from hub.sandbox.process import NodeError
from hub.sandbox.process_hub import ProcessHub
from hub.sandbox.thread_hub import ThreadHub

# These point the hub to somebody's installation; they would win over the demo's own.
_INSTALLATION = ("RENKEI_AMQP_URL", "RENKEI_MANAGEMENT_URL", "RENKEI_STORE_URL", "RENKEI_HOME")
_OF_CONNECTORS = ("RENKEI_URL_", "RENKEI_CREDENTIAL_")


@dataclass(frozen=True, slots=True)
class Scene:
    """`hidden`: variables of the environment that point to another installation and that this one does not see."""

    broker: Found
    partners: Mapping[str, Partner]
    hub: DemoHub
    hidden: tuple[str, ...] = ()


@contextmanager
def scene(choice: Choice, log: Callable[[str], None]) -> Iterator[Scene]:
    """Set everything up; what was started here, and only that, is ended with the context.

    Raises NodeError, RenkeiError, TimeoutError.
    """
    with ExitStack() as stack:
        given = stack.enter_context(apart())
        root = Path(stack.enter_context(TemporaryDirectory(prefix="renkei-demo-")))
        broker = stack.enter_context(found(choice, given, log))
        log("starting the partners ...")
        partners = _launched(root / "partners")
        stack.callback(stop_all, partners.values())
        urls = addresses(partners)
        log("starting the hub ...")
        hub = ProcessHub(root / "home", urls, broker) if broker.survives else ThreadHub(root / "home", urls)
        stack.callback(hub.stop)
        hub.start()
        for name, partner in partners.items():
            if broker.survives and "queue" in partner.wires:
                partner.connect(hub.partner_url(name), hub.key())
        yield Scene(broker, partners, hub, tuple(given))


@contextmanager
def apart() -> Iterator[Mapping[str, str]]:
    """The environment without what belongs to another installation; the value is what was taken out."""
    taken = {key: value for key, value in os.environ.items() if key in _INSTALLATION or key.startswith(_OF_CONNECTORS)}
    for key in taken:
        del os.environ[key]
    try:
        yield taken
    finally:
        os.environ.update(taken)


def _launched(data: Path) -> dict[str, Partner]:
    try:
        return launch(names(), data, GUARDED)
    except RuntimeError as error:
        raise NodeError(str(error)) from error
