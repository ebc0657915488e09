"""The health insurance system (医療保険システム): XML over HTTP, one answer per inquiry."""

from connectors.http import KeyedConnector, xml_operation
from hub.ports.connector import ConnectorSettings

ECHOES = ("inquiry_number", "addressee_number", "reference_date")  # an answer about anybody else is refused
OPERATIONS = {
    "health_insurance.inquiry": xml_operation("/inquiries", "health_insurance.answer", echoes=ECHOES),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
