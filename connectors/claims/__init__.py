"""The claims review and payment fund (社会保険診療報酬支払基金)."""
