"""Finding the dead letters of one person without opening any: the number becomes keyed hashes at once."""

import re
import unicodedata

from hub.errors import Refused
from hub.ports.persons import Alias
from hub.registry import Registry
from hub.seal import Sealer

_SEPARATORS = re.compile(r"[\s\-‐－]")
_LONGEST = 64


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
