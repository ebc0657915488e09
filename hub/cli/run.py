"""`renkei run`: one hub process."""

import gc
import os
import sys
import threading
from enum import Enum
from importlib.metadata import version
from typing import Annotated

import structlog
import typer

from hub import crew, logs, readiness
from hub.app import App
from hub.cli.output import explained
from hub.crew import Roles
from hub.doctor import addresses, own, shown
from hub.doctor.certificates import Certificates
from hub.metrics import Metrics
from hub.runner import Runner, end_within, stop_on_signals
from hub.status import StatusServer
from hub.support import reconcile
from hub.targets import announced

STOP_SECONDS = 30.0
# A thread that comes back from the database or a socket waits at most so long for each of those that compute. With the
# usual 5 ms a transaction of ten statements, during which nobody else may write, takes a hundred.
SWITCH_SECONDS = 0.0005
CLOSE_SECONDS = 5.0  # for farewells to broker and store, when all is settled or given back
_log = structlog.get_logger("hub.run")


class Role(Enum):
    ALL = "all"
    INTAKE = "intake"
    DELIVERY = "delivery"
    COLLECT = "collect"
    URGENT = "urgent"


def add_to(cli: typer.Typer) -> None:
    cli.command("run")(run_command)


def run_command(
    context: typer.Context,
    role: Annotated[Role, typer.Option(help="What this process does.")] = Role.ALL,
    connector: Annotated[list[str] | None, typer.Option(help="Only with these connectors.")] = None,
    urgent_apart: Annotated[
        bool,
        typer.Option(
            "--urgent-apart",
            help="Leave the urgent doors to a process with `--role urgent`, and stand in while there is none.",
        ),
    ] = False,
) -> None:
    """Run the hub until SIGTERM or SIGINT; a second signal ends it at once."""
    app: App = context.obj
    if urgent_apart and role not in (Role.ALL, Role.INTAKE):
        raise typer.BadParameter("goes with --role all and --role intake", param_hint="--urgent-apart")
    stop = threading.Event()
    with explained():
        intake, delivery, collect = (role in (Role.ALL, one) for one in (Role.INTAKE, Role.DELIVERY, Role.COLLECT))
        roles = Roles(intake, delivery, collect, connector or (), role is Role.URGENT, urgent_apart)
        code = run_process(app, role, roles, stop)
    raise typer.Exit(code)


def run_process(app: App, role: Role, roles: Roles, stop: threading.Event) -> int:
    """Check, start, wait; returns the exit code."""
    readiness.start_up(app)
    sys.setswitchinterval(SWITCH_SECONDS)
    metrics = Metrics(app.registry.flow_of_types(), version("renkei-hub"))
    logs.watch(metrics.logged)
    logs.follow(app.home.log_levels)
    certificates = Certificates(addresses(app), shown(app), own(app))
    workers = crew.workers(app, roles, metrics, stop)
    runner = Runner(workers, stop)
    status = StatusServer(
        app.settings.status_host,
        app.settings.status_port,
        metrics,
        {**readiness.checks(app), "workers": runner.alive},
        refresh=lambda: _refresh(app, metrics, certificates),
        waived=app.settings.waive,
    )
    stop_on_signals(stop)
    gc.collect()
    gc.freeze()  # what is there now stays: to look through it again would stop every message for 150 ms now and then
    runner.start()
    status.start()
    _log.info(
        "started",
        url=f"http://{app.settings.status_host}:{status.port}",
        store=app.store.dialect,
        broker=app.broker.name,
        version=app.broker.version,
        worker=", ".join(worker.name for worker in workers),
    )
    try:
        with announced(app.home.targets, app.settings.status_host, status.port, role.value):
            code = runner.wait(STOP_SECONDS)
        if runner.unfinished():
            os._exit(code)  # the interpreter would wait for them; the broker gives what they hold to others
        end_within(CLOSE_SECONDS, code)
        return code
    finally:
        status.close()


def _refresh(app: App, metrics: Metrics, certificates: Certificates) -> None:
    """What is looked at when scraped."""
    app.refresh(metrics)
    metrics.certificates(certificates.ends())
    if noted := reconcile.noted(app.home.reconciliation):
        metrics.reconciled(*noted)
