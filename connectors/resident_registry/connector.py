"""The resident registry (住民記録システム): XML over HTTP."""

from connectors.http import KeyedConnector, xml_operation
from hub.ports.connector import ConnectorSettings

OPERATIONS = {
    "resident_registry.processing_number": xml_operation("/processing-numbers"),
    "resident_registry.number_links_applied": xml_operation("/number-links-applied"),
    "resident_registry.full_set_request": xml_operation("/full-set-requests"),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
