"""Workers: they take deliveries, have them decided, and settle them. Settling is the only code that acks."""
