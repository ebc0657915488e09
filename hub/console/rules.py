"""Why a message was refused, or what a dry run says of it, in the reader's language. `hub.documents.words`, the
contracts and `hub.support.judges` say it in English.
"""

import re
from collections.abc import Mapping

from hub.console.texts import Texts
from hub.support.judges import BEHIND, CONFLICT, ENDED, RAISED, SENT, STALE, WOULD_HOLD

# what is said there, and the text that says it; what no line fits is shown as it is
_RULES = tuple((re.compile(said), key) for said, key in (
    (r"is longer than (?P<limit>\d+) characters", "rule.longer"),
    (r"is shorter than (?P<limit>\d+) characters", "rule.shorter"),
    (r"is not (?P<limit>\d+) characters long", "rule.length"),
    (r"has more than (?P<limit>\d+) digits", "rule.digits"),
    (r"has more than (?P<limit>\d+) decimal places", "rule.decimals"),
    (r"is too short", "rule.too_short"),
    (r"is too long", "rule.too_long"),
    (r"has the wrong length", "rule.wrong_length"),
    (r"is (?:above|not below) (?P<limit>\S+)", "rule.above"),
    (r"is (?:below|not above) (?P<limit>\S+)", "rule.below"),
    (r"is not one of (?P<limit>.+)", "rule.one_of"),
    (r"is not a known code", "rule.code"),
    (r"does not match the pattern(?: of type \w+)? \(?(?P<limit>.+?)\)?", "rule.pattern"),
    (r"is not a valid (?:value of its type|(?P<limit>\w+))", "rule.type"),
    (r"is not complete, expected (?P<limit>.+)", "rule.missing"),
    (r"is not allowed at this place, .+", "rule.place"),
    (r"an element is missing or not allowed at this place", "rule.missing_or_place"),
    (r"an unknown element in line (?P<limit>\d+), .+", "rule.unknown"),
    (r"an attribute is missing", "rule.attribute"),
    (r"the attribute (?P<limit>\S+) is missing", "rule.attribute_missing"),
    (r"carries an attribute that is not allowed", "rule.attribute_extra"),
    (r"contains text between its elements", "rule.text"),
    (r"must be empty", "rule.empty"),
    (r"contains elements where only text is allowed", "rule.elements"),
    (r"has the same value as another|a value occurs twice or refers to nothing", "rule.twice"),
    (r"lacks a value others refer to|refers to nothing", "rule.reference"),
    (r"does not have the one value allowed", "rule.fixed"),
    (r"may not be nil|is nil in a way that is not allowed", "rule.nil"),
    (r"breaks a rule of its declaration|breaks the rule (?P<limit>\S+)", "rule.declaration"),
    (r"not a valid (?P<limit>\w+)", "rule.digit"),
    (r"status (?P<limit>\d{3})", "rule.status"),
    (r"it is not well-formed", "rule.not_well_formed"),
    (r"(?P<limit>\S+) has no grant for (?P<other>\S+)", "rule.no_grant"),
    (r"the stated purpose is not registered for (?P<limit>\S+) and (?P<other>\S+)", "rule.no_purpose"),
    (r"the message states no purpose for (?P<limit>\S+) and (?P<other>\S+)", "rule.purpose_missing"),
    (r"(?P<limit>\S+) version (?P<other>\d+) has no route", "rule.unrouted"),
    (r"mapping (?P<limit>\S+) (?:gave up|produced no element)(?: \(line \d+\))?", "rule.mapping"),
    (r"carries (?P<limit>\S+), which may not reach \S+", "rule.may_not_reach"),
    (r"set the message_id property to a new UUID", "rule.message_id_missing"),
    (r"message_id must be a UUID in lower case, with hyphens", "rule.message_id"),
    (r"user_id is not the partner this routing key belongs to", "rule.sender"),
    (r"(?P<limit>\d+) bytes, the limit is \d+.*", "rule.bytes"),
    (r"version (?P<limit>\d+) is not known here, only .+", "rule.version"),
    (r"no route takes (?P<limit>\S+) version (?P<other>\d+) to (?P<to>\S+)", "rule.no_route"),
    (STALE, "verdict.stale"),
    (CONFLICT, "verdict.conflict"),
    (SENT, "verdict.sent"),
    (BEHIND, "verdict.behind"),
    (WOULD_HOLD, "verdict.would_hold"),
    (ENDED.format("(?P<end>[a-z]+)"), "verdict.ended"),
    (RAISED.format("(?P<limit>.+)"), "verdict.raised"),
))  # fmt: skip
_PLACES = tuple((re.compile(said), key) for said, key in (
    (r"field (?P<field>\S+), line (?P<line>\d+): (?P<rule>.+)", "rule.at_field_line"),
    (r"field (?P<field>\S+?):? (?P<rule>.+)", "rule.at_field"),
    (r"line (?P<line>\d+), column (?P<column>\d+): (?P<rule>.+)", "rule.at_column"),
    (r"line (?P<line>\d+): (?P<rule>.+)", "rule.at_line"),
    (r"(?P<code>[a-z_]+\.[a-z_]+): (?P<rule>.+)", "verdict.coded"),
    (r"on its way to (?P<to>[a-z_]+): (?P<rule>.+)", "verdict.on_its_way"),
))  # fmt: skip


def in_words(texts: Texts, contracts: Mapping[str, str], rule: str) -> str:
    """One rule, with or without its place; in English as it was said. `contracts`: see `Registry.words`."""
    if texts.language == "en":
        return rule
    if rule in contracts:
        return contracts[rule]
    for pattern, key in _PLACES:
        found = pattern.fullmatch(rule)
        if found is not None:
            place = found.groupdict()
            return texts(key, **(place | {"rule": in_words(texts, contracts, place["rule"])}))
    for pattern, key in _RULES:
        found = pattern.fullmatch(rule)
        if found is not None:
            told = {"limit": ""} | {name: value or "" for name, value in found.groupdict().items()}
            return texts(key, **(told | {"end": texts(f"outcome.{told['end']}")} if "end" in told else told))
    return rule
