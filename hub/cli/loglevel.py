"""`renkei log-level`: the least level each logger of running processes writes."""

import json
import os
from typing import Annotated

import typer

from hub import logs
from hub.app import App
from hub.cli.output import EXIT_REFUSED, EXIT_USAGE, Json, emit_json, emit_table, fail, out

ALL = "all"
NONE = "none"


def add_to(cli: typer.Typer) -> None:
    cli.command("log-level")(log_level_command)


def log_level_command(
    context: typer.Context,
    logger: Annotated[str, typer.Argument(help='A logger or the beginning of some, e.g. hub.worker; or "all".')] = "",
    level: Annotated[str, typer.Argument(help='debug, info, warning, error; "none" takes it back.')] = "",
    as_json: Json = False,
) -> None:
    """Show or set levels in the home; processes that run there follow within seconds. Without arguments: show."""
    app: App = context.obj
    file = app.home.log_levels
    try:
        given = logs.read_levels(file)
    except FileNotFoundError:
        given = {}
    except (OSError, ValueError):
        raise fail(f"{file} cannot be read as levels; correct or remove it", EXIT_REFUSED) from None
    if logger:
        if level not in (*logs.LEVELS, NONE):
            raise fail(
                f"no such level: {level or '(none given)'}; there are {', '.join((*logs.LEVELS, NONE))}", EXIT_USAGE
            )
        name = "" if logger == ALL else logger
        given = {key: value for key, value in given.items() if key != name} | ({} if level == NONE else {name: level})
        fresh = file.with_suffix(f".{os.getpid()}.new")
        try:
            fresh.write_text(json.dumps(given, indent=1, sort_keys=True), encoding="utf-8")
            fresh.replace(file)
        except OSError as error:
            raise fail(f"{file} cannot be written: {error.strerror}", EXIT_REFUSED) from None
    shown = {name or ALL: value for name, value in sorted(given.items())}
    if as_json:
        emit_json(shown)
    elif shown:
        emit_table("Least level written", ["logger", "level"], list(shown.items()))
    else:
        out.print("every logger writes what the command line of its process says (--log-level)")
