"""URLs of several hosts."""

import pytest

from hub.hosts import each_host, exposed, plain_partner


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("amqp://broker", ["amqp://broker"]),
        ("amqps://u:p@one:1,two/%2F?heartbeat=5", ["amqps://u:p@one:1/%2F?heartbeat=5", "amqps://u:p@two/%2F?heartbeat=5"]),
        ("http://u:a%40b@[::1]:1,[::2]:2", ["http://u:a%40b@[::1]:1", "http://u:a%40b@[::2]:2"]),
    ],
)  # fmt: skip
def test_each_host_has_a_url_of_its_own(url: str, hosts: list[str]) -> None:
    assert list(each_host(url)) == hosts


@pytest.mark.rule("R29", "R56")
@pytest.mark.parametrize(
    ("url", "is_exposed", "in_earnest", "in_a_sandbox"),
    [
        ("https://partner.example/api", False, False, False),
        ("http://partner.example/api", True, True, True),
        ("http://127.0.0.1:9100", False, True, False),
        ("http://[::1]:9100", False, True, False),
        ("http://localhost.partner.example", True, True, True),
        ("amqp:", False, False, False),
        ("amqp://u:p@127.0.0.1,other/%2F", True, True, True),
        ("amqp://u:p@127.0.0.1/%2F", False, False, False),
        ("amqps://u:p@broker/%2F", False, False, False),
        ("file:///srv/drop", False, False, False),
        ("memory://", False, False, False),
    ],
)
def test_which_address_may_not_be_used(url: str, is_exposed: bool, in_earnest: bool, in_a_sandbox: bool) -> None:
    assert exposed(url) is is_exposed
    assert (plain_partner(url, False), plain_partner(url, True)) == (in_earnest, in_a_sandbox)
