"""The broker: which checks can be made, and with whose eyes."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from hub.app import MEMORY, App
from hub.brokers.management import Management, ManagementError
from hub.brokers.rabbit import RabbitBroker
from hub.doctor import accounts, clock, nodes, queues, topology, versions
from hub.doctor.verdict import Verdict, failed, ok, warning
from hub.errors import BrokerUnavailable, ConfigError
from hub.hosts import each_host
from hub.topology import WATCH_USER

CONNECT_SECONDS = 5.0
_DENIED = (401, 403)


def examine(app: App, management_url: str | None, renkei: str) -> Iterator[Verdict]:
    """`management_url`: of an administrator, else what hub.toml says; with the read-only user less can be seen."""
    if app.settings.amqp_url == MEMORY:
        fix = "apt-get install rabbitmq-server, then set amqp_url in hub.toml and run: renkei topology apply"
        yield warning("broker.connection", "the in-process broker: nothing survives the end of the process", fix)
        return
    yield connection(app)
    url = management_url or app.settings.management_url
    if url is None:
        found = "policies, bindings, rights, nodes are not checked: there is no management address"
        yield warning("broker.management", found, 'management_url = "http://broker:15672"  # a line for hub.toml')
        return
    management = app.management(url)
    try:
        yield from _through(management, app, url, renkei)
    except ManagementError as error:
        shown = _bare(url)
        said = f"status {error.status}" if error.status else "no answer"
        yield failed("broker.management", f"{shown}: {said}", f"curl -sS -u USER {shown}/api/overview")
    except (ConfigError, BrokerUnavailable) as error:
        yield failed("broker.management", error.detail, f"{renkei} topology plan")
    finally:
        management.close()


def connection(app: App) -> Verdict:
    """Whether the hub's own user gets in."""
    try:
        broker = RabbitBroker(app.broker_url, app.broker_tls)
    except ConfigError as error:
        return failed("broker.connection", error.detail, 'amqp_url = "amqp://broker/%2F"  # a line for hub.toml')
    try:
        problem = broker.problem(CONNECT_SECONDS)
    finally:
        broker.close()
    if problem is None:
        return ok("broker.connection", "the hub's user is let in")
    user = urlsplit(app.broker_url).username
    fix = "\n".join([
        "rabbitmq-diagnostics listeners",
        f"rabbitmqctl authenticate_user {user}  # secrets/{user}.password; else: rabbitmqctl change_password {user}",
        f"rabbitmqctl list_permissions -p {app.vhost}",
    ])  # fmt: skip
    return failed("broker.connection", f"not connected within {CONNECT_SECONDS:g} s: {problem}", fix)


def _through(management: Management, app: App, url: str, renkei: str) -> Iterator[Verdict]:
    asked = time.time()
    says = management.date()
    yield clock.judge("broker", clock.apart(asked, time.time(), says, says + 1))  # it tells whole seconds
    try:
        who = management.call("GET", "whoami")
    except ManagementError as error:
        if error.status not in _DENIED:
            raise
        fix = f"{renkei} topology apply --management-url {_of_administrator(url)}"
        yield failed("broker.management", f"the management API does not know {_user(url)}", fix)
        return
    yield versions.version(str(management.call("GET", "overview")["rabbitmq_version"]))
    yield accounts.guest(management)
    administrator = "administrator" in who["tags"]
    place = topology.Place(_bare(url), app.vhost, renkei, _of_administrator(url))
    administration = app.administration(url)
    changes = administration.plan() if administrator else administration.problems()
    yield from topology.examine(changes, place, app.topology, administrator)
    yield from queues.examine(management, app.topology, place)
    if not administrator:
        found = f"rights, nodes and feature flags are not checked: {who['name']} may not see them"
        fix = f"{renkei} doctor --management-url {_of_administrator(url)}"
        yield warning("broker.administrator", found, fix)
        return
    yield from accounts.examine(management, app.topology, app.vhost)
    yield from versions.features(management)
    yield from nodes.examine(management, app.topology, app.vhost)


def _bare(url: str) -> str:
    """The address of the first host, without its password."""
    parts = urlsplit(each_host(url)[0])
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 15672}"


def _of_administrator(url: str) -> str:
    scheme, _, place = _bare(url).partition("://")
    return f"{scheme}://ADMIN:PASSWORD@{place}"


def _user(url: str) -> str:
    return urlsplit(url).username or WATCH_USER
