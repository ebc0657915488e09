"""The medical subsidy for severe disability (重度障害者医療費助成): XML over HTTP, each one acknowledged."""

from connectors.http import KeyedConnector, xml_operation
from hub.ports.connector import ConnectorSettings

ECHOES = ("transfer_number", "addressee_number")  # a receipt about anybody else is refused
OPERATIONS = {
    "disability_subsidy.transfer": xml_operation("/transfers", "disability_subsidy.receipt", echoes=ECHOES),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
