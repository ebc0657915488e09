"""Whatever order deliveries are settled in: exactly those are acked, and `multiple` covers no other."""

from hypothesis import given
from hypothesis import strategies as st

from hub.acks import AckWindow


@given(st.data())
def test_exactly_what_is_settled_is_acked(data: st.DataObject) -> None:
    window = AckWindow()
    handed = 0
    unacked: set[int] = set()  # as the broker sees it
    settled: set[int] = set()
    for _ in range(data.draw(st.integers(1, 12))):
        # Given some more are handed out
        for _ in range(data.draw(st.integers(0, 5))):
            handed += 1
            window.handed_out(handed)
            unacked.add(handed)

        # When some are settled: any of them, again or not handed out at all
        batch = data.draw(st.lists(st.integers(1, handed + 3), max_size=6))
        settled |= unacked.intersection(batch)
        acks = window.settled(batch)

        # Then
        covered = {number for number in unacked if acks.through is not None and number <= acks.through}
        assert covered <= settled, "an unsettled one is acked by `multiple`"
        assert set(acks.singles) <= unacked - covered, "acked twice, which closes the channel"
        assert acks.through is None or acks.through in unacked
        unacked -= covered | set(acks.singles)
        assert unacked & settled == set(), "settled, and kept back"
        assert len(window) == len(unacked)
        # every single stands behind one that is not settled
        assert all(min(unacked, default=number) < number for number in acks.singles)
