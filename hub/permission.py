"""When an inquiry may be asked (R24), and when one of another body is answered (R23, R28): if all of this says so."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hub.ports.permissions import Inquiry, ListSummary, Permission


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds at an edge. `provider`: the own body's code; `routes`: 経路情報 by which it is asked.

    `provides`: 特定個人情報名コード on the table of provision. The subsidy's own file is not on it (R28).
    """

    provider: str
    routes: Collection[str]
    provides: Collection[str]


def unasked(found: Permission | None, now: int) -> str | None:
    """The code of why the own body may not ask this, None where it may (R24)."""
    if found is None:
        return "inquiry.no_list"
    if found.valid_until < now:
        return "inquiry.list_expired"
    return None if found.listed else "inquiry.not_listed"


def objection(inquiry: Inquiry, found: Permission | None, terms: Terms, now: int) -> str | None:
    """The code of the first reason against answering, None where there is none. `found`: what the list says."""
    if found is None:
        return "provision.no_list"
    if found.valid_until < now:
        return "provision.list_expired"
    if inquiry.combination.provider != terms.provider:
        return "provision.not_ours"
    if inquiry.combination.item not in terms.provides:
        return "provision.not_provided"
    if not found.listed:
        return "provision.not_listed"
    if inquiry.licence_for != inquiry.number or inquiry.licence_until < now:
        return "provision.licence"
    if inquiry.route not in terms.routes:
        return "provision.route"
    return None


def in_force(lists: Sequence[ListSummary], now: int) -> ListSummary | None:
    """The newest version that has begun, expired or not; as `Permissions.permission` chooses."""
    begun = [one for one in lists if one.valid_from <= now]
    return max(begun, key=lambda one: one.version, default=None)
