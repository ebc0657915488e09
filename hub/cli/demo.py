"""`renkei demo`: the hub with simulated partners, broken on purpose and judged."""

import typer


def add_to(cli: typer.Typer) -> None:
    """Filled by the sandbox: the only command that leads there."""
