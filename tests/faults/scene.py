"""F2 under faults: what is sent, and what the partners' own ledgers must say at the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from hub.client import Publication
from hub.sandbox.city import Change, City
from hub.sandbox.flows.resident_change import PURPOSE, SENDER, TYPE
from hub.sandbox.launcher import Partner, addresses
from hub.sandbox.letters import resident_change
from hub.sandbox.process import wait_until
from hub.topology import door_queue
from tests.installation import TIERS, Installation, own_config

# Short, as an abandoned send is let alone until the longest possible one would be over
CONNECT_TIMEOUT, READ_TIMEOUT = 0.5, 2.0
REST_SECONDS = 150.0


class Scene:
    """A hub and its partners. The judgement rests on the sender's list and the ledgers; the books come beside."""

    def __init__(self, hub: Installation, partners: Mapping[str, Partner]) -> None:
        self.hub, self.partners = hub, partners
        self.sent: list[tuple[Change, Publication]] = []
        self._changes: Iterator[Change] | None = None

    def set_up(self, store_url: str = "") -> None:
        """`renkei init`, addresses of the partners, short waits, `renkei topology apply`."""
        urls = "".join(f'{name} = "{url}"\n' for name, url in addresses(self.partners).items())
        store = f'store_url = "{store_url}"\n' if store_url else ""
        self.hub.init(f"batch = 20\nprefetch = 50\n{store}[urls]\n{urls}", TIERS)
        self.timeouts(CONNECT_TIMEOUT, READ_TIMEOUT)
        self.hub.apply()

    def timeouts(self, connect: float, read: float) -> None:
        """How long the hub waits for a partner."""
        folder = self.hub.root / "config"
        for file in ((folder if folder.exists() else own_config(self.hub)) / "connectors").glob("*.toml"):
            text = re.sub(r"(?m)^connect_timeout = .*$", f"connect_timeout = {connect}", file.read_text())
            file.write_text(re.sub(r"(?m)^read_timeout = .*$", f"read_timeout = {read}", text))

    def slow(self, seconds: float) -> None:
        """Partners take their time, so that a fault meets work in progress."""
        for partner in self.partners.values():
            partner.mode("latency", seconds=seconds)

    def publish(self, count: int, seed: int = 3) -> None:
        """So many changes of the resident registry, in order; many are later ones of the same persons.

        Called again, it goes on with the same persons.
        """
        self._changes = self._changes or self.changes(count, seed)
        changes = list(islice(self._changes, count))
        letters = [Publication(TYPE, resident_change(change), PURPOSE) for change in changes]
        self.sent += zip(changes, letters, strict=True)
        self.hub.publish(SENDER, letters)

    def changes(self, count: int, seed: int = 3) -> Iterator[Change]:
        """What `publish` takes its changes from where it is first called for so many."""
        return City(seed=seed, persons=max(20, count // 3)).changes()

    def effects(self, name: str) -> list[dict[str, Any]]:
        """What a partner did, in its own order."""
        return [entry for entry in self.partners[name].ledger() if entry["effect"]]

    def await_effects(self, count: int) -> None:
        """Wait until both partners together have done so much: the fault comes in mid-run."""
        wait_until(lambda: sum(len(self.effects(name)) for name in self.partners) >= count, f"{count} effects", 60)

    def books(self) -> dict[str, Any]:
        found: dict[str, Any] = self.hub.json("reconcile")
        return found

    def at_rest(self) -> bool:
        """All that was sent is taken in, and nothing is on its way."""
        store, broker = self.hub.app.store, self.hub.app.broker
        balances = {one.hop: one for one in store.balances()}
        taken = balances.get(f"intake.{SENDER}")
        if taken is None or taken.accepted < len(self.sent) or broker.depth(door_queue(SENDER)):
            return False
        return all(one.accepted == sum(one.ends.values()) + one.dead for one in balances.values())

    def await_rest(self) -> None:
        wait_until(self.at_rest, "everything has its end", REST_SECONDS)

    def judge(self) -> None:
        """The ledgers say so, and the books match."""
        self.judge_ledgers()
        books = self.books()
        assert books["matches"]
        assert books["queued"] == 0
        assert {hop["dead"] for hop in books["hops"]} == {0}
        assert {hop["leased"] for hop in books["hops"]} == {0}

    def judge_ledgers(self) -> None:
        """Every change took effect at both partners exactly once and in order, or a newer one did."""
        newest: dict[str, int] = {}
        for change, _ in self.sent:
            person = change.resident.addressee_number
            newest[person] = max(newest.get(person, 0), change.history_number)
        for name in self.partners:
            effects = self.effects(name)
            assert repeated(entry["key"] for entry in effects) == [], f"{name}: an effect under the same key twice"
            assert repeated((entry["operation"], entry["record"], entry["version"]) for entry in effects) == []
            assert [entry for entry in effects if entry["reordered"] or entry["violation"]] == [], name
            last: dict[str, int] = {}
            for entry in effects:
                assert entry["version"] > last.get(entry["record"], 0), f"{name}: an older state over a newer one"
                last[entry["record"]] = entry["version"]
            # the ledger knows persons by a hash of its own: compare how many persons stand at which version
            assert Counter(last.values()) == Counter(newest.values()), f"{name}: not everybody's newest state is there"
            done = {entry["correlation_id"] for entry in effects}
            missing = [change for change, letter in self.sent if letter.message_id not in done]
            assert all(change.history_number < newest[change.resident.addressee_number] for change in missing)


def repeated(values: Any) -> Sequence[object]:
    """What occurs more than once."""
    return [value for value, count in Counter(values).items() if count > 1]
