"""Mapped: a document on its way through several mappings, as where an older version of a contract is raised first."""

from collections.abc import Sequence

from hub.documents import Document, Mapping
from hub.errors import Refused
from hub.services import Services


def mapped(document: Document, steps: Sequence[Mapping], hub: Services) -> Document:
    """After all `steps`. The last result is checked by `check_output`, those in between here: a stylesheet passes over
    what it does not know, and what an upcast spoils would be missing without a word.

    Refuses `translate.failed`, `translate.output`.
    """
    for number, step in enumerate(steps, 1):
        document = step.apply(document)
        if number < len(steps):
            _check(document, step, hub)
    return document


def _check(document: Document, step: Mapping, hub: Services) -> None:
    try:
        hub.registry.contract(*step.end).validate(document)
    except Refused as error:
        raise Refused("translate.output", f"{step.name} {step.folder.name}: {error.detail}") from None
