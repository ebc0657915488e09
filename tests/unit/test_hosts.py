"""URLs of several hosts."""

import pytest

from hub.hosts import each_host


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
