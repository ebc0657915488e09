"""`renkei scaffold contract|version|connector|route`: a beginning that passes every check."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub import scaffold
from hub.cli.output import EXIT_REFUSED, explained, fail, out
from hub.scaffold import Titles
from hub.scaffold.files import Files, ScaffoldError

cli = typer.Typer(
    help="Begin a contract, its next version, a connector, a route: files that pass every check.", no_args_is_help=True
)


def _as(pattern: str, told: str) -> Callable[[str | None], str | None]:
    def checked(value: str | None) -> str | None:
        if value is not None and not re.fullmatch(pattern, value):
            raise typer.BadParameter(told)
        return value

    return checked


_type = _as(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+", "write small letters and dots, e.g. notice.order")
_name = _as(r"[a-z][a-z_]*", "write small letters and _, e.g. print_room")
_route = _as(r"[a-z][a-z-]*", "write small letters and -, e.g. notice-order")
_flow = _as(r"[A-Z][0-9]+", "write a letter and a number, e.g. F2")
_title = _as(r'[^"\\|\x00-\x1f]+', "leave out quotation marks, backslashes and bars")
_purpose = _as(r"[A-Za-z][A-Za-z0-9._-]*", "write a code, e.g. child-medical.notice")

Into = Annotated[Path, typer.Option("--into", file_okay=False, exists=True, help="The checkout.")]
Flow = Annotated[str, typer.Option("--flow", callback=_flow, help="Which flow it belongs to, e.g. F2.")]
Title = Annotated[str, typer.Option("--title", callback=_title, help="In English.")]
TitleJa = Annotated[str, typer.Option("--title-ja", callback=_title, help="In Japanese.")]
_HERE = Path()


@cli.command("contract")
def contract_command(
    type_: Annotated[str, typer.Argument(metavar="TYPE", callback=_type, help="Message type, e.g. notice.order.")],
    flow: Flow,
    title: Title,
    title_ja: TitleJa,
    into: Into = _HERE,
) -> None:
    """Begin a contract: marks, schema, a valid and an invalid sample. A route or mapping must then use it."""
    with _told():
        _write(into, scaffold.contract(type_, Titles(flow, title, title_ja)))


@cli.command("version")
def version_command(
    type_: Annotated[str, typer.Argument(metavar="TYPE", callback=_type, help="Message type that has a contract.")],
    into: Into = _HERE,
) -> None:
    """Begin the next version of a contract: a copy of the newest, and what raises the old one to it.

    Where messages of the newest are taken in by a mapping, one for the next version as well. Routes are yours to move.
    """
    with _told():
        _write(into, scaffold.next_version(into, type_))


@cli.command("connector")
def connector_command(
    name: Annotated[str, typer.Argument(callback=_name, help="Name of connector and partner, e.g. print_room.")],
    flow: Flow,
    title: Title,
    title_ja: TitleJa,
    into: Into = _HERE,
) -> None:
    """Begin a connector: code, simulated partner, page, configuration, and the contract NAME.notice it takes.

    A route must then lead to it.
    """
    with _told():
        _write(into, scaffold.connector(into, name, Titles(flow, title, title_ja)))


@cli.command("route")
def route_command(
    name: Annotated[str, typer.Argument(callback=_route, help="Name of the route's file, e.g. notice-order.")],
    type_: Annotated[str, typer.Option("--type", callback=_type, help="Message type that is routed.")],
    to: Annotated[str, typer.Option("--to", callback=_name, help="Connector.")],
    from_: Annotated[str, typer.Option("--from", callback=_name, help="Partner that sends it.")],
    purpose: Annotated[str, typer.Option(callback=_purpose, help="Purpose code the partner sends it for.")],
    contract: Annotated[
        str | None, typer.Option(callback=_type, help="Contract the connector takes; <connector>.notice if left out.")
    ] = None,
    into: Into = _HERE,
) -> None:
    """Begin a route: its file, the sender's grant, and where the contracts differ a mapping with a case."""
    with _told():
        _write(into, scaffold.route(into, name, type_, to, contract or f"{to}.notice", from_, purpose))


def _write(into: Path, files: Files) -> None:
    for path in scaffold.write(into, files):
        out.print(path.relative_to(into), markup=False, highlight=False, soft_wrap=True)
    out.print("Now: renkei lint", markup=False, highlight=False)


@contextmanager
def _told() -> Iterator[None]:
    with explained():
        try:
            yield
        except ScaffoldError as error:
            raise fail(str(error), EXIT_REFUSED) from None
        except OSError as error:
            raise fail(f"{error.filename} cannot be written: {error.strerror}", EXIT_REFUSED) from None
