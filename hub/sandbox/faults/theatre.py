"""Where a run takes place: a broker of its own, a store, partners and hub, with a proxy between any two of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from hub.sandbox import debian, postgres, rabbitmq
from hub.sandbox.faults.faulty_hub import FaultyHub
from hub.sandbox.faults.proxy import Network
from hub.sandbox.faults.servers import Servers
from hub.sandbox.find_broker import Found
from hub.sandbox.launcher import Partner, addresses, launch, names, stop_all
from hub.sandbox.partner_tokens import GUARDED
from hub.sandbox.postgres import PrivatePostgres
from hub.sandbox.rabbitmq import PrivateRabbit
from hub.sandbox.scene import apart


@dataclass(frozen=True, slots=True)
class Theatre:
    """`broker`: name and version, for the report; `root`: where home, logs and ledgers lie while it lasts."""

    root: Path
    hub: FaultyHub
    network: Network
    partners: Mapping[str, Partner]
    servers: Servers
    store: str
    broker: str


@contextmanager
def theatre(store: str, log: Callable[[str], None]) -> Iterator[Theatre]:
    """Set everything up; what was started here, and only that, is ended with the context.

    Raises NodeError, RenkeiError, TimeoutError.
    """
    with ExitStack() as stack:
        stack.enter_context(apart())
        root = Path(stack.enter_context(TemporaryDirectory(prefix="renkei-faults-")))
        _install(store, log)
        log("starting the servers ...")
        node = stack.enter_context(PrivateRabbit())
        server = stack.enter_context(PrivatePostgres()) if store == "postgresql" else None
        store_url = server.create_database("renkei") if server is not None else ""
        partners = launch(names(), root / "partners", GUARDED)
        stack.callback(stop_all, partners.values())
        network = Network()
        stack.callback(network.close)
        amqp = _port(node.amqp_url)
        ports = {name: network.link(name, amqp) for name in ("broker", "publisher")}
        if store_url:
            ports["store"] = network.link("store", _port(store_url))
        urls = {
            name: f"http://127.0.0.1:{network.link(f'partner:{name}', _port(url))}" if url.startswith("http") else url
            for name, url in addresses(partners).items()
        }
        log("starting the hub ...")
        found = Found("rabbitmq", node.version, node.amqp_url, node.management_url)
        hub = FaultyHub(root, urls, found, ports, store_url)
        stack.callback(hub.stop)
        hub.start()
        node.await_declarations()
        servers = Servers(node, server)
        yield Theatre(root, hub, network, partners, servers, store, f"rabbitmq {node.version}")


def _install(store: str, log: Callable[[str], None]) -> None:
    """What is missing, where that is possible; starting says what to do where it is not."""
    if rabbitmq.find_binary() is None and debian.can_install():
        rabbitmq.install_debian_package(log)
    if store == "postgresql" and postgres.find_binaries() is None and debian.can_install():
        postgres.install_debian_package(log)


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
