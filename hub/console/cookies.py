"""The three cookies: session, visit and language. No script can read them, no other site can send them."""

from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from hub.console.texts import LANGUAGES

LANGUAGE = "renkei-language"
_STRICT: Literal["strict"] = "strict"
_YEAR = 365 * 24 * 3600


class Jar:
    """`secure`: over TLS, where the names bind the cookies to this very host."""

    def __init__(self, secure: bool) -> None:
        self._secure = secure
        prefix = "__Host-" if secure else ""
        self._session, self._visit = f"{prefix}renkei-session", f"{prefix}renkei-visit"

    def token(self, request: Request) -> str:
        return request.cookies.get(self._session, "")

    def visit(self, request: Request) -> str:
        return request.cookies.get(self._visit, "")

    def keep_visit(self, request: Request, response: Response, visit: str) -> None:
        """Until the browser is closed."""
        if self.visit(request) != visit:
            response.set_cookie(self._visit, visit, **self._manner())

    def keep_token(self, response: Response, token: str) -> None:
        """Until the browser is closed; the store ends the session long before."""
        response.set_cookie(self._session, token, **self._manner())

    def drop_token(self, response: Response) -> None:
        response.delete_cookie(self._session, **self._manner())

    def keep_language(self, response: Response, language: str) -> None:
        if language in LANGUAGES:
            response.set_cookie(LANGUAGE, language, max_age=_YEAR, **self._manner())

    def _manner(self) -> dict[str, Any]:
        return {"path": "/", "secure": self._secure, "httponly": True, "samesite": _STRICT}
