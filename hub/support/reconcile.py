"""Promise 1, computed: what came in equals what ended plus what is in progress, from different tables."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from hub.ports.broker import Broker
from hub.ports.store import Balance, Store
from hub.topology import Topology


@dataclass(frozen=True, slots=True)
class Account:
    """One hop's balance. `unaccounted` = accepted - ends - dead - waiting - held: what the broker must still have."""

    balance: Balance

    @property
    def unaccounted(self) -> int:
        kept = self.balance.dead + self.balance.waiting + self.balance.held
        return self.balance.accepted - sum(self.balance.ends.values()) - kept


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """`queued`: messages in work and retry queues.

    When traffic is at rest, `unaccounted` of all hops together equals `queued`: `matches` says so. Under traffic,
    messages move between the two counts, and what workers have in hand is in no queue: the difference is noise.
    """

    accounts: tuple[Account, ...]
    queued: int

    @property
    def unaccounted(self) -> int:
        return sum(account.unaccounted for account in self.accounts)

    @property
    def matches(self) -> bool:
        return self.unaccounted == self.queued and all(account.unaccounted >= 0 for account in self.accounts)

    @property
    def difference(self) -> int:
        """Messages by which the two sides differ, 0 where they agree."""
        below = sum(-account.unaccounted for account in self.accounts if account.unaccounted < 0)
        return max(abs(self.unaccounted - self.queued), below)


def reconcile(store: Store, broker: Broker, topology: Topology) -> Reconciliation:
    """Compare the store's accounts with what the broker's queues hold.

    A message at a partner's door is not accepted yet and belongs to neither side.
    """
    lanes = [queue.name for queue in topology.queues if _holds_accepted(queue.name)]
    return Reconciliation(
        accounts=tuple(Account(balance) for balance in store.balances()),
        queued=sum(broker.depth(queue) for queue in lanes),
    )


def note(file: Path, found: Reconciliation, now: int) -> None:
    """Write down for the metrics of this host's processes what was found, and when (microseconds). Raises OSError."""
    fresh = file.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(json.dumps({"at": now, "difference": found.difference}), encoding="utf-8")
    fresh.replace(file)


def noted(file: Path) -> tuple[int, int] | None:
    """When books and broker were last compared on this host, and by how many messages they differed."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return int(found["at"]), int(found["difference"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _holds_accepted(queue: str) -> bool:
    return queue.startswith(("delivery.", "retry.")) or queue.endswith(".hub")
