"""`renkei sandbox`: a hub with simulated partners for a team that is about to publish, which can be made to fail."""

import json
import shlex
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
import urllib3

from hub.cli.demo import BrokerChoice
from hub.cli.display import Display
from hub.cli.interrupt import EXIT_INTERRUPTED, interruptible
from hub.cli.output import EXIT_UNAVAILABLE, EXIT_USAGE, err, explained, fail, out

cli = typer.Typer(help="A hub with simulated partners, to try publishing on.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option("--folder", file_okay=False, help="Where samples and addresses are written.")]
HERE = Path("renkei-sandbox")
SECONDS = 10.0


@cli.command("start")
def start_command(folder: Folder = HERE, broker: BrokerChoice = BrokerChoice.AUTO) -> None:
    """Start a hub, a broker of its own and the simulated partners of a synthetic city, until Ctrl-C."""
    from hub.sandbox.playground import NOTE, settle_in, write_note, write_samples
    from hub.sandbox.process import NodeError
    from hub.sandbox.scene import scene

    try:
        with explained(), interruptible(), Display(err) as display, scene(broker.value, display.say) as here:
            if not here.broker.survives:
                text = "publishing needs a RabbitMQ: install rabbitmq-server, or name one (RENKEI_AMQP_URL)"
                raise fail(text, EXIT_UNAVAILABLE)
            folder.mkdir(parents=True, exist_ok=True)
            write_samples(folder / "samples", settle_in(here))
            note = write_note(folder, here)
            display.close()
            _tell(folder, note)
            try:
                with suppress(KeyboardInterrupt):
                    while True:
                        signal.pause()
            finally:
                (folder / NOTE).unlink(missing_ok=True)
                err.print("ending what was started here ...")
    except (NodeError, TimeoutError) as error:
        raise fail(f"error: {error}", EXIT_UNAVAILABLE) from None
    except KeyboardInterrupt:
        raise fail("interrupted; everything started here has ended", EXIT_INTERRUPTED) from None


@cli.command("fail")
def fail_command(
    partner: Annotated[str, typer.Argument(help="Which simulated partner, as sandbox.json names it.")],
    mode: Annotated[str, typer.Argument(help="How: 400, 429, 500, 503, timeout, reset, 500_after, malformed, …")],
    times: Annotated[int | None, typer.Option(min=1, help="For so many requests; until healed if left out.")] = None,
    folder: Folder = HERE,
) -> None:
    """Let a simulated partner fail from now on."""
    _ask(folder, partner, "PUT", {"mode": mode, "times": times})


@cli.command("heal")
def heal_command(partner: Annotated[str, typer.Argument()], folder: Folder = HERE) -> None:
    """Let it work again."""
    _ask(folder, partner, "DELETE", None)


def _ask(folder: Path, partner: str, method: str, body: dict[str, object] | None) -> None:
    from hub.sandbox.playground import NOTE

    try:
        partners: dict[str, str] = json.loads((folder / NOTE).read_text(encoding="utf-8"))["partners"]
    except OSError:
        raise fail(f"no sandbox runs in {folder}: start one with `renkei sandbox start`", EXIT_USAGE) from None
    if partner not in partners:
        raise fail(f"no such partner: {partner}; there are {', '.join(sorted(partners))}", EXIT_USAGE)
    try:
        answer = urllib3.request(method, f"{partners[partner]}/mode", json=body, timeout=SECONDS, retries=False)
    except urllib3.exceptions.HTTPError:
        raise fail(f"{partner} does not answer: has the sandbox ended?", EXIT_UNAVAILABLE) from None
    if answer.status >= 400:
        raise fail(answer.data.decode(errors="replace"), EXIT_USAGE)
    out.print(f"{partner}: {'works' if body is None else body['mode']}", markup=False)


def _tell(folder: Path, note: dict[str, Any]) -> None:
    """For people, on standard error; the same stands in the note."""
    command = shlex.join([sys.argv[0], "--home", note["home"]])
    lines = [
        *(f"{name:>30}  {url}" for name, url in note["publish_to"].items()),
        f"samples, by partner and type:  {folder / 'samples'}",
        f"what became of a message:  {command} status ID",
        f"let a partner fail:  {sys.argv[0]} sandbox fail pmh 503 --times 3 --folder {folder}",
        "stop:  Ctrl-C, which ends and removes everything but the samples",
    ]
    err.print("Publish as (user and password are of this sandbox alone):")
    for line in lines:
        err.print(line, markup=False, highlight=False, soft_wrap=True)
    err.print("ready")
