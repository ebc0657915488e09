"""Shared transport: requests to one partner over HTTP, with every failure named."""

from connectors.http.client import HttpClient
from connectors.http.endpoint import Response
from connectors.http.keyed import KeyedConnector, Operation, xml_operation

__all__ = ["HttpClient", "KeyedConnector", "Operation", "Response", "xml_operation"]
