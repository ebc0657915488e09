"""Contract years: an old version beside a newer one, until the last day on which its sender may count on it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from hub.catalogue import Catalogue
from hub.config_file import Finding
from hub.documents import Contract

_MARKS = ("state", "protection", "measure", "parts", "items", "inquiry", "asks", "permissions")


def years(found: Catalogue, today: date) -> Iterator[Finding]:
    """Last days, as notices: a calendar keeps nobody from changing something else. And what has no good way on."""
    upcasts, accepted = found.upcasts(), found.routed() | set(found.ways_in())
    for (type_, version), contract in found.contracts.items():
        last = contract.sunset
        if last is None:
            continue
        over = last < today
        message = f"{type_} version {version} {'ended' if over else 'ends'} on {last}"
        fix = "take it away when nobody sends it any more" if over else "senders move to a newer version by then"
        rule = "contract.ended" if over else "contract.ends"
        yield replace(contract.file.finding(rule, message, fix, "sunset"), notice=True)
        newer = [number for kind, number in accepted if kind == type_ and number > version]
        if newer and (type_, version) not in upcasts:
            message = f"nothing raises what is left of version {version} to version {min(newer)}"
            yield contract.file.finding("upcast.missing", message, f"add it to mappings/{type_}--{type_}", "sunset")
    for mappings in upcasts.values():
        for mapping in mappings:
            old, new = found.contracts.get(mapping.start), found.contracts.get(mapping.end)
            lost = sorted(_lost(old, new)) if old is not None and new is not None else []
            if lost:
                message = (
                    f"version {mapping.from_version} marks {', '.join(lost)}, version {mapping.to_version} does not"
                )
                fix = "mark them there: what is not marked protects nobody and keeps no order"
                yield mapping.file.finding("upcast.marks", message, fix, "to_version")


def _lost(old: Contract, new: Contract) -> Iterator[str]:
    """What the hub would act on no more once a message is raised."""
    before, after = old.file.value, new.file.value
    yield from (mark for mark in _MARKS if getattr(before, mark) is not None and getattr(after, mark) is None)
    yield from (f"persons.{kind}" for kind in old.alias_kinds - new.alias_kinds)
