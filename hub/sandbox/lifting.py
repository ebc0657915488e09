"""Two synthetic persons lift what its source has released. Until then no partner may have been told to let go of it."""

from collections.abc import Callable

from hub.sandbox import ledgers
from hub.sandbox.report import Expectation
from hub.sandbox.scene import Scene


def lift(scene: Scene, rest: Callable[[], None]) -> list[Expectation]:
    """Nothing where nothing is held. Raises TimeoutError as `rest` does."""
    held = scene.hub.held()
    if not held:
        return []
    written = {name: partner.ledger() for name, partner in scene.partners.items()}
    early = {effect.key for effect in ledgers.effects(written)} & {hold.message_id for hold in held}
    lifted = scene.hub.lift_released()
    scene.hub.let_go(held)
    rest()
    return [
        Expectation.zero(f"what would have ended a protection ({len(held)} held) had reached nobody", len(early)),
        Expectation(f"two persons lifted {lifted} measures their source had released; what was held went out then",
                    not scene.hub.held()),
    ]  # fmt: skip
