"""Addresses: several hosts in one URL, "amqp://user:password@one:5672,two:5672/%2F", and what is said in the clear."""

import ipaddress
from urllib.parse import urlsplit, urlunsplit

PLAIN_PARTNER = "its address is not TLS; write https://, or for simulated partners on this host sandbox = true"


def each_host(url: str) -> tuple[str, ...]:
    """One URL for each host, in the order given; just the URL where it names one."""
    parts = urlsplit(url)
    login, at, places = parts.netloc.rpartition("@")
    return tuple(urlunsplit(parts._replace(netloc=f"{login}{at}{place}")) for place in places.split(","))


def loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def exposed(url: str) -> bool:
    """True when an address leads to another host without TLS (R56)."""
    return urlsplit(url).scheme in ("http", "amqp") and any(
        not loopback(host) for each in each_host(url) if (host := urlsplit(each).hostname)
    )


def plain_partner(url: str, sandbox: bool) -> bool:
    """True when a partner's address may not be used (R29, R56).

    Over HTTP it is https, on this host too: whoever may start a process here could stand in the partner's place. Only
    the simulated partners of a sandbox are reached in the clear, on loopback.
    """
    return exposed(url) or (urlsplit(url).scheme == "http" and not sandbox)
