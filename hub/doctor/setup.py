"""What hub.toml says that somebody should know: what is waived, what cannot be checked, what arrives unsealed."""

from collections.abc import Iterator

from hub.doctor.verdict import Verdict, failed, ok, warning
from hub.door import DoorKeys
from hub.errors import ConfigError
from hub.home import Home
from hub.ports.accounts import Right
from hub.ports.staff import Feed
from hub.ports.store import Store
from hub.registry import Registry
from hub.settings import HubSettings
from hub.support.staff_feed import due_at


def examine(home: Home, settings: HubSettings, registry: Registry) -> Iterator[Verdict]:
    yield waived(home, settings)
    yield door_keys(home)
    yield from plain(settings, registry)


def door_keys(home: Home) -> Verdict:
    """The keys that open what partners have sealed."""
    keys = DoorKeys(home.door_keys)
    try:
        keys.load()
    except ConfigError as error:
        return failed("door_keys", error.detail, f"chmod 600 {home.door_keys}/*.pem; ls -l {home.door_keys}")
    kids = keys.kids()
    if not kids:
        return warning("door_keys", "there is none, so no partner can seal", f"renkei --home {home.root} door-key add")
    return ok("door_keys", f"{len(kids)} open, partners seal to {kids[-1]}")


def plain(settings: HubSettings, registry: Registry) -> Iterator[Verdict]:
    """What may lie on the broker's disk for everybody to read who reads that disk."""
    sealed = {name for name, one in settings.sealing.items() if one.intake == "sealed"}
    taken = [name for name in registry.doors() if name not in sealed]
    yield ok("intake.plain", f"plain messages are taken from {', '.join(taken) or 'nobody'}")
    keyed = {name for name, one in settings.sealing.items() if one.reply_key is not None}
    left = [name for name, partner in registry.partners.items() if partner.reads and name not in keyed]
    yield ok("reply.plain", f"what is for {', '.join(left) or 'nobody'} lies plain in its queue")
    loose = [name for name in registry.partners if name in keyed and not settings.sealing[name].reply_mid]
    yield ok("reply.unbound", f"what is sealed for {', '.join(loose) or 'nobody'} names no message id")


def accounts(store: Store, now: int) -> Verdict:
    """Who may use console and support commands."""
    found = store.accounts()
    if not found:
        told = (
            "nobody has an account: the console lets nobody in, and at the shell whoever reads the home may everything"
        )
        return ok("accounts", told)
    working = [one for one in found if one.works(now)]
    admins = sum(Right.ACCOUNTS in one.rights for one in working)
    if not admins:
        fix = "renkei account add NAME --role admin --display … --reason …"
        return warning("accounts", f"{len(working)} accounts work, and none of them keeps accounts", fix)
    return ok("accounts", f"{len(working)} accounts work, {admins} of them keep accounts")


def feed(home: Home, days: int | None, last: Feed | None, staffed: bool, now: int) -> Verdict:
    """Whether leavers are told of (R52). `days`: after which a feed is missing, None: none is expected."""
    if days is None:
        if not staffed:
            return ok("staff_feed", "nobody has an account, so none has to be ended")
        told = "no personnel feed is expected, so accounts of leavers end by hand alone"
        return warning("staff_feed", told, f"set staff_feed_days in {home.settings_file}, e.g. staff_feed_days = 3")
    if now < due_at(last, days):
        assert last is not None
        return ok("staff_feed", f"the last personnel feed tells of {last.of}")
    told = "no personnel feed was ever applied" if last is None else f"the last personnel feed tells of {last.of}"
    fix = f"renkei --home {home.root} account feed FILE --table TABLE --apply"
    return failed("staff_feed", f"{told}; one is due every {days} days, and leavers may still get in", fix)


def waived(home: Home, settings: HubSettings) -> Verdict:
    """Readiness checks that may fail without anybody noticing."""
    if not settings.waive:
        return ok("waived", "no readiness check is waived")
    names = ", ".join(settings.waive)
    fix = f"sed -i '/^waive *=/d' {home.settings_file}  # then restart the processes"
    return warning("waived", f"readiness does not count {names}", fix)
