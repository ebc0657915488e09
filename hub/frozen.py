"""Changing frozen dataclasses where it happens several times for every message."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import replace

    changed = replace
else:

    def changed(one, **changes):
        """A copy of `one` with other values: what `dataclasses.replace` does, which goes through every field instead.

        For classes without slots and without `__post_init__`. Names are checked by mypy only.
        """
        copy = object.__new__(one.__class__)
        values = copy.__dict__
        values.update(one.__dict__)
        values.update(changes)
        return copy
