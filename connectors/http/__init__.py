"""Shared transport: requests to one partner over HTTP, with every failure named."""

from connectors.http.client import HttpClient, Response

__all__ = ["HttpClient", "Response"]
