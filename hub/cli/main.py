"""The command tree."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from hub import logs
from hub.app import App
from hub.cli import (
    account,
    approval,
    asyncapi,
    audit,
    card,
    case,
    connector,
    console,
    dead,
    demo,
    doctor,
    door_key,
    edit,
    emergency,
    erase,
    faults,
    fence,
    flows,
    hold,
    home,
    keys,
    loglevel,
    messages,
    permission,
    plan,
    replay,
    retention,
    run,
    sandbox,
    scaffold,
    schema,
    status,
    top,
    topology,
    trial,
    validate,
    who,
)
from hub.cli.rights import guarded
from hub.ports.audit import acting

DEFAULT_HOME = Path("renkei-home")


class LogLevel(Enum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


cli = typer.Typer(
    name="renkei",
    help="Renkei Hub: a message-driven integration hub for child medical-expense subsidies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables would show personal data
)


@cli.callback()
def root(
    context: typer.Context,
    home_directory: Annotated[
        Path, typer.Option("--home", envvar="RENKEI_HOME", help="Home directory of this installation.")
    ] = DEFAULT_HOME,
    log_level: Annotated[LogLevel, typer.Option(envvar="RENKEI_LOG_LEVEL", help="Least level logged.")] = LogLevel.INFO,
) -> None:
    """Open the home directory for the command."""
    logs.configure(log_level.value)
    app = App(home_directory)
    context.obj = app
    context.with_resource(acting(who.account(), who.where()))
    context.call_on_close(app.close)


home.add_to(cli)
flows.add_to(cli)
messages.add_to(cli)
doctor.add_to(cli)
run.add_to(cli)
loglevel.add_to(cli)
top.add_to(cli)
console.add_to(cli)
demo.add_to(cli)
faults.add_to(cli)
card.add_to(cli)
validate.add_to(cli)
trial.add_to(cli)
asyncapi.add_to(cli)
schema.add_to(cli)
status.add_to(cli)
plan.add_to(cli)
cli.add_typer(scaffold.cli, name="scaffold")
cli.add_typer(topology.cli, name="topology")
cli.add_typer(dead.cli, name="dead")
cli.add_typer(case.cli, name="case")
cli.add_typer(fence.cli, name="fence")
cli.add_typer(approval.cli, name="approval")
cli.add_typer(edit.cli, name="edit")
cli.add_typer(emergency.cli, name="emergency")
cli.add_typer(erase.cli, name="erase")
cli.add_typer(hold.cli, name="hold")
cli.add_typer(permission.cli, name="permission")
cli.add_typer(audit.cli, name="audit")
cli.add_typer(replay.cli, name="replay")
cli.add_typer(keys.cli, name="keys")
cli.add_typer(retention.cli, name="retention")
cli.add_typer(account.cli, name="account")
cli.add_typer(sandbox.cli, name="sandbox")
cli.add_typer(door_key.cli, name="door-key")
cli.add_typer(connector.cli, name="connector")


guarded(cli)


def main() -> None:
    """Entry point."""
    cli()
