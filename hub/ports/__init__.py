"""The hub's ports: what it needs from a broker, a store and a connector. Adapters implement, tests define them."""
