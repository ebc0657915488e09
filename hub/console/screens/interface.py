"""接続仕様: what partners may publish and read here, and how, from the AsyncAPI description of this installation."""

from importlib.metadata import version
from typing import Any

from starlette.responses import Response

from hub.asyncapi import describe
from hub.console.page import Page
from hub.console.screen import sees
from hub.errors import Refused
from hub.ports.accounts import Right


def list_(page: Page) -> Response:
    """Every channel, with its messages."""
    document = _document(page)
    names = {channel: sorted(each["messages"]) for channel, each in document["channels"].items()}
    return page.show("interface.html", document=document, channels=document["channels"], names_in=names)


def message(page: Page) -> Response:
    """One message: headers and payload, which is an XML schema or, for the hub's answers, a JSON one."""
    document, name = _document(page), page.word("name")
    found = document["components"]["messages"].get(name)
    if found is None:
        raise Refused("message.unknown", "there is no such message type here")
    schemas = document["components"]["schemas"]
    return page.show(
        "interface_message.html", name=name, message=found, schema=schemas[name], headers=schemas["headers"]
    )


def _document(page: Page) -> dict[str, Any]:
    settings = page.app.settings
    return describe(
        page.app.registry, settings.tenant, settings.tiers, settings.max_body_bytes, version("renkei-hub")
    )  # fmt: skip


SCREENS = (
    sees("/interface", Right.WATCH, list_),
    sees("/interface/{name}", Right.WATCH, message),
)
