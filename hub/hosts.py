"""Addresses of a cluster: one URL that names several hosts, "amqp://user:password@one:5672,two:5672/%2F"."""

from urllib.parse import urlsplit, urlunsplit


def each_host(url: str) -> tuple[str, ...]:
    """One URL for each host, in the order given; just the URL where it names one."""
    parts = urlsplit(url)
    login, at, places = parts.netloc.rpartition("@")
    return tuple(urlunsplit(parts._replace(netloc=f"{login}{at}{place}")) for place in places.split(","))
