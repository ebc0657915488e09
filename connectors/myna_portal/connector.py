"""Myna Portal (マイナポータル), サービス検索・電子申請機能: what becomes of an application, as JSON over HTTP."""

from connectors.http import KeyedConnector, Operation
from connectors.http.json import JSON
from connectors.myna_portal import application_receipt, application_status
from hub.ports.connector import ConnectorSettings

OPERATIONS = {
    "myna_portal.application_status": Operation(
        "/applicationStatuses", JSON, application_status.encode, lambda _sent, _answer: ()
    ),
    "myna_portal.application_receipt": Operation(
        "/applicationReceipts", JSON, application_receipt.encode, lambda _sent, _answer: ()
    ),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
