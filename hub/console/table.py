"""Every address of the console with the right it needs: the one place where that is decided."""

from hub.console.screen import Screen
from hub.console.screens import (
    accounts,
    approvals,
    case,
    cases,
    edit,
    edit_new,
    emergencies,
    fences,
    holds,
    interface,
    letter,
    live,
    message,
    overview,
    partners,
    plan,
    plans,
    record,
    search,
    session,
)

SCREENS: tuple[Screen, ...] = (
    *session.SCREENS,
    *overview.SCREENS,
    *cases.SCREENS,
    *case.SCREENS,
    *search.SCREENS,
    *message.SCREENS,
    *letter.SCREENS,
    *edit_new.SCREENS,
    *edit.SCREENS,
    *plans.SCREENS,
    *plan.SCREENS,
    *holds.SCREENS,
    *fences.SCREENS,
    *partners.SCREENS,
    *interface.SCREENS,
    *approvals.SCREENS,
    *emergencies.SCREENS,
    *record.SCREENS,
    *accounts.SCREENS,
)
STREAMS = live.STREAMS
