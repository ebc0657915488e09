"""RabbitMQ's management API: policies, users and rights are written there, by an administrator."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import urllib3

from hub.hosts import each_host
from hub.ports.tls import Tls


class ManagementError(RuntimeError):
    """The API answered with an error; `status` is the HTTP status, 0 where none came."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Management:
    """The API at an address of the form `http://user:password@host:port`, or `host:port,host:port` for a cluster.

    `tls`: for an address `https`; without it whom the system trusts. Raises ConfigError `config.tls_file`.
    """

    def __init__(self, url: str, tls: Tls | None = None) -> None:
        parts = urlsplit(url)
        self._tls = tls or Tls()
        self._bases = [_base(each) for each in each_host(url)]
        credentials = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        self._pool = urllib3.PoolManager(
            headers=urllib3.make_headers(basic_auth=credentials),
            timeout=urllib3.Timeout(connect=2, read=30),
            retries=False,
            ssl_context=self._tls.context() if parts.scheme == "https" else None,
        )

    def as_user(self, user: str, password: str) -> Management:
        """The same API for another user."""
        scheme = self._bases[0].partition("://")[0]
        places = ",".join(base.partition("://")[2] for base in self._bases)
        return Management(f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{places}", self._tls)

    def date(self) -> float:
        """The clock there, in whole seconds since 1970. Raises ManagementError: no answer, or one without a date."""
        answer = self._request("GET", "overview", None)
        try:
            return parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except (KeyError, TypeError, ValueError):
            raise ManagementError("GET overview: no date", 0) from None

    def call(self, method: str, *path: str, body: dict[str, Any] | None = None) -> Any:
        """Call `/api/<path>` and return the decoded answer, None where it is empty.

        Path elements are quoted here, so a vhost may be named `/`.

        Raises:
            ManagementError: no answer, or a status of 400 and above.
        """
        answer = self._request(method, "/".join(quote(each, safe="") for each in path), body)
        if answer.status >= 400:
            text = answer.data[:500].decode(errors="replace")
            raise ManagementError(f"{method} {'/'.join(path)}: {answer.status} {text}", answer.status)
        return answer.json() if answer.data else None

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> urllib3.BaseHTTPResponse:
        """Ask the first host that answers. All that is written through the API may be written twice."""
        last: urllib3.exceptions.HTTPError | None = None
        for base in self._bases:
            try:
                return self._pool.request(method, f"{base}/api/{path}", json=body)
            except urllib3.exceptions.HTTPError as error:
                last = error
        raise ManagementError(f"{method} {path}: {type(last).__name__}", 0) from last

    def add_vhost(self, vhost: str, user: str, password: str) -> None:
        """Create a vhost with an administrator who has every right in it."""
        self.call("PUT", "vhosts", vhost, body={})
        self.call("PUT", "users", user, body={"password": password, "tags": "administrator"})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self.call("PUT", "permissions", vhost, user, body=everything)

    def remove_vhost(self, vhost: str, user: str) -> None:
        """Delete a vhost with all in it, and its administrator."""
        self.call("DELETE", "vhosts", vhost)
        self.call("DELETE", "users", user)

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.clear()


def _base(url: str) -> str:
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or 15672}"
