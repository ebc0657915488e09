"""`renkei asyncapi`: the description of the broker for those who connect to it."""

import json
from importlib.metadata import version

import typer

from hub import registry
from hub.app import App
from hub.asyncapi import describe
from hub.cli.home import KAWASAKI
from hub.cli.output import explained
from hub.settings import HubSettings


def add_to(cli: typer.Typer) -> None:
    cli.command("asyncapi")(asyncapi_command)


def asyncapi_command(context: typer.Context) -> None:
    """Print the AsyncAPI 3.0 description (JSON) of doors, queues and messages, from configuration and schemas."""
    app: App = context.obj
    with explained():
        text = rendered(app)
    typer.echo(text)


def rendered(app: App) -> str:
    """As JSON; where there is no installation, with the settings one has by default. Raises ConfigError."""
    if app.home.settings_file.exists():
        found, settings = app.registry, app.settings
    else:
        found, settings = registry.load(app.home, {}), HubSettings(tenant=KAWASAKI)
    document = describe(found, settings.tenant, settings.tiers, settings.max_body_bytes, version("renkei-hub"))
    return json.dumps(document, ensure_ascii=False, indent=2)
