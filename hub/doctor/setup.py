"""What hub.toml says that somebody should know: what is waived, what cannot be checked, what arrives unsealed."""

from collections.abc import Iterator

from hub.doctor.verdict import Verdict, ok, warning
from hub.home import Home
from hub.ports.accounts import Right
from hub.ports.store import Store
from hub.registry import Registry
from hub.settings import HubSettings


def examine(home: Home, settings: HubSettings, registry: Registry) -> Iterator[Verdict]:
    yield waived(home, settings)
    yield ok("intake.plain", f"messages arrive unsealed from {', '.join(registry.doors()) or 'nobody'}")


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


def waived(home: Home, settings: HubSettings) -> Verdict:
    """Readiness checks that may fail without anybody noticing."""
    if not settings.waive:
        return ok("waived", "no readiness check is waived")
    names = ", ".join(settings.waive)
    fix = f"sed -i '/^waive *=/d' {home.settings_file}  # then restart the processes"
    return warning("waived", f"readiness does not count {names}", fix)
