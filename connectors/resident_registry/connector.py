"""The resident registry (住民記録システム): XML over HTTP."""

from connectors.http import KeyedConnector, xml_operation
from hub.ports.connector import ConnectorSettings

OPERATIONS = {
    "resident_registry.processing_number": xml_operation("/processing-numbers"),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
