"""Adapters that speak the wire of one partner each, found by discovery."""
