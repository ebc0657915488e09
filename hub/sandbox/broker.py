"""Command line of `ops/broker`: a private RabbitMQ that stays up between commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.sandbox.process import NodeError
from hub.sandbox.rabbitmq import PrivateRabbit, find_binary, install_debian_package
from hub.sandbox.rabbitmq_home import RabbitHome

app = typer.Typer(help="A private RabbitMQ node on loopback.", no_args_is_help=True)
Directory = Annotated[Path, typer.Option("--dir", help="Where the node's data live.")]
DEFAULT = Path(".renkei/broker")


@app.command()
def start(directory: Directory = DEFAULT) -> None:
    """Start the node, installing RabbitMQ first where that is possible; print its addresses."""
    if find_binary() is None:
        install_debian_package()
    directory.mkdir(parents=True, exist_ok=True)
    node = PrivateRabbit(directory)
    node.start()
    _print_addresses(node)


@app.command()
def stop(directory: Directory = DEFAULT) -> None:
    """Stop the node; its data stay."""
    _existing(directory).stop()


@app.command()
def status(directory: Directory = DEFAULT) -> None:
    """Tell whether the node runs; exit code 3 if not."""
    node = _existing(directory)
    if not node.is_running():
        typer.echo(f"{node.name} is stopped")
        raise typer.Exit(3)
    typer.echo(f"{node.name} runs RabbitMQ {node.version}")


@app.command()
def env(directory: Directory = DEFAULT) -> None:
    """Print the variables that point the hub and the tests to the node, for `eval`."""
    _print_addresses(_existing(directory))


def _print_addresses(node: PrivateRabbit) -> None:
    for prefix in ("RENKEI", "RENKEI_TEST"):
        typer.echo(f"export {prefix}_AMQP_URL={node.amqp_url}")
        typer.echo(f"export {prefix}_MANAGEMENT_URL={node.management_url}")


def _existing(directory: Path) -> PrivateRabbit:
    if RabbitHome.open(directory) is None:
        typer.echo(f"no node in {directory}; start one with: ops/broker start --dir {directory}", err=True)
        raise typer.Exit(2)
    return PrivateRabbit(directory)


def main() -> None:
    """Run the command line; a failure is one message and exit code 1, not a traceback."""
    try:
        app()
    except NodeError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
