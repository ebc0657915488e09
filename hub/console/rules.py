"""The rules of contracts in the reader's language. `hub.documents.words` and the contracts say them in English."""

import re

from hub.console.texts import Texts

# what is said there, and the text that says it; what no line fits is shown as it is
_RULES = tuple((re.compile(said), key) for said, key in (
    (r"is longer than (?P<limit>\d+) characters", "rule.longer"),
    (r"is shorter than (?P<limit>\d+) characters", "rule.shorter"),
    (r"is not (?P<limit>\d+) characters long", "rule.length"),
    (r"is (?:above|not below) (?P<limit>\S+)", "rule.above"),
    (r"is (?:below|not above) (?P<limit>\S+)", "rule.below"),
    (r"is not one of (?P<limit>.+)", "rule.one_of"),
    (r"is not a known code", "rule.code"),
    (r"does not match the pattern(?: of type \w+)? \(?(?P<limit>.+?)\)?", "rule.pattern"),
    (r"is not a valid (?:value of its type|(?P<limit>\w+))", "rule.type"),
    (r"is not complete, expected (?P<limit>.+)", "rule.missing"),
    (r"is not allowed at this place, .+", "rule.place"),
    (r"not a valid (?P<limit>\w+)", "rule.digit"),
))  # fmt: skip


def in_words(texts: Texts, rule: str) -> str:
    """One rule; in English as it was said."""
    if texts.language == "en":
        return rule
    for pattern, key in _RULES:
        found = pattern.fullmatch(rule)
        if found is not None:
            return texts(key, limit=found.groupdict().get("limit") or "")
    return rule
