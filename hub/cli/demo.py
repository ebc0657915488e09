"""`renkei demo`: the hub with simulated partners, broken on purpose and judged.

The only command that leads to the sandbox, which it imports when called: the others do not pay for it.
"""

import shlex
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from hub.cli.display import Display
from hub.cli.interrupt import EXIT_INTERRUPTED, interruptible
from hub.cli.output import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, Json, emit_json, err, explained, fail, out

if TYPE_CHECKING:
    from hub.sandbox.flow import Flow
    from hub.sandbox.report import Report
    from hub.sandbox.scene import Scene

LEAST_MESSAGES = 20  # with fewer, a flow has not one message of every kind


class BrokerChoice(Enum):
    AUTO = "auto"
    RABBITMQ = "rabbitmq"
    DOCKER = "docker"
    MEMORY = "memory"


def add_to(cli: typer.Typer) -> None:
    cli.command("demo")(demo_command)


def demo_command(
    as_json: Json = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running until Ctrl-C.")] = False,
    messages: Annotated[int, typer.Option(min=LEAST_MESSAGES, max=5000, help="Messages per flow.")] = 200,
    broker: Annotated[BrokerChoice, typer.Option(help="Which broker to find or start.")] = BrokerChoice.AUTO,
    flow: Annotated[list[str] | None, typer.Option(help="Only this flow, e.g. F2; may be repeated.")] = None,
) -> None:
    """Send real traffic through every flow while partners fail, replay what died, and judge what arrived.

    Exit code 0 only if nothing is lost and every expectation holds.
    """
    from hub.sandbox.process import NodeError

    flows = _chosen(flow)
    try:
        with explained(), interruptible():
            held = _perform(flows, messages, broker, as_json, keep)
    except (NodeError, TimeoutError) as error:
        raise fail(f"error: {error}", EXIT_UNAVAILABLE) from None
    except KeyboardInterrupt:
        raise fail("interrupted; everything started here has ended", EXIT_INTERRUPTED) from None
    raise typer.Exit(0 if held else EXIT_FAILED)


def _perform(flows: Sequence["Flow"], messages: int, broker: BrokerChoice, as_json: bool, keep: bool) -> bool:
    from hub.sandbox.demo import Run
    from hub.sandbox.scene import scene

    started = time.monotonic()
    with Display(err) as display, scene(broker.value, display.say) as here:
        try:
            report = Run(here, flows, messages, display.advance, started).play()
            display.close()
            _show(report, as_json)
            if keep:
                _wait_beside(here)
        finally:
            display.close()
            err.print("ending what was started here ...")
    return report.held


def _show(report: "Report", as_json: bool) -> None:
    from hub.sandbox.table import show

    if as_json:
        emit_json(report.as_json())
        sys.stdout.flush()
        for note in report.notes:
            err.print(escape(note), style="bold yellow")
    else:
        show(report, out)


def _wait_beside(here: "Scene") -> None:
    """Say where everything is, and wait for Ctrl-C."""
    from hub.sandbox.prometheus import watching

    addresses, home = here.hub.addresses(), here.hub.app.home
    with watching(home.targets, here.broker.metrics, home.root / "prometheus") as prometheus:
        places = dict(addresses) | {f"partner, {name}": each.url for name, each in here.partners.items()}
        _wait(here, places | ({"prometheus": f"{prometheus.url}/alerts"} if prometheus else {}))


def _wait(here: "Scene", places: Mapping[str, str]) -> None:
    for name, place in places.items():
        err.print(f"{name:>38}  {place}", markup=False, highlight=False, soft_wrap=True)
    hidden = ["env", *(word for name in here.hidden for word in ("-u", name))] if here.hidden else []
    command = [*hidden, sys.argv[0], "--home", str(here.hub.app.home.root), "dead", "list"]
    err.print(f"look around:  {shlex.join(command)}", markup=False, highlight=False, soft_wrap=True)
    if not here.broker.survives:
        err.print("The in-process broker lives in this process alone: other commands can look, but not replay or send.")
    err.print("stop:  Ctrl-C, which ends and removes everything started here")
    with suppress(KeyboardInterrupt):
        while True:
            signal.pause()


def _chosen(ids: Sequence[str] | None) -> Sequence["Flow"]:
    from hub.sandbox.flows import FLOWS

    known = {flow.id: flow for flow in FLOWS}
    unknown = [each for each in ids or () if each not in known]
    if unknown:
        raise fail(f"no such flow: {', '.join(unknown)}; there are {', '.join(known)}", EXIT_USAGE)
    return [flow for flow in FLOWS if not ids or flow.id in ids]
