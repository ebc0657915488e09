"""Finding the dead letters of one person without opening any: the number becomes keyed hashes at once."""

import re
import unicodedata

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.audit import Audit, Entry
from hub.ports.persons import Alias, PersonRef
from hub.registry import Registry
from hub.seal import Sealer

_SEPARATORS = re.compile(r"[\s\-‐－]")
_LONGEST = 64


def search(store: Audit, sealer: Sealer, registry: Registry, typed: str, why: str = "") -> tuple[Alias, ...]:
    """As `aliases`; that somebody searches for this person is on the record before anything is found."""
    found = aliases(sealer, registry, typed)
    store.record([Entry("search.person", (), now_us(), (PersonRef("searched", found),), why)])
    return found


def hashes(sealer: Sealer, registry: Registry, typed: str) -> tuple[str, ...]:
    """As `aliases`, for a filter."""
    return tuple(alias.hash for alias in aliases(sealer, registry, typed))


def aliases(sealer: Sealer, registry: Registry, typed: str) -> tuple[Alias, ...]:
    """The number as every kind of alias; full-width digits and separators are taken. It is kept nowhere.

    Raises Refused `search.number`, which does not repeat it.
    """
    number = _SEPARATORS.sub("", unicodedata.normalize("NFKC", typed))
    if not number or len(number) > _LONGEST or not number.isascii() or not number.isalnum():
        raise Refused("search.number", "digits and letters only, full-width or not")
    return tuple(sealer.alias(kind, number) for kind in sorted(registry.alias_kinds()))
