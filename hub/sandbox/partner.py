"""A simulated partner's books: what arrived, what it did, and what it answered. Served by `hub.sandbox.partner_http`.

A partner knows nothing of the hub: it checks by its own arithmetic and keeps its own books, so a run can be judged
without asking the hub. What it does is decided by `connectors/<kind>/sandbox.py`, a `Behaviour`.
"""

import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from hub.sandbox.tray import Tray

XML, JSON = "application/xml; charset=utf-8", "application/json"
_HIDDEN = ("answer", "content_type", "note", "caller")  # the partner's own affair, and full of names and numbers
_TWELVE = re.compile(r"(?<!\d)\d{12}(?!\d)", re.ASCII)
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


@dataclass(frozen=True, slots=True)
class Request:
    """`key`: its Idempotency-Key, "" without one; `laid_out`: what the partner has in its tray, oldest first.

    `credential`: its bearer token, "" without one.
    """

    method: str
    path: str
    body: bytes
    key: str
    correlation_id: str
    laid_out: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    credential: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a behaviour decided.

    `operation`: the contract type of the request; `effect`: whether it changes anything here; `record`, `version`:
    which record's state it writes; `note`: what else `Behaviour.remember` needs; `reason`: why, for the books alone;
    `taken`: keys of what leaves the tray, as whoever asks has it in safe keeping; `lays_out`: what goes into the tray,
    by key; `also`: (operation, record) of what the partner does of its own because of it.
    """

    status: int = 204
    body: bytes = b""
    content_type: str = XML
    operation: str = ""
    effect: bool = True
    record: str = ""
    version: int | None = None
    note: str = ""
    reason: str = ""
    taken: tuple[str, ...] = ()
    lays_out: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    also: tuple[tuple[str, str], ...] = ()


class Refusal(Exception):
    """The partner does not take the request. `violation`: it carried what must never reach this partner."""

    def __init__(self, status: int, operation: str = "", violation: str | None = None) -> None:
        super().__init__(f"{status} {operation}")
        self.status, self.operation, self.violation = status, operation, violation


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. `effect` False: a repeated receipt or a refusal. `at`: seconds since 1970.

    `record`: the digest of the record's name; `reordered`: it put an older version over a newer one; `caller`: the
    digest of the credential.
    """

    key: str
    operation: str
    correlation_id: str
    at: float
    status: int
    effect: bool
    record: str = ""
    version: int | None = None
    reordered: bool = False
    violation: str | None = None
    digest: str = ""
    answer: str = field(default="", repr=False)
    content_type: str = ""
    note: str = field(default="", repr=False)
    reason: str = ""
    caller: str = ""


class Behaviour(Protocol):
    """What one partner does. Called under one lock."""

    keyed: bool  # takes an idempotency key

    def handle(self, request: Request) -> Answer:
        """Decide, and change nothing: `remember` is called with the entry made of the answer. Raises Refusal."""
        ...

    def remember(self, entry: Entry) -> None:
        """Take in one effect: right after `handle`, and for each effect of the ledger after a restart."""
        ...

    def spoil(self, mode: str, answer: Answer) -> Answer:
        """The answer with a field too many ("extra_field"), against the schema ("invalid"), or twice
        ("duplicate_reply")."""
        ...


def record_digest(name: str) -> str:
    """How the ledger names a record: it needs to tell records apart, not to know whose they are."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def individual_number(digits: str) -> bool:
    """個人番号 by the ministerial order's formula, apart from the hub's own check. `digits`: twelve, ASCII."""
    rest = sum(int(digit) * weight for digit, weight in zip(digits[:11], _WEIGHTS, strict=True)) % 11
    return digits != "0" * 12 and int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def names_individual_number(text: str) -> bool:
    """True when a valid individual number stands anywhere in the text."""
    return any(individual_number(match) for match in _TWELVE.findall(text))


class Partner:
    """The books of one partner. Thread-safe. Everything it knows is in the ledger, a file it only appends to."""

    def __init__(self, behaviour: Behaviour, data: Path) -> None:
        self._behaviour = behaviour
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._answered: dict[tuple[str, str], Entry] = {}  # by caller, who may not see another's, and idempotency key
        self._newest: dict[tuple[str, str], int] = {}
        self._tray = Tray(data / "tray")
        data.mkdir(parents=True, exist_ok=True)
        self._path = data / "ledger.jsonl"
        self._path.touch(mode=0o600)
        written = self._path.read_bytes()
        whole = written[: written.rfind(b"\n") + 1]
        os.truncate(self._path, len(whole))  # a line cut short by a crash was never answered
        for line in whole.split(b"\n")[:-1]:
            self._book(Entry(**json.loads(line)))

    def entries(self) -> tuple[Entry, ...]:
        """All of them, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def ledger(self) -> list[dict[str, Any]]:
        """The entries without what is only for the partner itself."""
        return [{k: v for k, v in asdict(one).items() if k not in _HIDDEN} for one in self.entries()]

    def handle(self, request: Request) -> Answer:
        """Do what is asked, once per key, and write it down before answering. Questions are not written down."""
        with self._lock:
            if request.method == "GET":
                return self._decide(request)[0]
            digest = hashlib.sha256(request.body).hexdigest()
            before = self._answered.get((_caller(request), request.key)) if self._behaviour.keyed else None
            if before is not None and before.digest == digest:
                self._write(replace(before, at=time.time(), effect=False, reordered=False, answer="", note=""))
                return Answer(before.status, before.answer.encode(), before.content_type)
            if before is not None or (self._behaviour.keyed and not request.key):
                answer, violation = Answer(422, effect=False), None  # a key must be there and stand for one request
            else:
                answer, violation = self._decide(request)
            for taken in answer.taken:
                self._tray.take(taken)  # before it is written down: one cut short here is asked for again
            for key, content in answer.lays_out.items():
                self._tray.lay_out(key, content)
            self._write(self._entry(request, digest, answer, violation))
            for number, (operation, record) in enumerate(answer.also):
                own = replace(request, key=f"{request.key}/{number}")
                self._write(self._entry(own, "", Answer(operation=operation, record=record), None))
            return answer

    def lay_out(self, key: str, content: bytes) -> None:
        """See `Tray.lay_out`."""
        with self._lock:
            self._tray.lay_out(key, content)

    def laid_out(self) -> list[str]:
        """Keys of what nobody has taken yet."""
        with self._lock:
            return list(self._tray)

    def spoil(self, mode: str, answer: Answer) -> Answer:
        """See `Behaviour.spoil`."""
        return self._behaviour.spoil(mode, answer)

    def _decide(self, request: Request) -> tuple[Answer, str | None]:
        try:
            return self._behaviour.handle(replace(request, laid_out=self._tray)), None
        except Refusal as refusal:
            return Answer(refusal.status, operation=refusal.operation, effect=False), refusal.violation

    def _entry(self, request: Request, digest: str, answer: Answer, violation: str | None) -> Entry:
        record = record_digest(answer.record) if answer.record else ""
        newest = self._newest.get((answer.operation, record), -1)
        return Entry(
            key=request.key,
            operation=answer.operation,
            correlation_id=request.correlation_id,
            at=time.time(),
            status=answer.status,
            effect=answer.effect,
            record=record,
            version=answer.version,
            reordered=answer.effect and answer.version is not None and newest > answer.version,
            violation=violation,
            digest=digest,
            answer=answer.body.decode(),
            content_type=answer.content_type,
            note=answer.note,
            reason=answer.reason,
            caller=_caller(request),
        )

    def _write(self, entry: Entry) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        self._book(entry)

    def _book(self, entry: Entry) -> None:
        self._entries.append(entry)
        if 200 <= entry.status < 300:
            self._answered.setdefault((entry.caller, entry.key), entry)
        if entry.effect:
            if entry.version is not None:
                place = (entry.operation, entry.record)
                self._newest[place] = max(entry.version, self._newest.get(place, -1))
            self._behaviour.remember(entry)


def _caller(request: Request) -> str:
    return record_digest(request.credential) if request.credential else ""
