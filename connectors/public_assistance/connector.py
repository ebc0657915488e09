"""The public assistance system (生活保護システム): XML over HTTP, one answer per inquiry."""

from connectors.http import KeyedConnector, xml_operation
from hub.ports.connector import ConnectorSettings

ECHOES = ("inquiry_number", "addressee_number", "reference_date")  # an answer about anybody else is refused
OPERATIONS = {
    "public_assistance.inquiry": xml_operation("/inquiries", "public_assistance.answer", echoes=ECHOES),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
