"""The application management system (申請管理システム): XML over HTTP."""

from connectors.application_management import gap
from connectors.http import KeyedConnector, xml_operation
from hub.ports.connector import ConnectorSettings

APPLIED = "application_management.number_links_applied"
CASE = ("reception_number", "record_version")  # an answer about another case is refused
OPERATIONS = {
    "application_management.number_links": xml_operation(
        "/number-links", APPLIED, echoes=["sequence_number"], objection=gap.objection
    ),
    "application_management.number_link_set": xml_operation("/number-link-sets", APPLIED),
    "application_management.registered_record": xml_operation(
        "/registered-records", "application_management.matched", "application_management.mismatched", echoes=CASE
    ),
    "application_management.registration_closing": xml_operation(
        "/registration-closings", "application_management.closing_decided", echoes=CASE
    ),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
