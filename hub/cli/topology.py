"""`renkei topology plan|apply|check`: the broker beside the configuration."""

from typing import Annotated

import typer

from hub.app import App
from hub.brokers.administration import Administration, Change
from hub.cli.output import EXIT_FAILED, Json, emit_json, emit_table, err, explained, out
from hub.installation import passwords

cli = typer.Typer(help="Queues, policies and users of the broker: plan, apply, check.", no_args_is_help=True)

ManagementUrl = Annotated[
    str | None,
    typer.Option(envvar="RENKEI_MANAGEMENT_URL", help="Management API of an administrator, http://user:password@host."),
]
AmqpUrl = Annotated[str | None, typer.Option("--amqp-url", help="Broker address of an administrator.")]


@cli.command("plan")
def plan_command(
    context: typer.Context, management_url: ManagementUrl = None, amqp_url: AmqpUrl = None, as_json: Json = False
) -> None:
    """Show what the broker lacks and where it differs. Changes nothing."""
    with explained():
        changes = administration(context.obj, management_url, amqp_url).plan()
    _show(changes, as_json)


@cli.command("apply")
def apply_command(
    context: typer.Context,
    management_url: ManagementUrl = None,
    amqp_url: AmqpUrl = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also change what differs, as shown by plan.")] = False,
    as_json: Json = False,
) -> None:
    """Create what is missing. What differs is left and shown, unless --overwrite. Nothing is deleted."""
    app: App = context.obj
    with explained():
        users = [user.name for user in app.topology.users] if management_url or app.settings.management_url else []
        left = administration(app, management_url, amqp_url).apply(passwords(app.home, users), overwrite)
    _show(left, as_json)
    if left:
        raise typer.Exit(EXIT_FAILED)


@cli.command("check")
def check_command(
    context: typer.Context, management_url: ManagementUrl = None, amqp_url: AmqpUrl = None, as_json: Json = False
) -> None:
    """Exit 1 when the broker is not as configured."""
    with explained():
        changes = [c for c in administration(context.obj, management_url, amqp_url).plan() if c.action != "extra"]
    _show(changes, as_json)
    if changes:
        raise typer.Exit(EXIT_FAILED)


def administration(app: App, management_url: str | None, amqp_url: str | None) -> Administration:
    """For the addresses given, else those of the settings."""
    if amqp_url:
        app.settings = app.settings.model_copy(update={"amqp_url": amqp_url})
    url = management_url or app.settings.management_url
    if url is None:
        err.print("no management address: bindings, policies and users are not looked at", markup=False)
    return app.administration(url)


def _show(changes: list[Change], as_json: bool) -> None:
    if as_json:
        emit_json([{"action": c.action, "kind": c.kind, "name": c.name, "detail": c.detail} for c in changes])
    elif changes:
        emit_table("Topology", ["", "what", "name", "detail"], [(c.action, c.kind, c.name, c.detail) for c in changes])
    else:
        out.print("the broker is as configured")
