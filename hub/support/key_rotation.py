"""Another master key in place of the one in use, while everything goes on (R56).

Whatever ends this in between leaves every data key under a master key that is still there: what was wrapped anew stays
so, and the next run goes on with the rest. The earlier key is put aside only when nothing is wrapped under it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from cryptography.exceptions import InvalidTag

from hub.clock import now_us
from hub.errors import Refused
from hub.home import Home
from hub.master_key import KeyRing, create_master_key, load_master_key
from hub.ports.store import Store
from hub.seal import Sealer

BATCH = 500  # data keys of one commit
_log = structlog.get_logger("hub.keys")


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` data keys are under the current master key; `lost`: no master key here opens them."""

    master: str
    done: int
    total: int
    lost: int = 0


def make_successor(home: Home, ring: KeyRing) -> str:
    """Write keys/master.new.key, to be copied to every host first. Returns its id. Raises Refused `keys.waiting`."""
    try:
        create_master_key(home.next_master_key, ring.newest.successor())
    except FileExistsError:
        raise Refused("keys.waiting", "keys/master.new.key is there already") from None
    return load_master_key(home.next_master_key).id


def rotate(
    store: Store, sealer: Sealer, ring: KeyRing, told: Callable[[Progress], None], batch: int = BATCH
) -> Progress:
    """Wrap every data key under the newest master key of the ring. To be run again after an interruption.

    Raises Refused `keys.no_successor` where the newest one is the current one and nothing is left to be done,
    StoreUnavailable.
    """
    current = store.current_master(ring.first.id)
    if current == ring.newest.id and not store.keys_to_rewrap(0, 1) and len(ring.keys) == 1:
        raise Refused("keys.no_successor", f"everything is wrapped under {current}, and there is no newer key")
    if store.rotate_master(ring.newest.id, now_us()):
        _log.info("key_rotation_begun", master=ring.newest.id)
    after, lost = 0, 0
    while page := store.keys_to_rewrap(after, batch):
        pairs = []
        for _, key in page:
            try:
                pairs.append((key, sealer.rewrapped(key, ring.newest)))
            except InvalidTag:
                lost += 1
                _log.error("data_key_unreadable", key=key.key_id)
        store.rewrap(pairs)
        after = page[-1][0]
        told(_progress(store, ring, lost))
    for key_id in store.retire_masters(now_us()):
        _log.info("master_key_retired", master=key_id)
    return _progress(store, ring, lost)


def put_aside(home: Home) -> str | None:
    """The new key's file takes the place of the earlier one, which stays beside it under its id; returns that id.

    None where there is no new file. There is no moment without a keys/master.key.
    """
    if not home.next_master_key.exists():
        return None
    earlier = load_master_key(home.master_key)
    if earlier.id != load_master_key(home.next_master_key).id:
        with suppress(FileExistsError):
            home.earlier_master_key(earlier.id).hardlink_to(home.master_key)
    home.next_master_key.replace(home.master_key)
    return earlier.id


def _progress(store: Store, ring: KeyRing, lost: int) -> Progress:
    held = {one.id: one.keys for one in store.masters()}
    return Progress(ring.newest.id, held.get(ring.newest.id, 0), sum(held.values()), lost)
