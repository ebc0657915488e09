"""What tells the simulated PMH which municipality asks (R34). Synthetic, and no secret."""

from hashlib import sha256

from hub.sandbox.addresses import CITY_CODE

NEIGHBOUR = "141003"  # 横浜市
MUNICIPALITIES = (CITY_CODE, NEIGHBOUR)


def credential(municipality: str) -> str:
    """The token of this municipality."""
    return f"sandbox-{sha256(f'PMH {municipality}'.encode()).hexdigest()[:32]}"
