"""The clocks of this host, the broker and the database beside each other.

Leases, delays and the journal's order are computed from the clocks of the hub's hosts: where they differ by more than
the margin of a lease, a send of another host may be taken for abandoned while it is still under way.
"""

from hub.doctor.verdict import Verdict, failed, ok, warning

WARN_SECONDS = 1.5  # a lease outlives the longest possible send by 2 s
FAIL_SECONDS = 30.0


def apart(asked: float, answered: float, earliest: float, latest: float) -> float:
    """Seconds by which two clocks certainly differ; positive where the other one is ahead.

    It said something between `earliest` and `latest` at a moment that was between `asked` and `answered` here.
    """
    if earliest > answered:
        return earliest - answered
    if latest < asked:
        return latest - asked
    return 0.0


def judge(whose: str, difference: float) -> Verdict:
    """`difference` as from `apart`."""
    check = f"clock.{whose}"
    if abs(difference) < WARN_SECONDS:
        return ok(check, "the same as here")
    found = f"{abs(difference):.1f} s {'ahead of' if difference > 0 else 'behind'} this host"
    fix = f"timedatectl set-ntp true  # on whichever is wrong, this host or the {whose}'s"
    return failed(check, found, fix) if abs(difference) >= FAIL_SECONDS else warning(check, found, fix)
