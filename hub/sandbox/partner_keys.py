"""PMHキー that a simulated partner has in its books from before: they lie in its tray, which nobody fetches from."""

from collections.abc import Mapping

from hub.sandbox.partner import record_digest


def bound(number: str, key: str) -> tuple[str, bytes]:
    """Key and content of the tray for a 個人番号 that has a PMHキー."""
    return _place(number), key.encode()


def key_of(number: str, tray: Mapping[str, bytes]) -> str | None:
    """The PMHキー of a 個人番号, None where the books say nothing."""
    content = tray.get(_place(number))
    return None if content is None else content.decode()


def _place(number: str) -> str:
    return f"bound-{record_digest(number)}"
