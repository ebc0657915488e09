"""Reading one TOML file into a model: every problem named with file, line where known, and what to do."""

import difflib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from hub.errors import ConfigError


class Strict(BaseModel):
    """Base of all configuration models: unknown keys and converted types are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


TypeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*(\.[a-z][a-z_]*)+$", max_length=64)]
Version = Annotated[int, Field(ge=1, le=9999)]

M = TypeVar("M", bound=Strict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `rule`: stable short name of what is violated; `fix`: what to do, one sentence.

    `notice`: nothing is wrong, and nobody is kept from anything; it is told.
    """

    file: Path
    line: int | None
    rule: str
    message: str
    fix: str
    notice: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.message}; {self.fix}"


class FindingsError(ConfigError):
    """Configuration with problems; the text names the first."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        more = f" (and {len(findings) - 1} more: see `renkei lint`)" if len(findings) > 1 else ""
        super().__init__(f"{findings[0]}{more}")
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class ConfigFile(Generic[M]):
    """A file that was read: its path, its text (for line numbers) and its content."""

    path: Path
    text: str
    value: M

    @property
    def name(self) -> str:
        """The file's name without its ending; it names what the file describes."""
        return self.path.stem

    def finding(self, rule: str, message: str, fix: str, *location: str | int) -> Finding:
        """A finding about the key at `location`, e.g. ("to", 0, "contract")."""
        return Finding(self.path, line_of(self.text, location), rule, message, fix)


def read(path: Path, model: type[M]) -> ConfigFile[M]:
    """Read and validate one file. Raises FindingsError with all its problems; values are never quoted."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        fix = "create it or check its permissions"
        raise FindingsError([Finding(path, None, "file", f"cannot be read: {error.strerror}", fix)]) from None
    except UnicodeDecodeError:
        raise FindingsError([Finding(path, None, "file", "is not UTF-8", "save it as UTF-8")]) from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        message = f"is not valid TOML: {str(error).split(' (at ')[0]}"
        line = int(place[1]) if place else None
        raise FindingsError([Finding(path, line, "file", message, "correct the syntax")]) from None
    try:
        return ConfigFile(path, text, model.model_validate(data))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=True)
        raise FindingsError([_finding(path, text, problem, model) for problem in problems]) from None


def line_of(text: str, location: Sequence[str | int]) -> int | None:
    """The line (from 1) of a key, or of the table that would hold it; None when it is not written that way.

    `location`: keys and array positions from the top of the file. Nested inline tables count as their own key.
    """
    wanted = list(location)
    best: int | None = None
    best_depth = 0
    table: list[str | int] = []
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"-]+)\s*\]", line)
        key = re.match(r"\s*([A-Za-z0-9_\"-]+)\s*=", line)
        if header:
            name = header[2].replace('"', "")
            table = list(name.split("."))
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                table.append(counts[name])
            here = table
        elif key:
            here = [*table, key[1].strip('"')]
        else:
            continue
        if wanted[: len(here)] == here and len(here) > best_depth:
            best, best_depth = number, len(here)
    return best


def _finding(path: Path, text: str, problem: ErrorDetails, model: type[Strict]) -> Finding:
    location = problem["loc"]
    where = ".".join(str(part) for part in location) or "the file"
    line = line_of(text, location)
    if problem["type"] == "missing":
        return Finding(path, line, "config", f"{where} is missing", f"add `{location[-1]} = …`")
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(location[-1]), _keys(model, location[:-1]), n=1)
        fix = f"did you mean `{near[0]}`?" if near else "remove it or correct its spelling"
        return Finding(path, line, "config", f"{where} is not a known key", fix)
    reason = problem["msg"].removeprefix("Value error, ")
    return Finding(path, line, "config", f"{where}: {reason[:1].lower()}{reason[1:]}", "correct the value")


def _keys(model: type[Strict], location: Sequence[str | int]) -> list[str]:
    """The keys known at a table, following the models of its fields."""
    current: type[Strict] | None = model
    for part in location:
        if isinstance(part, str) and current is not None:
            current = _inner(current.model_fields[part].annotation) if part in current.model_fields else None
    return list(current.model_fields) if current is not None else []


def _inner(annotation: object) -> type[Strict] | None:
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, Strict):
            return kind
    return None
