"""Shared transport: files handed over in folders both sides see, complete or not at all."""

from connectors.file_drop.cp932 import read_records, write_records
from connectors.file_drop.drop import FileDropConnector
from connectors.file_drop.tray import FileTray

__all__ = ["FileDropConnector", "FileTray", "read_records", "write_records"]
