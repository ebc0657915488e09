"""`renkei faults`: the hub under steady load, broken at random and at every named step, and judged.

Leads to the sandbox as `renkei demo` does, and imports it when called.
"""

import secrets
import shutil
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from hub import logs
from hub.cli.display import Display
from hub.cli.interrupt import EXIT_INTERRUPTED, interruptible
from hub.cli.output import EXIT_FAILED, EXIT_UNAVAILABLE, Json, emit_json, err, explained, fail, out


class StoreChoice(Enum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


def add_to(cli: typer.Typer) -> None:
    cli.command("faults")(faults_command)


def faults_command(
    faults: Annotated[int, typer.Option(min=1, max=100_000, help="How many faults to inject.")] = 200,
    seed: Annotated[int | None, typer.Option(min=0, help="Repeats a run; drawn and reported when left out.")] = None,
    minutes: Annotated[float, typer.Option(min=0.1, max=240, help="At most so long under faults.")] = 30.0,
    store: Annotated[StoreChoice, typer.Option(help="Which store the hub keeps its books in.")] = StoreChoice.SQLITE,
    evidence: Annotated[
        Path | None, typer.Option(help="New directory for logs, ledgers and database of a run that fails.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Kill, cut, block and confuse the hub under load, then judge it by what publishers and partners wrote down.

    Starts a broker, a database and partners of its own. Exit code 0 only if nothing is lost, doubled or reordered.
    """
    from hub.sandbox.faults.outcome import show
    from hub.sandbox.faults.plan import PLAYED
    from hub.sandbox.faults.run import Run
    from hub.sandbox.faults.theatre import theatre
    from hub.sandbox.flows import FLOWS
    from hub.sandbox.process import NodeError

    logs.configure("error")  # the harness's own connections are lost with the broker: nobody needs to be told
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    try:
        with explained(), interruptible(), Display(err) as display, theatre(store.value, display.say) as here:
            flows = [flow for flow in FLOWS if flow.id in PLAYED]
            outcome = Run(here, flows, seed, faults, minutes, display.advance).play()
            display.close()
            if as_json:
                emit_json(outcome.as_json())
            else:
                show(outcome, out)
            sys.stdout.flush()
            if evidence is not None and not outcome.verdict.held:
                shutil.copytree(here.root, evidence, ignore=shutil.ignore_patterns("keys", "secrets"))
            err.print("ending what was started here ...")
    except (NodeError, TimeoutError) as error:
        raise fail(f"error: {error}", EXIT_UNAVAILABLE) from None
    except KeyboardInterrupt:
        raise fail("interrupted; everything started here has ended", EXIT_INTERRUPTED) from None
    raise typer.Exit(0 if outcome.verdict.held else EXIT_FAILED)
