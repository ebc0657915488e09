"""The tax system (税務システム): inquiries one by one over AMQP, lists for the yearly renewal as files.

The address says which wire it is: two connectors of this kind, each with an address of its own.
"""

from connectors.amqp import AmqpConnector
from connectors.file_drop import FileDropConnector
from connectors.tax.lists import listed
from hub.ports.connector import Connector, ConnectorSettings

INQUIRIES = {"tax.income_inquiry": lambda document: document}
LISTS = {"tax.income_list": listed}


def create(settings: ConnectorSettings) -> Connector:
    """The connector of one configuration file."""
    if settings.url.startswith("file:"):
        return FileDropConnector(settings, LISTS)
    return AmqpConnector(settings, INQUIRIES)
