"""What a publisher is told of its messages, in words and as the document that lies in its queue.

Nothing of a body, and nothing of why people look at a message: what is held is "in review", whatever the reason.
"""

import json
import re
from datetime import UTC, datetime
from uuid import UUID, uuid5

from hub.codes import CODES
from hub.ports.answers import Due
from hub.ports.letters import DeadFilter
from hub.ports.store import DeadLetter, End, Progress, Store

TYPE = "hub.answer"
CONTENT_TYPE = "application/json"
IN_REVIEW = "in review"
REFUSED, DEAD = "refused", "dead"
WORDS = {
    End.FORWARDED.value: "accepted",
    End.DELIVERED.value: "delivered",
    End.SUPERSEDED.value: "superseded",
    End.DUPLICATE.value: "duplicate",
    End.DISCARDED.value: "closed by staff",
    End.ERASED.value: "erased",
    End.REPLACED.value: "replaced by a correction",
    Progress.RETRY.value: "waiting",
    Progress.WAIT.value: "waiting",
    Progress.WAITING.value: "waiting",
    Progress.DEAD.value: DEAD,
    Progress.HELD.value: IN_REVIEW,
}
_SECRET = ("fence", "hold")  # codes that would say that somebody is protected
_LINE = re.compile(r"\bline (\d+)(?:, column (\d+))?")
_NAMESPACE = UUID("5d0a3b60-7d0c-5c1f-8a5e-0f6a1b2c3d4e")  # of the ids of answers, a constant of this product

_IN_BOTH = {"type": "object", "properties": {"en": {"type": "string"}, "ja": {"type": "string"}}}
# Of the document, in JSON Schema; what is not required stands in refusals only.
SCHEMA: dict[str, object] = {
    "type": "object",
    "required": ["published_as", "state", "target", "message_id", "type", "attempt", "at"],
    "properties": {
        "published_as": {"type": "string", "description": "The message_id you published."},
        "state": {"enum": sorted({*WORDS.values(), REFUSED} - {"waiting"})},
        "target": {"type": ["string", "null"], "description": "At which target; null: at the hub's door."},
        "message_id": {"type": "string", "description": "The hub's id of what it made of it for that target."},
        "type": {"type": "string"},
        "attempt": {"type": "integer", "minimum": 0},
        "at": {"type": "string", "format": "date-time"},
        "code": {"type": "string", "description": "As in error-codes.md."},
        "rule": {"type": ["string", "null"], "description": "What is wrong, in words; no value is quoted."},
        "line": {"type": ["integer", "null"]},
        "column": {"type": ["integer", "null"]},
        "title": _IN_BOTH,
        "next_step": _IN_BOTH,
    },
}  # fmt: skip


def state(outcome: str, hop: str, code: str | None) -> str:
    """The word for where a message is."""
    if outcome != Progress.DEAD.value or code is None:
        return WORDS[outcome]
    if code.partition(".")[0] in _SECRET:
        return IN_REVIEW
    return REFUSED if hop.startswith("intake.") else DEAD


def letter_of(store: Store, hop: str, message_id: str) -> DeadLetter | None:
    """The dead letter it became last, whatever became of that."""
    letters = store.dead_letters(DeadFilter(hop=hop, message_id=message_id, state=None))
    return letters[-1] if letters else None


def place_in(rule: str | None) -> tuple[int | None, int | None]:
    """(line, column) a rule in words points to."""
    where = _LINE.search(rule or "")
    return int(where[1]) if where else None, int(where[2]) if where and where[2] else None


def answer_id(due: Due) -> str:
    """The same however often it is told: a publisher drops what it has heard."""
    parts = (due.partner, due.published_as, due.hop, due.message_id, due.outcome, str(due.attempt), str(due.at))
    return str(uuid5(_NAMESPACE, "/".join(parts)))


def document(due: Due, letter: DeadLetter | None) -> bytes:
    """The answer as JSON. `letter`: what became dead, where it did."""
    where, _, target = due.hop.partition(".")
    told: dict[str, object] = {
        "published_as": due.published_as,
        "state": state(due.outcome, due.hop, due.code),
        "target": target if where == "delivery" else None,
        "message_id": due.message_id,
        "type": due.type,
        "attempt": due.attempt,
        "at": datetime.fromtimestamp(due.at / 1_000_000, UTC).isoformat(timespec="milliseconds"),
    }
    if told["state"] in (REFUSED, DEAD) and due.code in CODES:
        card, rule = CODES[due.code], letter.explanation if letter is not None else None
        line, column = place_in(rule)
        told |= {
            "code": due.code, "rule": rule, "line": line, "column": column,
            "title": {"en": card.title, "ja": card.title_ja},
            "next_step": {"en": card.next_step, "ja": card.next_step_ja},
        }  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode()
