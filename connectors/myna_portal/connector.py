"""Myna Portal (マイナポータル): what becomes of applications, and what PMH says to it, as JSON over HTTP."""

from connectors.http import KeyedConnector, Operation
from connectors.http.json import JSON
from connectors.myna_portal import application_receipt, application_status, pseudonym_result, view
from hub.ports.connector import ConnectorSettings

OPERATIONS = {
    "myna_portal.application_status": Operation(
        "/applicationStatuses", JSON, application_status.encode, lambda _sent, _answer: ()
    ),
    "myna_portal.application_receipt": Operation(
        "/applicationReceipts", JSON, application_receipt.encode, lambda _sent, _answer: ()
    ),
    "myna_portal.pseudonym_result": Operation(
        "/pseudonymResults", JSON, pseudonym_result.encode, lambda _sent, _answer: ()
    ),
    "myna_portal.entitlements": Operation("/entitlements", JSON, view.encode_found, lambda _sent, _answer: ()),
    "myna_portal.view_denied": Operation("/viewsDenied", JSON, view.encode_denied, lambda _sent, _answer: ()),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
