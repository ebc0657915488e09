"""The catalogue of the console's words: nothing missing, nothing unused, both languages alike."""

import re
from pathlib import Path
from string import Formatter

import pytest

from hub.codes import CODES
from hub.console import filters, texts
from hub.console.texts import Texts, catalogue, preferred
from hub.ports.accounts import Role
from hub.ports.audit import ACTS
from hub.ports.cases import CaseState
from hub.ports.edits import EditState
from hub.ports.erasure import ErasureState
from hub.ports.fence import Step
from hub.ports.holds import HoldState
from hub.ports.plans import ItemState, PlanState, Prospect
from hub.ports.requests import RequestState
from hub.ports.store import End, Progress
from hub.support.fences import REASONS

CONSOLE = Path(texts.__file__).parent
SOURCES = [*CONSOLE.glob("templates/*.html"), *CONSOLE.rglob("*.py")]
NAMED = re.compile(r"""["']([a-z_]+\.[a-z_]+)["']""")
BUILT: dict[str, list[str]] = {
    "account_act": ["create", "change", "disable", "enable", "reset", "password"],
    "account_state": ["works", "disabled", "expired"],
    "approval": ["effect_discard", "effect_replay"],
    "request_kind": ["discard", "replay", "edit", "erasure", "hold", "fence"],
    "request_state": [one.value for one in RequestState],
    "role": [one.value for one in Role],
    "actor": ["sender", "support", "operator", "partner", "developer"],
    "age": [f"{unit}_{way}" for unit in ("day", "hour", "minute", "second") for way in ("ago", "ahead")],
    "case_act": ["take", "note", "wait", "reveal", "resolve"],
    "case_state": [one.value for one in CaseState],
    "circuit": ["closed", "open", "probing", "paused"],
    "edit_state": [one.value for one in EditState],
    "erasure_state": [one.value for one in ErasureState],
    "fence_reason": list(REASONS),
    "fence_state": ["raised", "confirmed", "lift_requested", "lift_approved", "lifting", "lifted"],
    "fence_step": [one.value for one in Step],
    "hold_act": ["look", "review", "approve", "release", "refuse"],
    "hold_state": [one.value for one in HoldState],
    "hop": ["intake", "delivery"],
    "item_state": [one.value for one in ItemState],
    "letter_state": list(filters.STATES),
    "menu": [
        "emergencies",
        "erasures",
        "overview",
        "cases",
        "letters",
        "plans",
        "holds",
        "approvals",
        "fences",
        "partners",
        "record",
        "accounts",
    ],
    "interface": ["door", "queue", "answers"],
    "outcome": [*(one.value for one in End), *(one.value for one in Progress)],
    "plan_state": [one.value for one in PlanState],
    "prospect": [one.value for one in Prospect],
    "record_act": [act.replace(".", "_") for act in ACTS],
    "trend": ["rising", "falling", "steady", "still"],
}
KEYS = {f"{section}.{name}" for section, names in BUILT.items() for name in names}


def used() -> set[str]:
    sections = {key.partition(".")[0] for key in catalogue()}
    found = {key for file in SOURCES for key in NAMED.findall(file.read_text(encoding="utf-8"))}
    return {key for key in found if key.partition(".")[0] in sections and key not in CODES}


def test_no_text_is_missing_and_none_is_unused() -> None:
    missing = {key for key in used() | KEYS if key not in catalogue() and not key.endswith((".html", ".css", "_"))}
    assert missing == set()
    assert set(catalogue()) - used() - KEYS == set()


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_text_is_there_in_both_languages_with_the_same_places(key: str) -> None:
    japanese, english = catalogue()[key]
    assert japanese
    assert english
    names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (japanese, english)]
    assert names[0] == names[1]
    if not re.fullmatch(r"[\x00-\x7f]*", english):
        pytest.fail("the English text has characters outside ASCII")


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "ja"),
        (None, "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        (None, "en-GB,en;q=0.9,ja;q=0.8", "en"),
        (None, "de,en;q=0.5,ja;q=0.7", "ja"),
        (None, "fr", "ja"),
        (None, "en;q=nonsense", "ja"),
        (None, "en;q=0", "ja"),
        ("en", "ja", "en"),
        ("xx", "en", "en"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_browsers_else_japanese(
    chosen: str | None, accepted: str, language: str
) -> None:
    assert preferred(chosen, accepted) == language


def test_words_fill_their_places() -> None:
    assert Texts("ja")("card.count", count=3) == "3件"
    assert Texts("en")("card.count", count=3) == "3 messages"
    with pytest.raises(KeyError):
        Texts("en")("card.nothing")
