"""The hub under demonstration: all that the demo asks of the product, wherever it runs."""

import re
import shutil
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hub.app import App
from hub.client import Publication
from hub.clock import now_us
from hub.fence import ANCHOR
from hub.installation import init_home
from hub.ports.holds import Hold, HoldState
from hub.ports.persons import PersonRef
from hub.ports.store import DeadFilter, DeadLetter, JournalEntry
from hub.sandbox import authority, partner_tokens
from hub.sandbox.addresses import CITY_CODE
from hub.sandbox.credentials import credential
from hub.support import fences, holds
from hub.support.reconcile import reconcile
from hub.support.replay import replay

TIERS = ("200ms", "500ms", "1s", "2s", "5s")  # nobody wants to watch an hour's delay
# Partners are on loopback. Together they bound a lease, and with it how long a crash keeps messages waiting.
CONNECT_TIMEOUT, READ_TIMEOUT = 0.5, 2.0
COLLECT_EVERY = 0.2
WHO = "demo"
MOST_HELD = 100_000
CLERK, SUPERVISOR = "synthetic-clerk", "synthetic-supervisor"


class DemoHub(ABC):
    """One installation in a directory of its own. `urls`: addresses of the simulated partners by connector name."""

    def __init__(self, root: Path, urls: Mapping[str, str]) -> None:
        self.app = App(root)
        self._urls = urls

    @abstractmethod
    def start(self) -> None:
        """Set up and start; returns when the hub takes messages."""

    @abstractmethod
    def publish(self, partner: str, publications: Sequence[Publication]) -> None:
        """Publish as a partner; returns when all are confirmed."""

    @abstractmethod
    def crash(self) -> int:
        """Kill the delivery process with SIGKILL and start it again; how many sends were in flight when it died."""

    @abstractmethod
    def addresses(self) -> Mapping[str, str]:
        """Where people can look, by what is there."""

    def partner_url(self, partner: str) -> str:
        """The broker's address for a partner's own user; "" where there is none."""
        return ""

    @abstractmethod
    def stop(self) -> None:
        """End what was started here, also where `start` did not come to its end."""

    @property
    def store(self) -> str:
        return self.app.store.dialect

    def unrest(self, published: Iterable[tuple[str, str]]) -> list[str]:
        """What is still on its way, for people; empty at rest. `published`: partner and id of each copy so far.

        The doors first: once all is taken in, the books know of every message that is under way anywhere. Read the
        other way round, a message taken in between the two looks would be seen by neither.
        """
        missing = self._not_taken_in(Counter(published))
        if missing:
            return [f"{missing} not taken in"]
        accounts = reconcile(self.app.store, self.app.broker, self.app.topology)
        found = [
            f"{each.unaccounted} under way at {each.balance.hop}" for each in accounts.accounts if each.unaccounted
        ]
        # what waits behind a dead letter of its record is at rest; anything else is about to go out
        found += [
            f"{each.balance.waiting} waiting at {each.balance.hop}"
            for each in accounts.accounts
            if each.balance.waiting and (not each.balance.dead or self.app.store.releasable(each.balance.hop))
        ]
        return [*found, f"{accounts.queued} in work and retry queues"] if accounts.queued else found

    def reconciled(self) -> bool:
        """The books agree with the broker (promise 1). At rest only."""
        return reconcile(self.app.store, self.app.broker, self.app.topology).matches

    def lines(self) -> Mapping[str, Sequence[str]]:
        """The connectors that lead to each simulated partner, by its name, which is their kind."""
        found: dict[str, list[str]] = {}
        for name, entry in self.app.registry.connectors.items():
            found.setdefault(entry.kind, []).append(name)
        return found

    def in_flight(self) -> int:
        """Sends begun and not settled."""
        return sum(balance.leased for balance in self.app.store.balances())

    def blocked(self) -> frozenset[str]:
        """Hops at which messages wait behind another one of their record."""
        return frozenset(balance.hop for balance in self.app.store.balances() if balance.waiting)

    def journal(self, message_id: str) -> list[JournalEntry]:
        """Every attempt at this message and at what it caused."""
        return self.app.store.trace(message_id)

    def dead_letters(self) -> list[DeadLetter]:
        """All of them, whatever their state."""
        found: list[DeadLetter] = []
        while page := self.app.store.dead_letters(DeadFilter(state=None), after_id=found[-1].id if found else 0):
            found += page
        return found

    def replay(self, letters: Iterable[DeadLetter]) -> int:
        """Replay these dead letters; returns how many went out."""
        store, broker, sealer = self.app.store, self.app.broker, self.app.sealer
        return sum(replay(store, broker, sealer, each.id, WHO, "the partner is healed") for each in letters)

    def held(self) -> list[Hold]:
        """What waits for people."""
        return self.app.store.holds((HoldState.OPEN,), limit=MOST_HELD)

    def lift_released(self) -> int:
        """Lift every measure whose source has released it, in two; returns how many."""
        store, now = self.app.store, now_us()
        found = [one for one in fences.measures(store) if one.released is not None and not one.stale_release]
        for one in found:
            fences.request_lift(store, one.measure, CLERK, "released by its source", now)
            fences.approve_lift(store, one.measure, SUPERVISOR, self.app.settings.request_hours)
        return len(found)

    def protect(self, numbers: Iterable[str]) -> None:
        """Staff protect these persons (宛名番号), as `renkei fence raise` does."""
        for number in numbers:
            subject = PersonRef("subject", (self.app.sealer.alias(ANCHOR, number),))
            fences.close(self.app.store, subject, "", "domestic_violence", CLERK)

    def let_go(self, hold: Hold) -> None:
        """Two people agree, as with `renkei hold review` and `approve`."""
        app = self.app
        holds.review(app.store, app.bench.hub, hold.id, CLERK, "they may have it")
        holds.approve(app.bench, hold.id, SUPERVISOR, "agreed")

    def refuse(self, hold: Hold) -> None:
        """As `renkei hold refuse` does."""
        holds.refuse(self.app.store, hold.id, CLERK, "not theirs to have")

    def _linked(self) -> str:
        """Lines for the partners of the standard linkage, and their secrets laid down."""
        lines = ""
        for name in partner_tokens.GUARDED:
            if name in self._urls:
                token_url = f"{self._urls[name]}{partner_tokens.PATH}"
                lines += f'[oauth.{name}]\ntoken_url = "{token_url}"\nclient_id = "{partner_tokens.CLIENT}"\n'
                secret = self.app.home.secrets / f"{name}.client-secret"
                secret.parent.mkdir(parents=True, exist_ok=True)
                secret.write_text(partner_tokens.client_secret(name), encoding="ascii")
                secret.chmod(0o600)
        return lines

    def _not_taken_in(self, copies: Counter[tuple[str, str]]) -> int:
        """Copies with no row yet. A second copy shows only in the journal."""
        by_hop: dict[str, set[str]] = {}
        for partner, message_id in copies:
            by_hop.setdefault(f"intake.{partner}", set()).add(message_id)
        missing = sum(len(ids - set(self.app.store.known(hop, ids))) for hop, ids in by_hop.items())
        for (partner, message_id), count in copies.items():
            if count > 1:
                seen = sum(each.hop == f"intake.{partner}" for each in self._own_entries(message_id))
                missing += max(count - seen, 0)
        return missing

    def _own_entries(self, message_id: str) -> list[JournalEntry]:
        return [each for each in self.journal(message_id) if each.message_id == message_id]

    def _init(self, amqp_url: str, management_url: str | None, more: str = "") -> None:
        """A home as `renkei init` makes it, with the partners' addresses and waits short enough to watch.

        `more`: further lines of hub.toml.
        """
        config = self.app.home.root / "config"
        shutil.copytree(self.app.home.folder("config"), config)
        trust = self.app.home.root.resolve() / "trust"
        authority.write_trust(trust)
        timeouts = f"connect_timeout = {CONNECT_TIMEOUT}\nread_timeout = {READ_TIMEOUT}\n"
        for file in (config / "connectors").glob("*.toml"):
            kept = re.sub(r"(?m)^(connect|read)_timeout\s*=.*\n", "", file.read_text(encoding="utf-8"))
            looking = re.sub(r"(?m)^every\s*=.*$", f"every = {COLLECT_EVERY}", kept)
            trusting = re.sub(r"(?m)^trust\s*=.*$", f'trust = "{trust}"', looking)
            file.write_text(timeouts + trusting, encoding="utf-8")
        tiers = ", ".join(f'"{tier}"' for tier in TIERS)
        urls = "".join(f'{name} = "{url}"\n' for name, url in self._urls.items())
        credentials = f'[credentials]\npmh = "{credential(CITY_CODE)}"\n'
        extra = f"tiers = [{tiers}]\n{more}[urls]\n{urls}{credentials}{self._linked()}"
        init_home(self.app, CITY_CODE, amqp_url, management_url, extra, sandbox=True)
        fences.load(self.app.store, [], CLERK)  # the city begins with nobody protected, and two persons say so
        fences.complete(self.app.store, SUPERVISOR)
