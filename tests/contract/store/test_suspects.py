"""How often the handling of a suspect began and did not end."""

from hub.store import SqlStore

QUEUE = "delivery.pmh"


def test_each_begun_handling_counts_those_that_never_ended(store: SqlStore) -> None:
    assert [store.suspect(QUEUE, "x", now) for now in range(3)] == [0, 1, 2]
    assert store.suspect(QUEUE, "y", 0) == 0
    assert store.suspect("intake.welfare", "x", 0) == 0


def test_a_handling_that_ended_is_forgotten(store: SqlStore) -> None:
    store.suspect(QUEUE, "x", 0)
    store.suspect(QUEUE, "y", 0)

    store.absolve(QUEUE, "x")

    assert (store.suspect(QUEUE, "x", 1), store.suspect(QUEUE, "y", 1)) == (0, 1)
