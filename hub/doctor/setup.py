"""What hub.toml says that somebody should know: what is waived, what cannot be checked, what arrives unsealed."""

from collections.abc import Iterator

from hub.doctor.verdict import Verdict, ok, warning
from hub.home import Home
from hub.registry import Registry
from hub.settings import HubSettings


def examine(home: Home, settings: HubSettings, registry: Registry) -> Iterator[Verdict]:
    yield waived(home, settings)
    yield ok("intake.plain", f"messages arrive unsealed from {', '.join(registry.doors()) or 'nobody'}")


def waived(home: Home, settings: HubSettings) -> Verdict:
    """Readiness checks that may fail without anybody noticing."""
    if not settings.waive:
        return ok("waived", "no readiness check is waived")
    names = ", ".join(settings.waive)
    fix = f"sed -i '/^waive *=/d' {home.settings_file}  # then restart the processes"
    return warning("waived", f"readiness does not count {names}", fix)
