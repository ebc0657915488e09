"""The application management system (申請管理システム): XML over HTTP."""

from connectors.application_management import gap
from connectors.http import KeyedConnector, xml_operation
from hub.ports.connector import ConnectorSettings

APPLIED = "application_management.number_links_applied"
OPERATIONS = {
    "application_management.number_links": xml_operation(
        "/number-links", APPLIED, echoes=["sequence_number"], objection=gap.objection
    ),
    "application_management.number_link_set": xml_operation("/number-link-sets", APPLIED),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
