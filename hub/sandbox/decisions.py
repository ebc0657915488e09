"""What the two synthetic persons of the demo decide: on protections their sources have released, and on holds.

Until then no partner may have been told to let go of a protection, or anything about a protected person.
"""

from collections.abc import Callable, Sequence

from hub.sandbox import ledgers
from hub.sandbox.flow import Sending
from hub.sandbox.report import Expectation
from hub.sandbox.scene import Scene

LOWERS = "fence.lowers"


def decide(scene: Scene, sendings: Sequence[Sending], rest: Callable[[], None]) -> list[Expectation]:
    """Lift what was released and release what was held for that; let go of what may go, refuse the rest.

    Nothing where nothing is held. Raises TimeoutError as `rest` does.
    """
    hub, held = scene.hub, scene.hub.held()
    if not held:
        return []
    written = {name: partner.ledger() for name, partner in scene.partners.items()}
    early = {effect.key for effect in ledgers.effects(written)} & {hold.message_id for hold in held}
    agreed = {each.publication.message_id for each in sendings if each.protects and each.fate == "effect"}
    protected = {each.publication.message_id for each in sendings if each.protects}
    astray = [hold for hold in held if hold.code != LOWERS and hold.correlation_id not in protected]
    lifted = hub.lift_released()
    for hold in held:
        if hold.code == LOWERS or hold.correlation_id in agreed:
            hub.let_go(hold)
        else:
            hub.refuse(hold)
    rest()
    lowering = sum(hold.code == LOWERS for hold in held)
    return [
        Expectation.zero(f"nothing of what was held ({len(held)} messages) had reached anybody", len(early)),
        Expectation("nothing was held but what concerns protected persons", not astray,
                    "; ".join(sorted({f"{hold.code} at {hold.hop}: {hold.type}" for hold in astray}))),
        Expectation(f"two persons agreed to lift {lifted} measures; {lowering} messages that end one went out then",
                    not hub.held()),
    ]  # fmt: skip
