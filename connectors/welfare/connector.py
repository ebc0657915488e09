"""The welfare information system (福祉総合情報システム): XML over HTTP."""

from connectors.http import KeyedConnector, Operation, xml_operation
from connectors.http.xml import XML
from connectors.welfare import said
from hub.ports.connector import ConnectorSettings

OPERATIONS = {
    "welfare.resident_change": xml_operation("/messages/resident-change"),
    "welfare.numbering_result": xml_operation("/messages/numbering-result"),
    "welfare.nonresident_result": xml_operation("/messages/nonresident-result"),
    "welfare.copy_result": xml_operation("/messages/copy-result"),
    "welfare.network_answer": said.saying("/messages/network-answer", said.RECORD),
    "welfare.eligibility_result": Operation("/messages/eligibility-result", XML, bytes, said.of_result),
    "welfare.protection_notice": Operation("/messages/protection-notice", XML, bytes, said.of_notice),
    "welfare.assistance_answer": said.saying("/messages/assistance-answer", said.RECORD),
    "welfare.insurance_answer": said.saying("/messages/insurance-answer", said.RECORD),
    "welfare.income_answer": xml_operation("/messages/income-answer"),
    "welfare.income_list_answer": said.saying("/messages/income-list-answer", said.RECORD, said.INQUIRY),
    "welfare.claim_batch": xml_operation(
        "/claim-batches", "welfare.claim_result", echoes=("batch_number", "billing_month", "claim_count")
    ),
    "welfare.transfer_result": xml_operation("/messages/transfer-result"),
    "welfare.comparison_matched": xml_operation("/messages/comparison-matched"),
    "welfare.work_item": xml_operation("/work-items"),
    "welfare.closing_decision": xml_operation("/messages/closing-decision"),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
