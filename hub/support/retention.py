"""Deleting what is kept no longer, as staff do it: list, confirm, delete, confirm the result (F27, R61)."""

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.retention import Batch, BatchState
from hub.ports.store import Store

PAGE = 500
_DAY_US = 86_400_000_000


def found(store: Store, batch_id: int) -> Batch:
    """Raises Refused `retention.unknown`."""
    batch = store.batch(batch_id)
    if batch is None:
        raise Refused("retention.unknown", f"there is no batch {batch_id}")
    return batch


def list_targets(store: Store, days: int, who: str) -> Batch:
    """What was closed more than `days` ago. Nothing is deleted. Raises Refused `retention.nothing`."""
    now = now_us()
    batch = found(store, store.list_batch(now - days * _DAY_US, who, now))
    if not batch.targets.total:
        store.move_batch(batch.id, [BatchState.LISTED], BatchState.CANCELLED, who, now, "nothing to delete")
        raise Refused("retention.nothing", f"nothing was closed more than {days} days ago; {batch.blocked} are blocked")
    return batch


def confirm(store: Store, batch_id: int, who: str) -> Batch:
    """Delete it, page by page. After an interruption, confirm it again. Raises Refused `retention.state`."""
    batch = found(store, batch_id)
    confirmed = (
        batch.state is BatchState.CONFIRMED
        or store.move_batch(batch_id, [BatchState.LISTED], BatchState.CONFIRMED, who, now_us())
    )  # fmt: skip
    if not confirmed:
        raise _in_another_state(store, batch_id)
    while store.delete_page(batch_id, PAGE):
        pass
    store.move_batch(batch_id, [BatchState.CONFIRMED], BatchState.DELETED, who, now_us())
    return found(store, batch_id)


def accept(store: Store, batch_id: int, who: str, note: str) -> Batch:
    """Somebody has compared the result with the list. Raises Refused `retention.state`."""
    if not store.move_batch(batch_id, [BatchState.DELETED], BatchState.ACCEPTED, who, now_us(), note):
        raise _in_another_state(store, batch_id)
    return found(store, batch_id)


def cancel(store: Store, batch_id: int, who: str, note: str) -> Batch:
    """Nothing is deleted. Raises Refused `retention.state`."""
    if not store.move_batch(batch_id, [BatchState.LISTED], BatchState.CANCELLED, who, now_us(), note):
        raise _in_another_state(store, batch_id)
    return found(store, batch_id)


def _in_another_state(store: Store, batch_id: int) -> Refused:
    return Refused("retention.state", f"batch {batch_id} is {found(store, batch_id).state.value}")
