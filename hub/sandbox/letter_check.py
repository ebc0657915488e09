"""Whether the dead letters of a run are exactly those it was meant to have."""

from collections.abc import Collection, Iterable, Sequence

from hub.ports.store import DeadLetter
from hub.sandbox.flow import Sending
from hub.sandbox.report import Expectation


def of_failing_partner(letter: DeadLetter, deadly: Collection[str]) -> bool:
    """A message to a partner that failed on purpose; `deadly`: the codes that makes."""
    return letter.hop.startswith("delivery.") and letter.code in deadly


def expectations(sent: Sequence[Sending], letters: Sequence[DeadLetter], deadly: Collection[str]) -> list[Expectation]:
    """Each refused message is one dead letter with its code; each other one is a failing partner's, and replayed."""
    refused = [each for each in sent if each.fate == "refused"]
    ids = {each.publication.message_id for each in refused}
    found: dict[str, list[tuple[str, str, str]]] = {}
    for letter in letters:
        found.setdefault(letter.message_id, []).append((letter.hop, letter.code, letter.state))
    wrong = [
        each
        for each in refused
        if found.get(each.publication.message_id) != [(f"intake.{each.partner}", each.code, "open")]
    ]
    injected = [letter for letter in letters if of_failing_partner(letter, deadly)]
    others = [letter for letter in letters if letter not in injected and letter.message_id not in ids]
    open_still = [letter for letter in injected if letter.state != "replayed"]
    return [
        Expectation(
            f"each refused message ({len(refused)}) is one dead letter, with the code of its fault",
            not wrong,
            _listed(f"{each.code} at {each.partner}" for each in wrong),
        ),
        Expectation(
            f"every other dead letter ({len(injected)}) is of a partner that failed on purpose",
            not others,
            _listed(f"{letter.code} at {letter.hop}" for letter in others),
        ),
        Expectation(
            "each of those was replayed and did not die again",
            not open_still,
            _listed(f"{letter.code} at {letter.hop}: {letter.state}" for letter in open_still),
        ),
    ]


def _listed(texts: Iterable[str]) -> str:
    return "; ".join(sorted(set(texts)))
