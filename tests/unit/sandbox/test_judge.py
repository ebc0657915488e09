"""The judge must be able to say "lost", "doubled" and "reordered"."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hub.sandbox.judge import Due, Effect, account, doubled, reordered, uninvited

DUES = [
    Due("welfare", "welfare.resident_change", f"message-{person}-{version}", record=person, version=version)
    for person in ("a", "b")
    for version in (1, 2, 3)
]


def effect_of(due: Due) -> Effect:
    key = f"key of {due.correlation_id}"
    return Effect(due.partner, due.operation, key, due.correlation_id, due.record, due.version)


EFFECTS = [effect_of(due) for due in DUES]


def test_a_complete_ledger_loses_nothing() -> None:
    found = account(DUES, EFFECTS)
    assert found.delivered == tuple(DUES)
    assert not found.lost
    assert not doubled(EFFECTS)
    assert not reordered(EFFECTS)


@pytest.mark.parametrize("position", [2, 5])
def test_a_missing_newest_version_is_lost(position: int) -> None:
    found = account(DUES, EFFECTS[:position] + EFFECTS[position + 1 :])
    assert found.lost == (DUES[position],)


def test_a_missing_older_version_is_overtaken() -> None:
    found = account(DUES, EFFECTS[1:])
    assert found.overtaken == (DUES[0],)
    assert not found.lost


@pytest.mark.parametrize(
    "other", [{"record": "c"}, {"partner": "pmh"}, {"operation": "welfare.numbering_result"}, {"version": 1}]
)
def test_another_record_partner_operation_or_version_does_not_count(other: dict[str, Any]) -> None:
    # Given: the only effect is of a message that is not newer about the same record at the same partner
    due, newer = DUES[0], replace(DUES[2], **other)
    # Then
    assert account([due, newer], [effect_of(newer)]).lost == (due,)


def test_an_unversioned_message_is_lost_without_its_own_effect() -> None:
    due = Due("pmh", "pmh.key_binding", "message-1")
    assert account([due], []).lost == (due,)
    assert account([due], [replace(effect_of(due), correlation_id="message-2")]).lost == (due,)
    assert account([due], [effect_of(due)]).delivered == (due,)


def test_an_empty_ledger_loses_everything() -> None:
    assert account(DUES, []).lost == tuple(DUES)


def test_a_second_effect_of_the_same_key_is_doubled() -> None:
    assert doubled([*EFFECTS, EFFECTS[0]]) == [EFFECTS[0]]


def test_a_second_effect_under_another_key_is_doubled_all_the_same() -> None:
    again = replace(EFFECTS[0], key="another key")
    assert doubled([*EFFECTS, again]) == [again]


def test_the_same_version_by_another_message_is_doubled() -> None:
    again = replace(EFFECTS[0], key="another key", correlation_id="another message")
    assert doubled([*EFFECTS, again]) == [again]


def test_one_message_may_have_effects_at_several_partners() -> None:
    assert not doubled([EFFECTS[0], replace(EFFECTS[0], partner="pmh")])
    assert not doubled([EFFECTS[0], replace(EFFECTS[0], operation="other", key="other")])


def test_an_older_version_after_a_newer_one_is_reordered() -> None:
    swapped = [EFFECTS[1], EFFECTS[0], *EFFECTS[2:]]
    assert reordered(swapped) == [EFFECTS[0]]


def test_the_order_between_different_records_is_free() -> None:
    assert not reordered(EFFECTS[3:] + EFFECTS[:3])


def test_effects_of_a_message_that_had_to_be_refused_are_uninvited() -> None:
    assert uninvited(EFFECTS, [DUES[1].correlation_id]) == [EFFECTS[1]]
    assert not uninvited(EFFECTS, ["a message without effect"])
