"""The claims review and payment fund (支払基金): it hears what became of each of its files, as a file."""

from connectors.claims.files import told
from connectors.file_drop import FileDropConnector
from hub.ports.connector import ConnectorSettings

OPERATIONS = {"claims.result": told}


def create(settings: ConnectorSettings) -> FileDropConnector:
    """The connector of one configuration file."""
    return FileDropConnector(settings, OPERATIONS)
