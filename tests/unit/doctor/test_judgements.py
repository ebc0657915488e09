"""What the doctor says of figures that no test can bring a real host or broker to."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub.doctor import certificates, clock, database, disk, nodes, queues, versions
from hub.doctor.verdict import Status, worst
from hub.store import Inspection

OK, W, F = Status.OK, Status.WARNING, Status.FAILED
GIB = 1024**3


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("3.9.29", F),
        ("3.10.8", OK),
        ("3.12.14", OK),
        ("3.13.0", W),
        ("3.13.2", W),
        ("3.13.7", OK),
        ("4.0.5", OK),
        ("4.3.1", OK),
        ("4.4.0-rc.1", W),
        ("5.0.0", W),
    ],
)
def test_broker_versions(text: str, status: Status) -> None:
    assert versions.version(text).status is status


def test_feature_flags_that_are_off_stand_in_the_way_of_an_upgrade() -> None:
    flags = [
        {"name": "quorum_queue", "state": "disabled", "stability": "stable"},
        {"name": "stream_queue", "state": "enabled", "stability": "required"},
        {"name": "khepri_db", "state": "disabled", "stability": "experimental"},
    ]

    told = versions.feature_flags(flags)

    assert (told.status, told.found, told.fix) == (
        W,
        "not enabled: quorum_queue",
        "rabbitmqctl enable_feature_flag all",
    )
    assert versions.feature_flags(flags[1:]).status is OK


def test_deprecated_features_in_use() -> None:
    assert versions.deprecated([]).status is OK
    told = versions.deprecated([{"name": "transient_nonexcl_queues"}])
    assert (told.status, told.found) == (W, "in use: transient_nonexcl_queues")


@pytest.mark.parametrize(
    ("earliest", "latest", "expected"),
    [(99, 100, 0), (100.5, 101.5, 0), (103, 104, 2), (90, 91, -9)],
)
def test_clocks_differ_by_what_is_certain(earliest: float, latest: float, expected: float) -> None:
    assert clock.apart(100, 101, earliest, latest) == expected


def test_free_disk_of_the_home() -> None:
    assert [disk.judge(Path("/srv"), free).status for free in (GIB // 8, GIB, 3 * GIB)] == [F, W, OK]


def test_a_database_file_on_a_network_file_system() -> None:
    mounts = "/dev/sda / ext4 rw 0 0\nserver:/srv /srv nfs4 rw 0 0\n/dev/sdb /srv/local\\040disk xfs rw 0 0\n"

    kinds = [disk.file_system(Path(path), mounts) for path in ("/home", "/srv/renkei", "/srv/local disk/renkei")]

    assert kinds == ["ext4", "nfs4", "xfs"]
    assert [disk.kind(Path("/srv"), kind).status for kind in kinds] == [OK, F, OK]


@pytest.mark.parametrize(
    ("dialect", "server", "status"),
    [("sqlite", (3, 34, 1), F), ("sqlite", (3, 40, 1), OK), ("postgresql", (13, 9), W), ("postgresql", (16, 2), OK)],
)
def test_database_versions(dialect: str, server: tuple[int, ...], status: Status) -> None:
    assert database.version(Inspection(dialect, server, "0001", "0001", False, None, ())).status is status


def node(**changes: object) -> dict[str, object]:
    healthy = {"name": "a@b", "running": True, "partitions": [], "disk_free": 9 * GIB, "disk_free_limit": GIB}
    return healthy | {"mem_used": GIB, "mem_limit": 4 * GIB} | changes


def test_nodes_of_a_cluster() -> None:
    assert nodes.cluster([node(), node()]).status is OK
    assert nodes.cluster([node(), node(name="c@host", running=False)]).fix.endswith("# on host")
    # as seen by either side of a partition
    for is_there in (True, False):
        others = [node(name=name, running=is_there, partitions=["c@c"]) for name in ("a@a", "b@b")]
        told = nodes.cluster([*others, node(name="c@c", running=not is_there, partitions=["a@a", "b@b"])])
        assert (told.status, told.fix) == (F, "rabbitmqctl -n c@c stop_app && rabbitmqctl -n c@c start_app")

    assert nodes.disk(node()).status is OK
    assert nodes.disk(node(disk_free=GIB + 1)).status is W
    assert nodes.disk(node(disk_free_alarm=True)).status is F
    assert nodes.disk(node(disk_free="disk_free_monitoring_disabled")).status is W
    assert nodes.memory(node()).status is OK
    assert nodes.memory(node(mem_used=int(3.5 * GIB))).status is W
    assert nodes.memory(node(mem_alarm=True)).status is F


def test_members_of_quorum_queues() -> None:
    def queue(members: int, online: int) -> dict[str, dict[str, object]]:
        names = [f"node{number}" for number in range(members)]
        return {"dead": {"type": "quorum", "members": names, "online": names[:online]}}

    assert [queues.copies(queue(3, online)).status for online in (3, 2, 1)] == [OK, W, F]
    assert queues.copies(queue(2, 1)).status is F
    three = ["node0", "node1", "node2"]
    assert queues.too_few(queue(3, 3), three, "/").status is OK
    assert queues.too_few(queue(1, 1), three[:1], "/").status is OK
    told = queues.too_few(queue(1, 1), three, "/")
    assert (told.status, told.fix.splitlines()[0]) == (W, "rabbitmq-queues grow node0 all --vhost-pattern '^/$'")


def test_the_worst_of_all() -> None:
    verdicts = [disk.judge(Path("/srv"), free) for free in (3 * GIB, GIB, 0)]
    assert [worst(verdicts[:count]) for count in range(4)] == [OK, OK, W, F]


# --- certificates, asked of a real TLS server ---


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    """Port of a server whose certificate ends `request.param` days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")])
    ends = datetime.now(UTC) + timedelta(days=request.param)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = made.not_valid_before(ends - timedelta(days=400)).not_valid_after(ends).sign(key, hashes.SHA256())
    file = tmp_path / "server.pem"
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *plain) + signed.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as accepted, context.wrap_socket(accepted, server_side=True) as secured:
            secured.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(("served", "status"), [(90, OK), (12, W), (-1, F)], indirect=["served"])
def test_how_long_a_certificate_holds(served: int, status: Status) -> None:
    (told,) = certificates.examine({"broker": f"amqps://user@127.0.0.1:{served}/%2F"}, False)

    assert (told.check, told.status) == ("tls.broker", status)
    assert (f"openssl s_client -connect 127.0.0.1:{served}" in told.fix) is (status is not OK)


@pytest.mark.rule("R56")
@pytest.mark.parametrize("sandbox", [True, False])
def test_addresses_without_tls(sandbox: bool) -> None:
    given = {
        "broker": "amqp://localhost",
        "management": "http://127.0.0.1:1",
        "here": "http://127.0.0.1:1",
        "far": "http://partner",
        "queue": "amqp://u:p@broker",
        "folder": "file:///srv",
    }
    told = list(certificates.examine(given, sandbox))

    refused = ["tls.far", "tls.queue"] if sandbox else ["tls.here", "tls.far", "tls.queue"]
    assert [(one.check, one.status) for one in told] == [(check, F) for check in refused]
    assert all("config.plain_address" in one.found for one in told)
    assert told[-1].fix == "let broker serve TLS, then write amqps:// in the address"


def test_no_tls_where_it_is_expected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    (told,) = certificates.examine({"pmh": f"https://127.0.0.1:{port}"}, False)
    assert told.status is F
