"""`renkei try`: what the hub would do with a document, with nothing sent, stored or asked."""

from dataclasses import asdict
from typing import Annotated

import typer

from hub import registry
from hub.app import App
from hub.cli.home import KAWASAKI
from hub.cli.output import EXIT_FAILED, EXIT_USAGE, Json, emit_json, emit_table, explained, fail, out
from hub.cli.validate import As, File, body_limit, read, told
from hub.client import new_id
from hub.codes import CODES
from hub.message import Message
from hub.support.trial import Step, Trial, attempt


def add_to(cli: typer.Typer) -> None:
    cli.command("try")(try_command)


def try_command(
    context: typer.Context,
    file: File,
    as_: As = None,
    purpose: Annotated[str | None, typer.Option(help="Purpose code; the first registered one if left out.")] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="As this partner; the one that may send the type if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what the hub would do with one document: stages, routes, lanes, outputs, what could hold or refuse it.

    Nothing is sent, stored or logged. Who is protected is not looked up: that is told as a condition.
    """
    app: App = context.obj
    body, limit = read(file), body_limit(app)
    installed = app.home.settings_file.exists()
    with explained():
        type_, version = told(app, body, limit, as_)
        found = app.registry if installed else registry.load(app.home, {})
        granted = found.granted_to(type_)
        source = from_ or _only(type_, granted)
        if source not in {*found.partners, *found.connectors}:
            raise fail(f"there is no partner {source}; known: {', '.join(sorted(found.partners))}", EXIT_USAGE)
        stated = purpose or min(granted.get(source, ()), default=None)
        id_ = new_id()
        message = Message(id_, type_, version, source, id_, body, purpose=stated)
        trial = attempt(found, app.settings.tenant if installed else KAWASAKI, limit, message)
    if as_json:
        emit_json(asdict(trial) | {"passes": trial.passes})
    else:
        _show(trial)
    if not trial.passes:
        raise typer.Exit(EXIT_FAILED)


def _only(type_: str, granted: dict[str, frozenset[str]]) -> str:
    if len(granted) == 1:
        return next(iter(granted))
    who = f"{', '.join(sorted(granted))} may send it" if granted else "nobody may send it; config/grants says who may"
    raise fail(f"name the sender with --from: of {type_}, {who}", EXIT_USAGE)


def _show(trial: Trial) -> None:
    out.print(f"{trial.type} version {trial.version} from {trial.source}, purpose {trial.purpose}", markup=False)
    for name, purposes in trial.granted.items():
        out.print(f"grant: {name} may send it for {', '.join(purposes)}", markup=False)
    out.print(f"arrives in: {trial.door}", markup=False)
    if trial.raised is not None:
        out.print(
            f"raised: {trial.raised}, and goes on as that\n旧版変換: {trial.raised}。以後は新しい版として扱います",
            markup=False,
        )
    _steps("intake", trial.steps)
    for condition in trial.conditions:
        out.print(f"? {condition}", markup=False)
    if trial.canonical is not None:
        out.print(f"routed as {trial.canonical} by {', '.join(trial.routes)}", markup=False)
    for target in trial.targets:
        rows = [
            ("queue", target.queue),
            ("contract", target.contract),
            ("mapping", target.mapping),
            ("edge", target.edge),
            ("ordering", target.ordering),
            *(("condition", condition) for condition in target.conditions),
        ]
        emit_table(f"to {target.connector}", ["what", "value"], rows)
        _steps(f"to {target.connector}", target.steps)
        if target.document is not None:
            typer.echo(target.document)  # as it is: a line that is folded could not be copied


def _steps(where: str, steps: tuple[Step, ...]) -> None:
    for step in steps:
        if step.code is None:
            continue
        card = CODES[step.code]
        out.print(f"refused {where}, at {step.stage}: {card.title} ({step.code})\n{card.title_ja}", markup=False)
        out.print(f"  {step.detail}\n  → {card.next_step}\n  → {card.next_step_ja}", markup=False)
        return
    out.print(f"{where}: passes {', '.join(step.stage for step in steps)}", markup=False)
