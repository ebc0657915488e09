"""What comes in with a form: bounded, and only from a page of ours."""

import hmac
import secrets
import unicodedata
from collections.abc import Mapping
from hashlib import sha256

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from hub.errors import Refused

FIELD = "form_key"
MOST_BYTES = 256 * 1024
_MOST_FIELDS = 2000
LONGEST_TEXT = 2000


def new_visit() -> str:
    """What a browser keeps so that its forms can be told from those of others."""
    return secrets.token_urlsafe(24)


def key(visit: str, token: str) -> str:
    """What a form carries: nobody without both cookies can know it. `token`: of the session, "" before signing in."""
    return hmac.digest(visit.encode(), b"form\0" + token.encode(), sha256).hex()


async def read(request: Request) -> FormData:
    """The form. Raises Refused `console.form` when it is too large or carries a file."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MOST_BYTES:
        raise Refused("console.form", f"a form has at most {MOST_BYTES} bytes and says how many")
    found = await request.form(max_files=0, max_fields=_MOST_FIELDS, max_part_size=MOST_BYTES)
    if any(isinstance(value, UploadFile) for value in found.values()):
        raise Refused("console.form", "a form carries no files")
    return found


def verify(headers: Mapping[str, str], visit: str, token: str, given: object) -> None:
    """Raises Refused `console.form` unless it was sent from a page of this console, in this session."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused("console.form", "it was sent from another site")
    if not visit or not isinstance(given, str) or not hmac.compare_digest(key(visit, token).encode(), given.encode()):
        raise Refused("console.form", "its page is older than the session")


def text(form: FormData, name: str) -> str:
    """A field without surrounding white space, "" where it is not there."""
    value = form.get(name, "")
    return value.strip()[:LONGEST_TEXT] if isinstance(value, str) else ""


def number(form: FormData, name: str) -> int | None:
    """Digits, full-width or not; None where there is none. Raises Refused `console.number`."""
    typed = unicodedata.normalize("NFKC", text(form, name)).replace(",", "")
    if not typed:
        return None
    if not typed.isdecimal() or len(typed) > 9:
        raise Refused("console.number", f"field {name}: a whole number, full-width or not")
    return int(typed)
