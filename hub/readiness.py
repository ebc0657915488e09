"""Whether an installation may work: what must hold before a process starts, and before it gets traffic."""

from functools import partial

import structlog

from hub.app import MEMORY, App
from hub.brokers.administration import Administration
from hub.errors import BrokerUnavailable, ConfigError, StoreUnavailable
from hub.status import Check, Remembered
from hub.topology import WATCH_USER

POLICIES_SECONDS = 60.0  # between looks at the broker's policies: they change seldom, and by hand
_log = structlog.get_logger("hub.readiness")


def start_up(app: App) -> None:
    """Everything that must hold before a process takes its first message.

    Raises ConfigError (configuration, key file, topology), StoreUnavailable, BrokerUnavailable.
    """
    app.store.check()
    app.sealer.verify()
    app.door_keys.load()
    missing = app.broker.missing(app.topology)
    if missing:
        names = ", ".join(f"{kind} {name}" for kind, name in missing)
        raise ConfigError(f"the broker lacks {names}; run `renkei topology apply`", "config.topology")
    if "policies" in app.settings.waive:
        _log.warning("waived", reason="policies are not checked at start, as hub.toml says")
    elif (policies := _policies(app)) is not None:
        try:
            problem = _told(policies)
        except BrokerUnavailable as error:  # not needed for work: readiness fails until it answers
            _log.warning("policies_not_checked", detail=error.detail)
        else:
            if problem:
                raise ConfigError(problem, "config.topology")


def checks(app: App) -> dict[str, Check]:
    """What must be well before a process may get traffic, by names that `waive` knows."""
    return {
        "store": partial(_store_problem, app),
        "broker": partial(_broker_problem, app),
        "policies": Remembered(partial(_policy_problem, app, _policies(app)), POLICIES_SECONDS),
    }


def _policies(app: App) -> Administration | None:
    """Where policies can be looked at; the in-process broker has no others than the topology's."""
    url = app.settings.management_url
    return app.administration(url) if url and app.settings.amqp_url != MEMORY else None


def _policy_problem(app: App, policies: Administration | None) -> str | None:
    if app.settings.amqp_url == MEMORY:
        return None
    if policies is None:
        return (
            "not checked, as there is no management address: set management_url in hub.toml, "
            f"for instance http://broker:15672; without a user name it is read as {WATCH_USER}"
        )
    try:
        return _told(policies)
    except BrokerUnavailable as error:
        return f"not checked: {error.detail}; see whether management_url in hub.toml is right and answers"
    except ConfigError as error:
        return error.detail


def _store_problem(app: App) -> str | None:
    try:
        app.store.check()
    except StoreUnavailable as error:
        return str(error)
    return None


def _broker_problem(app: App) -> str | None:
    return None if app.broker.ready else "not connected, or blocked by a resource alarm"


def _told(administration: Administration) -> str | None:
    """The first difference, and what to do. Raises BrokerUnavailable, ConfigError."""
    problems = administration.problems()
    if not problems:
        return None
    first = problems[0]
    what = f"{first.kind} {first.name} {'is missing' if first.action == 'create' else f'differs ({first.detail})'}"
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    return f"{what}{more}; run `renkei topology plan`, then `renkei topology apply`"
