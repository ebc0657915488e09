"""One partner's HTTP endpoint. Every way a request can fail becomes one coded error; no body ever enters an error.

cannot connect, 503            → Unavailable  deliver.unavailable  nothing was done
no token to be had             → Unavailable  deliver.no_token     nothing was sent
429                            → Retryable    deliver.throttled    nothing was done
408, 425                       → Retryable    deliver.error        nothing was done
no answer, broken answer, 5xx  → InDoubt      deliver.in_doubt     it may have been done
4xx, 501, 505, redirect        → Refused      deliver.rejected     it will never be done
answer larger than the limit   → Refused      reply.invalid

A question (GET) changes nothing: all it meets but 404 is that it could not be asked.
"""

from collections.abc import Collection, Mapping

from connectors.http.endpoint import Endpoint, Response
from connectors.http.status import NotFound, Unauthorized
from connectors.http.tokens import Tokens
from hub.errors import InDoubt, Refused, Retryable
from hub.ports.connector import ConnectorSettings, SendContext


class HttpClient:
    """Requests to the host of `settings.url` only, with the credential, or with a token where there is `settings.oauth`
    (from the host of its address, which is of the connector's configuration as well). Thread-safe.

    Bounded in time as `Endpoint` says; with tokens four times that: a token, the request, and both anew after a 401.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._endpoint = Endpoint(settings.url, settings, settings.max_reply_bytes)
        self._credential = settings.credential
        self._tokens = None if settings.oauth is None else Tokens(settings.oauth, settings)

    def post(
        self,
        path: str,
        content: bytes,
        content_type: str,
        context: SendContext,
        headers: Mapping[str, str] | None = None,
        heard: Collection[int] = (),
    ) -> Response:
        """Send `content`. Raises as the module says, but for the statuses in `heard`: those are answers to be read."""
        every = {"Content-Type": content_type} | dict(headers or {})
        return self._request("POST", path, content, every, context, heard)

    def get(self, path: str, context: SendContext, headers: Mapping[str, str] | None = None) -> Response | None:
        """Ask; None for 404. Raises Unavailable, Retryable, and Refused `reply.invalid` for too large an answer."""
        try:
            return self._request("GET", path, None, dict(headers or {}), context)
        except NotFound:
            return None
        except InDoubt as error:
            raise Retryable("deliver.error", error.detail) from None
        except Refused as error:
            if error.code == "reply.invalid":
                raise
            raise Retryable("deliver.error", error.detail) from None

    def close(self) -> None:
        self._endpoint.close()
        if self._tokens is not None:
            self._tokens.close()

    def _request(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str], context: SendContext,
        heard: Collection[int] = (),
    ) -> Response:  # fmt: skip
        headers |= {"Idempotency-Key": context.key, "X-Correlation-Id": context.correlation_id}
        if context.traceparent:
            headers["traceparent"] = context.traceparent

        def ask(bearer: str) -> Response:
            every = headers | {"Authorization": f"Bearer {bearer}"} if bearer else headers
            return self._endpoint.request(method, path, content, every, context.answered, heard)

        if self._tokens is None:
            return ask(self._credential)
        token = self._tokens.current()
        try:
            return ask(token)
        except Unauthorized:  # it has ended before its time, or was withdrawn: the request was not looked at
            self._tokens.drop(token)
        return ask(self._tokens.current())
