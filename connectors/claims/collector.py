"""What the fund lays out: the claims of a month."""

from connectors.claims.files import BATCH, claimed
from connectors.file_drop import FileTray
from hub.ports.connector import ConnectorSettings


def create(settings: ConnectorSettings) -> FileTray:
    """The collector of one configuration file."""
    return FileTray(settings, BATCH, claimed)
