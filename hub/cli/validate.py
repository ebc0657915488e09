"""`renkei validate`: a document against its contract, before anybody sends it."""

import re
import sys
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from hub.app import App
from hub.cli.output import EXIT_FAILED, EXIT_USAGE, Json, emit_json, emit_table, explained, fail, out
from hub.documents import Contract, Fault, claimed, examine, unreadable
from hub.errors import Refused
from hub.settings import HubSettings

File = Annotated[str, typer.Argument(metavar="FILE", help="The XML document; - reads standard input.")]
As = Annotated[
    str | None,
    typer.Option("--as", help="Message type, e.g. welfare.eligibility or welfare.eligibility/v2; else by its root."),
]
SUGGESTIONS = {
    "validate.xml": "make it well-formed XML in UTF-8, without a DOCTYPE",
    "validate.schema": "write at this place what the rule says; the schema stands beside the samples",
    "validate.check_digit": "look the number up where it comes from: a digit is wrong or two have changed places",
    "validate.control_total": "count again, and send the batch as a whole",
    "validate.rule": "correct one of the fields the rule speaks of",
}
_AS = re.compile(r"([a-z_.]+)(?:/v([1-9][0-9]{0,3}))?")


def add_to(cli: typer.Typer) -> None:
    cli.command("validate")(validate_command)


def validate_command(context: typer.Context, file: File, as_: As = None, as_json: Json = False) -> None:
    """Check one document against its contract: line, column and rule of whatever is wrong, and what to do."""
    app: App = context.obj
    body, limit = read(file), body_limit(app)
    try:
        type_, version = told(app, body, limit, as_)
    except Refused as refused:
        _show(None, [unreadable(refused)], as_json)
        return
    with explained():
        contract = Contract.load(app.home.folder("schemas") / type_ / f"v{version}")
    _show(contract, examine(contract, body, limit), as_json)


def read(file: str) -> bytes:
    """The bytes of a file, or of standard input. Ends the command where there are none."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise fail(f"{file} cannot be read: {error.strerror}", EXIT_USAGE) from None


def body_limit(app: App) -> int:
    """Most bytes of a message here; without an installation, what one has by default."""
    if not app.home.settings_file.exists():
        return int(HubSettings.model_fields["max_body_bytes"].default)
    with explained():
        return app.settings.max_body_bytes


def told(app: App, body: bytes, limit: int, as_: str | None) -> tuple[str, int]:
    """Type and version: as said, else by the root's namespace. Raises Refused `validate.xml`."""
    with explained():
        schemas = app.home.folder("schemas")
    known = {(folder.parent.name, int(folder.name[1:])) for folder in schemas.glob("*/v[0-9]*") if folder.is_dir()}
    if as_ is None:
        found = claimed(body, limit)
        if found is None:
            raise fail("the root's namespace is of no contract (urn:renkei:TYPE:vN); name one with --as", EXIT_USAGE)
        type_, version = found
    else:
        said = _AS.fullmatch(as_)
        if said is None:
            raise fail("--as is TYPE or TYPE/vN, e.g. welfare.eligibility/v1", EXIT_USAGE)
        type_ = said[1]
        version = int(said[2]) if said[2] else max((v for name, v in known if name == type_), default=1)
    if (type_, version) not in known:
        near = get_close_matches(f"{type_}/v{version}", [f"{name}/v{v}" for name, v in sorted(known)])
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `renkei flows` shows what there is"
        raise fail(f"there is no contract {type_}/v{version}{hint}", EXIT_USAGE)
    return type_, version


def _show(contract: Contract | None, faults: list[Fault], as_json: bool) -> None:
    samples = sorted((contract.folder / "valid").glob("*.xml")) if contract is not None else []
    if as_json:
        emit_json({
            "valid": not faults,
            "type": contract.type if contract else None,
            "version": contract.version if contract else None,
            "problems": [asdict(one) | {"suggestion": SUGGESTIONS[one.code]} for one in faults],
            "sample": str(samples[0]) if samples else None,
            "sunset": contract.sunset if contract else None,
        })  # fmt: skip
    elif faults:
        rows = [(one.line, one.column, one.field, one.rule, one.code) for one in faults]
        emit_table("Problems", ["line", "column", "field", "rule", "code"], rows)
        for code in dict.fromkeys(one.code for one in faults):
            out.print(f"→ {code}: {SUGGESTIONS[code]}", markup=False)
        if samples:
            out.print(f"→ a valid one to compare with: {samples[0]}", markup=False)
    elif contract is not None:
        out.print(f"valid: {contract.type} version {contract.version}", markup=False)
    if contract is not None and contract.sunset is not None and not as_json:
        out.print(f"→ this version may be counted on until {contract.sunset}", markup=False)
    if faults:
        raise typer.Exit(EXIT_FAILED)
