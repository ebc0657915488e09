"""`renkei schema`: what an editor needs to complete and check the TOML files."""

from pathlib import Path
from typing import Annotated

import typer

from hub import toml_schemas
from hub.cli.output import EXIT_REFUSED, emit_table, fail, out
from hub.toml_schemas import KindName


def add_to(cli: typer.Typer) -> None:
    cli.command("schema")(schema_command)


def schema_command(
    kind: Annotated[KindName | None, typer.Argument(help="Which file; all are listed without it.")] = None,
    into: Annotated[
        Path | None, typer.Option("--into", file_okay=False, help="Write all, with a .taplo.toml, into this folder.")
    ] = None,
) -> None:
    """Print the JSON Schema of a TOML file, or write all where the folder `config` lies."""
    if into is not None:
        try:
            written = toml_schemas.write(into)
        except OSError as error:
            raise fail(
                f"{into} cannot be written: {error.strerror}; name a folder you may write", EXIT_REFUSED
            ) from None
        out.print(f"wrote {len(written)} files into {into}", markup=False)
    elif kind is not None:
        typer.echo(toml_schemas.rendered(kind))
    else:
        emit_table("Schemas", ["kind", "files"], [(name, each.files) for name, each in toml_schemas.KINDS.items()])
