"""The medical subsidy for single-parent families (ひとり親家庭等医療費助成): XML over HTTP, each one acknowledged."""

from connectors.http import KeyedConnector, xml_operation
from hub.ports.connector import ConnectorSettings

ECHOES = ("transfer_number", "addressee_number")  # a receipt about anybody else is refused
OPERATIONS = {
    "single_parent_subsidy.transfer": xml_operation("/transfers", "single_parent_subsidy.receipt", echoes=ECHOES),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
