"""How commands speak: tables for people, one JSON value with `--json`, stable exit codes, error cards on stderr."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hub.codes import CODES
from hub.errors import BrokerUnavailable, ConfigError, RenkeiError, StoreUnavailable

EXIT_FAILED = 1  # the command ran and the answer is "no": findings, an imbalance, an unmet expectation
EXIT_USAGE = 2  # wrong arguments (typer)
EXIT_CONFIG = 3  # configuration or key file
EXIT_UNAVAILABLE = 4  # store or broker cannot be reached; try again
EXIT_REFUSED = 5  # the hub refuses this act, or there is no such thing
EXIT_WARNED = 6  # nothing failed, and somebody should look at it
EXIT_ASKED = 7  # nothing is done before another person has agreed

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value on standard output and nothing else.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]

out = Console()
err = Console(stderr=True)


def emit_json(value: object) -> None:
    """Print one JSON value."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def acted(as_json: bool, text: str, **facts: object) -> None:
    """The outcome of an act: a line for people, or the facts as one JSON value."""
    if as_json:
        emit_json(facts)
    else:
        out.print(text, markup=False)


def emit_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; says so when it is empty."""
    if not rows:
        out.print(f"{title}: none", markup=False)
        return
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")  # an id that is cut off cannot be copied
    for row in rows:
        table.add_row(*(str(cell) if cell is not None else "-" for cell in row))
    out.print(table, markup=False)


def fail(message: str, code: int) -> typer.Exit:
    """Say why on standard error; raise what is returned."""
    err.print(message, markup=False)
    return typer.Exit(code)


@contextmanager
def explained() -> Iterator[None]:
    """Turn a coded error into its card on standard error and the exit code of its kind."""
    try:
        yield
    except RenkeiError as error:
        card = CODES[error.code]
        err.print(f"{card.title} ({error.code})\n{card.title_ja}", markup=False, style="bold")
        if error.detail:
            err.print(f"  {error.detail}", markup=False)
        err.print(f"  → {card.next_step}\n  → {card.next_step_ja}", markup=False)
        raise typer.Exit(_exit_code(error)) from None


def _exit_code(error: RenkeiError) -> int:
    if isinstance(error, ConfigError):
        return EXIT_CONFIG
    if isinstance(error, StoreUnavailable | BrokerUnavailable):
        return EXIT_UNAVAILABLE
    return EXIT_REFUSED
