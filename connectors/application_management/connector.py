"""The application management system (申請管理システム): XML over HTTP."""

from collections.abc import Sequence

from connectors.application_management import examination, gap, intake
from connectors.http import KeyedConnector, xml_operation
from hub.ports.connector import ConnectorSettings, Reply, SendContext, Wire

APPLIED = "application_management.number_links_applied"
CASE = ("reception_number", "record_version")  # an answer about another case is refused
OPERATIONS = {
    "application_management.number_links": xml_operation(
        "/number-links", APPLIED, echoes=["sequence_number"], objection=gap.objection
    ),
    "application_management.number_link_set": xml_operation("/number-link-sets", APPLIED),
    "application_management.registered_record": xml_operation(
        "/registered-records",
        "application_management.matched",
        "application_management.mismatched",
        echoes=CASE,
        objection=examination.objection,
    ),
    "application_management.registration_closing": xml_operation(
        "/registration-closings",
        "application_management.closing_decided",
        echoes=CASE,
        objection=examination.objection,
    ),
}


class ApplicationManagement(KeyedConnector):
    """Implements `hub.ports.connector.Connector`. An application goes in with its attachments."""

    def encode(self, operation: str, document: bytes) -> Wire:
        return intake.encode(document) if operation == intake.APPLICATION else super().encode(operation, document)

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        if wire.operation == intake.APPLICATION:
            return intake.send(self._http, wire, context)
        return super().send(wire, context)


def create(settings: ConnectorSettings) -> ApplicationManagement:
    """The connector of one configuration file."""
    return ApplicationManagement(settings, OPERATIONS)
