"""What the tax system lays out: the answers to the lists of the yearly renewal."""

from connectors.file_drop import FileTray
from connectors.tax.lists import ANSWERS, answered
from hub.ports.connector import ConnectorSettings


def create(settings: ConnectorSettings) -> FileTray:
    """The collector of one configuration file."""
    return FileTray(settings, ANSWERS, answered)
