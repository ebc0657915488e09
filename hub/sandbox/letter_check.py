"""Whether the dead letters of a run are exactly those it was meant to have."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from hub.ports.store import DeadLetter
from hub.sandbox.flow import Sending
from hub.sandbox.report import Expectation


def on_the_way(letter: DeadLetter, codes: Collection[str]) -> bool:
    """A message that died on its way to a partner, with one of these codes."""
    return letter.hop.startswith("delivery.") and letter.code in codes


def expectations(sent: Sequence[Sending], letters: Sequence[DeadLetter], deadly: Collection[str]) -> list[Expectation]:
    """Each refused message is one dead letter with its code, each stopped one is one, and replayed when what it lacked
    had come; each other one is a failing partner's, and replayed. `deadly`: the codes that makes.
    """
    refused = [each for each in sent if each.fate == "refused"]
    ids = {each.publication.message_id for each in refused}
    found: dict[str, list[tuple[str, str, str]]] = {}
    for letter in letters:
        found.setdefault(letter.correlation_id, []).append((letter.hop, letter.code, letter.state))
    wrong = [
        each
        for each in refused
        if found.get(each.publication.message_id) != [(each.dies_at or f"intake.{each.partner}", each.code, "open")]
    ]
    stopped = {each.publication.message_id: each.code for each in sent if each.fate == "stopped"}

    def stops_there(letter: DeadLetter) -> bool:
        return on_the_way(letter, {stopped.get(letter.correlation_id, "")})

    stops = [each for each in letters if stops_there(each)]
    ended = Counter(each.correlation_id for each in stops if each.state == "replayed")
    injected = [letter for letter in letters if on_the_way(letter, deadly)]
    others = [
        each
        for each in letters
        if not on_the_way(each, deadly) and not stops_there(each) and each.correlation_id not in ids
    ]
    stops_wrong = len(stops) != len(stopped) or any(ended[message_id] != 1 for message_id in stopped)
    open_still = [letter for letter in injected if letter.state != "replayed"]
    return [
        Expectation(
            f"each refused message ({len(refused)}) is one dead letter, with the code of its fault",
            not wrong,
            _listed(f"{each.code} at {each.partner}" for each in wrong),
        ),
        *(
            [
                Expectation(
                    f"what lacked something ({len(stopped)}) stopped once, and was replayed when it had come",
                    not stops_wrong,
                    _listed(f"{each.code} at {each.hop}: {each.state}" for each in stops if stops_wrong),
                )
            ]
            if stopped
            else []
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
