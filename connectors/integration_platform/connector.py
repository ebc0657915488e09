"""The system integration platform (システム連携基盤): XML over HTTP."""

from connectors.http import KeyedConnector, xml_operation
from connectors.integration_platform.provision import PROVISION
from hub.ports.connector import ConnectorSettings

OPERATIONS = {
    "integration_platform.resident_change": xml_operation("/residents", "integration_platform.resident_accepted"),
    "integration_platform.numbering_request": xml_operation(
        "/numbering", "integration_platform.numbering_assigned", "integration_platform.numbering_reused"
    ),
    # with 個人番号 it is answered as a 付番依頼 is, and leads to the same
    "integration_platform.nonresident": xml_operation(
        "/nonresidents",
        "integration_platform.nonresident_recorded",
        "integration_platform.numbering_assigned",
        "integration_platform.numbering_reused",
    ),
    "integration_platform.protection_measure": xml_operation(
        "/protection-measures", "integration_platform.no_auto_answer"
    ),
    "integration_platform.provision_copy": xml_operation("/copies", "integration_platform.copy_resolved"),
    "integration_platform.network_inquiry": xml_operation(
        "/network-inquiries",
        "integration_platform.network_inquiry_resolved",
        echoes=("record_number", "addressee_number", "provider", "data_item"),
    ),
    "integration_platform.network_result": xml_operation(
        "/network-results",
        "integration_platform.network_result_resolved",
        echoes=("record_number", "provider", "data_item"),
    ),
    "integration_platform.provision_request": PROVISION,
    "integration_platform.no_auto_answer_held": xml_operation("/no-auto-answer-held"),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
