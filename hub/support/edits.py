"""Editing a dead letter: proposed by one, checked by today's rules, agreed to by another, then sent in its place.

The original is closed in the commit that accepts the edit, so never both go out. Every edit takes two persons: any
field of these messages may be about somebody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub import envelope
from hub.clock import now_us
from hub.documents import Fault, examine, parse
from hub.documents.leaves import leaves, with_values
from hub.errors import BrokerUnavailable, Refused
from hub.message import Message, output_id
from hub.pipeline import Failed
from hub.ports.broker import Outgoing, PublishOutcome
from hub.ports.edits import Edit, EditState, NewEdit
from hub.ports.store import DeadLetter, Store
from hub.services import Services
from hub.support.differences import Difference, of_documents
from hub.support.expiry import in_time
from hub.support.judges import tried
from hub.support.plans import Bench
from hub.support.replay import opened, replayable


@dataclass(frozen=True, slots=True)
class Draft:
    """What is asked for. `values`: new values by path; or `content`: the whole of it, for what cannot be read."""

    dead_id: int
    who: str
    reason: str
    ticket: str | None = None
    values: Mapping[str, str] | None = None
    content: bytes | None = None


def found(store: Store, edit_id: int) -> Edit:
    """Raises Refused `edit.unknown`."""
    edit = store.edit(edit_id)
    if edit is None:
        raise Refused("edit.unknown", f"there is no edit {edit_id}")
    return edit


def open_letter(store: Store, dead_id: int) -> DeadLetter:
    """One that can be edited. Raises Refused `edit.letter`, `replay.sender_only`."""
    letter = store.dead_letter(dead_id)
    if letter is None or letter.state != "open":
        state = "not there" if letter is None else letter.state
        raise Refused("edit.letter", f"dead letter {dead_id} is {state}")
    if not replayable(letter.code):
        raise Refused("replay.sender_only", f"dead letter {dead_id} was refused as {letter.code}")
    return letter


def propose(store: Store, hub: Services, draft: Draft) -> Edit:
    """Keep an edit, sealed, for another person to look at. Nothing is sent.

    Raises Refused: `edit.letter` (not open, or being edited), `edit.in_doubt`, `edit.same`, `edit.field`,
    `replay.sender_only`, and whatever today's contracts refuse the new content for.
    """
    letter = open_letter(store, draft.dead_id)
    if store.may_have_arrived(letter.hop, letter.message_id):
        raise Refused("edit.in_doubt", f"dead letter {letter.id} may have reached the partner")
    original, _ = opened(store, hub.sealer, letter.id)
    body = _content(original.body, draft, hub.max_body_bytes)
    differences = of_documents(original.body, body, hub.max_body_bytes)
    if not differences:
        raise Refused("edit.same", "nothing differs from the dead letter")
    at = now_us()
    message_id = output_id(hub.tenant, letter.hop, letter.message_id, "edit", str(at))
    message = replace(original, message_id=message_id, body=body, attempt=1, base=0, causation_id=letter.message_id)
    digest = hub.sealer.digest(f"{message.type}/{message.version}/{message.purpose}\0".encode() + body)
    _check(letter, message, digest, hub)
    edit_id = store.propose_edit(
        NewEdit(
            dead_id=letter.id,
            message_id=message_id,
            digest=digest,
            envelope=envelope.to_json(message, digest),
            body=hub.sealer.seal_beside(store.dead_body(letter.id)[1], message_id, body),
            fields=tuple(one.path or "(whole)" for one in differences),
            who=draft.who,
            reason=draft.reason,
            ticket=draft.ticket,
            at=at,
        )
    )
    if edit_id is None:
        raise Refused("edit.letter", f"dead letter {letter.id} is being edited, or was closed meanwhile")
    return found(store, edit_id)


def faults(store: Store, hub: Services, draft: Draft) -> list[Fault]:
    """All that the contract of the message refuses of the new content, with line, column and rule; no value is quoted.

    Raises Refused as `propose` does for what is no content at all.
    """
    letter = open_letter(store, draft.dead_id)
    message, _ = opened(store, hub.sealer, letter.id)
    body = _content(message.body, draft, hub.max_body_bytes)
    return examine(hub.registry.contract(message.type, message.version), body, hub.max_body_bytes)


def fields(store: Store, hub: Services, dead_id: int) -> list[str]:
    """Paths of what can be changed, without a value. Raises Refused `edit.letter`, `validate.xml`."""
    letter = open_letter(store, dead_id)
    message, _ = opened(store, hub.sealer, letter.id)
    return list(leaves(parse(message.body, hub.max_body_bytes)))


def look(store: Store, hub: Services, edit_id: int, reason: str) -> list[Difference]:
    """What differs, as it is: for those who may see it. Who looks, and why, is on the record before.

    Raises Refused `edit.unknown`, `receive.unsealable`.
    """
    note_look(store, found(store, edit_id), reason)
    return differences(store, hub, edit_id)


def note_look(store: Store, edit: Edit, reason: str, path: str = "") -> None:
    """Whoever acts looks at the values, or with `path` at one: kept before anything is shown."""
    store.note_look(edit.dead_id, "edit.look", reason, path, f"edit:{edit.id}")


def differences(store: Store, hub: Services, edit_id: int) -> list[Difference]:
    """What differs, for those who mask it before anybody sees it. Otherwise as `look`."""
    edit = found(store, edit_id)
    before, _ = opened(store, hub.sealer, edit.dead_id)
    after, _ = _message(store, hub, edit)
    return of_documents(before.body, after.body, hub.max_body_bytes)


def approve(bench: Bench, edit_id: int, who: str, reason: str) -> None:
    """Another person agrees; the edit goes to the hop its original died in. Done again after a failure it goes on.

    Raises Refused `edit.unknown`, `edit.state`, `edit.same_person`, `approval.state`, what today's rules refuse it for,
    and BrokerUnavailable.
    """
    edit = found(bench.store, edit_id)
    message, digest = _message(bench.store, bench.hub, edit)
    if edit.state is not EditState.APPROVED:
        if edit.who == who:
            raise Refused("edit.same_person", "whoever proposed it cannot approve")
        in_time(edit.at, bench.request_hours)
        letter = bench.store.dead_letter(edit.dead_id)
        assert letter is not None
        _check(letter, message, digest, bench.hub)
        if not bench.store.release_edit(edit_id, who, reason, now_us()):
            raise _in_another_state(bench.store, edit_id)
    sealed = bench.hub.sealer.seal(message.message_id, message.body)
    outgoing = Outgoing("", edit.queue, sealed.ciphertext, envelope.properties(message, digest, sealed.key_id))
    if bench.broker.publish([outgoing]) != [PublishOutcome.CONFIRMED]:
        raise BrokerUnavailable(f"queue {edit.queue} did not take the message; approve it again")
    bench.store.mark_edit_sent(edit_id)


def refuse(store: Store, edit_id: int, who: str, reason: str) -> None:
    """It does not go; the dead letter stays as it is. By whoever proposed it: a withdrawal.

    Raises Refused `edit.unknown`, `edit.state`.
    """
    state = EditState.WITHDRAWN if found(store, edit_id).who == who else EditState.REFUSED
    if not store.decide_edit(edit_id, state, who, reason, now_us()):
        raise _in_another_state(store, edit_id)


def _content(body: bytes, draft: Draft, limit: int) -> bytes:
    if draft.content is not None:
        return draft.content
    return with_values(parse(body, limit), draft.values or {}).serialise()


def _check(letter: DeadLetter, message: Message, digest: str, hub: Services) -> None:
    """Raises what today's rules refuse it for: its own contract first, which a delivery hop takes for granted."""
    hub.registry.contract(message.type, message.version).validate(parse(message.body, hub.max_body_bytes))
    seen = tried(letter.hop, message, digest, hub)
    if isinstance(seen, Failed):
        raise seen.error


def _message(store: Store, hub: Services, edit: Edit) -> tuple[Message, str]:
    text, sealed = store.edit_body(edit.id)
    message, digest = envelope.from_json(text, b"")
    return replace(message, body=hub.sealer.open(message.message_id, sealed)), digest


def _in_another_state(store: Store, edit_id: int) -> Refused:
    edit = found(store, edit_id)
    letter = store.dead_letter(edit.dead_id)
    of_letter = "gone" if letter is None else letter.state
    return Refused("edit.state", f"edit {edit_id} is {edit.state.value}, its dead letter is {of_letter}")
