"""Contract years: an old version beside a newer one, until the last day on which its sender may count on it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from hub.catalogue import Catalogue
from hub.config_file import Finding


def years(found: Catalogue, today: date) -> Iterator[Finding]:
    """Last days, as notices: a calendar keeps nobody from changing something else. And what has no way on."""
    upcasts = found.upcasts()
    for (type_, version), contract in found.contracts.items():
        last = contract.sunset
        if last is None:
            continue
        over = last < today
        message = f"{type_} version {version} {'ended' if over else 'ends'} on {last}"
        fix = "take it away when nobody sends it any more" if over else "senders move to a newer version by then"
        rule = "contract.ended" if over else "contract.ends"
        yield replace(contract.file.finding(rule, message, fix, "sunset"), notice=True)
        newer = [number for kind, number in found.contracts if kind == type_ and number > version]
        if newer and (type_, version) not in upcasts:
            message = f"nothing raises what is left of version {version} to version {min(newer)}"
            yield contract.file.finding("upcast.missing", message, f"add mappings/{type_}--{type_}/v1", "sunset")
