"""What to do after a failed send: a pure function of error, message, policy and the connector's idempotency."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.errors import InDoubt, Late, Pending, Refused, RenkeiError, Retryable, Unavailable
from hub.message import Message
from hub.ports.connector import Idempotency
from hub.ports.store import Progress
from hub.topology import tier_ms

# A message that met an unreachable partner this often, each time while others got through, is itself the cause.
MOST_WAITS = 10


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`tiers`: delay tiers, shortest first (`hub.topology.tier_ms`); `attempts`: sends per round, with the first.

    `polls`: questions after a result that is not there yet, per message.
    """

    tiers: Sequence[str]
    attempts: int
    polls: int


@dataclass(frozen=True, slots=True)
class Decision:
    """`tier` is set for RETRY and WAIT. `in_doubt`: the partner may have acted; the next send must take care."""

    outcome: Progress
    code: str
    tier: str | None = None
    in_doubt: bool = False


def decide(
    error: RenkeiError, message: Message, policy: RetryPolicy, idempotency: Idempotency, probing: bool
) -> Decision:
    """Decide after `error` on the send of `message`. `probing`: it was the one send through an open circuit."""
    if isinstance(error, InDoubt):
        if idempotency == "none" or _spent(message, policy):
            # after a replay, a partner that can be asked is asked first; for one that cannot, a person has asked
            return Decision(Progress.DEAD, "deliver.in_doubt", in_doubt=idempotency != "key")
        return Decision(Progress.RETRY, error.code, _tier(message, policy, None), in_doubt=True)
    if isinstance(error, Pending):
        # the next send asks first, or sends the same key: the partner never gets a second request (R33)
        if idempotency == "none" or message.polls >= policy.polls:
            return Decision(Progress.DEAD, error.code, in_doubt=idempotency != "key")
        tier = _longer(message.polls, policy, error.retry_after)
        return Decision(Progress.WAIT, error.code, tier, in_doubt=True)
    if not isinstance(error, Retryable):
        # an unreadable answer, or a bug of ours after the send: the partner may have acted, so a replay asks first
        acted = not isinstance(error, Refused) or error.code == "reply.invalid"
        return Decision(Progress.DEAD, error.code, in_doubt=acted and idempotency != "key")
    if isinstance(error, Unavailable) and (probing or message.waits < MOST_WAITS):
        return Decision(Progress.WAIT, error.code, policy.tiers[0])
    if _spent(message, policy):
        return Decision(Progress.DEAD, "deliver.exhausted")
    return Decision(Progress.RETRY, error.code, _tier(message, policy, error.retry_after))


def late(error: Late, policy: RetryPolicy, prior_in_doubt: bool) -> Decision:
    """Nothing was sent and nothing is learnt of the partner: round through the shortest tier, doubt kept."""
    return Decision(Progress.WAIT, error.code, policy.tiers[0], in_doubt=prior_in_doubt)


def _spent(message: Message, policy: RetryPolicy) -> bool:
    return message.attempt - message.base >= policy.attempts


def _tier(message: Message, policy: RetryPolicy, retry_after: float | None) -> str:
    return _longer(message.attempt - message.base - 1, policy, retry_after)


def _longer(before: int, policy: RetryPolicy, retry_after: float | None) -> str:
    """The tier after `before` earlier ones, or a longer one that respects the partner's wish, or the longest."""
    position = min(before, len(policy.tiers) - 1)
    if retry_after is not None:
        while position < len(policy.tiers) - 1 and tier_ms(policy.tiers[position]) < retry_after * 1000:
            position += 1
    return policy.tiers[position]
