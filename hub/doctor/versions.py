"""The broker's version, and what stands in the way of its next one."""

import re
from collections.abc import Iterator

from hub.brokers.management import Management, ManagementError
from hub.doctor.verdict import Verdict, failed, ok, warning

OLDEST, NEWEST = (3, 10), (4, 3)
_MISCOUNTING = ((3, 13, 0), (3, 13, 2))
_NOT_FOUND = 404


def version(text: str) -> Verdict:
    """3.10 to 4.3 are supported."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", text)[:3])
    check, found = "broker.version", f"RabbitMQ {text}"
    if numbers[:2] < OLDEST:
        fix = "upgrade the broker to 3.10 or later, see ops/docs/upgrade.md"
        return failed(check, f"{found}: quorum queues cannot keep messages for dead-lettering before 3.10", fix)
    if _MISCOUNTING[0] <= numbers <= _MISCOUNTING[1]:
        return warning(
            check, f"{found} miscounts x-death", "upgrade the broker to the newest 3.13, see ops/docs/upgrade.md"
        )
    if numbers[:2] > NEWEST:
        fix = "read the release notes against ops/docs/upgrade.md before relying on it"
        return warning(check, f"{found} is newer than 4.3, of which no facts are known here", fix)
    return ok(check, found)


def features(management: Management) -> Iterator[Verdict]:
    """Feature flags and deprecated features. The management user must be an administrator."""
    yield feature_flags(management.call("GET", "feature-flags"))
    try:
        used = management.call("GET", "deprecated-features", "used")
    except ManagementError as error:
        if error.status != _NOT_FOUND:
            raise
        yield ok("broker.deprecated", "this version does not tell what it deprecates")
        return
    yield deprecated(used)


def feature_flags(flags: list[dict[str, str]]) -> Verdict:
    """A stable flag that is off keeps the broker from starting after an upgrade that requires it."""
    off = sorted(
        one["name"] for one in flags if one["stability"] in ("stable", "required") and one["state"] != "enabled"
    )
    if off:
        return warning("broker.feature_flags", f"not enabled: {', '.join(off)}", "rabbitmqctl enable_feature_flag all")
    return ok("broker.feature_flags", f"all {len(flags)} stable ones are enabled")


def deprecated(used: list[dict[str, str]]) -> Verdict:
    """What is in use and will be refused by a later version."""
    if not used:
        return ok("broker.deprecated", "no deprecated feature is in use")
    names = ", ".join(sorted(one["name"] for one in used))
    fix = "rabbitmqctl list_deprecated_features --used  # end the use of each, see ops/docs/upgrade.md"
    return warning("broker.deprecated", f"in use: {names}", fix)
