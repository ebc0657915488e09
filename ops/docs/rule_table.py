"""The rules R1 to R70, where each is enforced, and which tests prove it: `rules.toml` and the tests' markers.

Tests are read, not imported. Raises ValueError for what would make the table untrue.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = tuple(f"R{number}" for number in range(1, 71))
_KEYS = frozenset({"words", "source", "enforced", "organisational", "open"})
_MARK = "pytest.mark.rule"


@dataclass(frozen=True)
class Proof:
    """A test that carries the marker. `file`: from the root of the repository."""

    file: str
    test: str


@dataclass(frozen=True)
class Rule:
    """`enforced`: files from the root of the repository. `organisational`, `open`: the reason, or what is missing."""

    words: str
    source: str
    enforced: Sequence[str] = ()
    organisational: str = ""
    open: str = ""


def rules(file: Path = ROOT / "ops/docs/rules.toml", root: Path = ROOT) -> dict[str, Rule]:
    """All of them, in order."""
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    if tuple(said) != NAMES:
        odd = sorted(set(said) ^ set(NAMES))
        raise ValueError(f"rules.toml has not exactly R1 to R70 in order: {', '.join(odd) or 'their order'}")
    for name, rule in said.items():
        if unknown := sorted(set(rule) - _KEYS):
            raise ValueError(f"{name}: unknown {', '.join(unknown)}")
        for path in rule.get("enforced", ()):
            if not (root / path).is_file():
                raise ValueError(f"{name}: there is no file {path}")
    return {name: Rule(**rule) for name, rule in said.items()}


def proofs(folder: Path = ROOT / "tests", root: Path = ROOT) -> dict[str, list[Proof]]:
    """The tests of each rule that a marker names."""
    found: dict[str, list[Proof]] = {}
    for file in sorted(folder.rglob("*.py")):
        for test, names in _marked(ast.parse(file.read_text(encoding="utf-8")), file.name):
            for name in names:
                found.setdefault(name, []).append(Proof(file.relative_to(root).as_posix(), test))
    return found


def _marked(tree: ast.Module, file: str) -> Iterator[tuple[str, list[str]]]:
    """Each test with the rules it is marked with, and with those its name says."""
    seen = 0
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        calls = [each for each in node.decorator_list if isinstance(each, ast.Call) and ast.unparse(each.func) == _MARK]
        names = [ast.literal_eval(argument) for call in calls for argument in call.args]
        seen += len(calls)
        if unmarked := {name.upper() for name in re.findall(r"(?<=_)r\d+(?=_)", node.name)} - set(names):
            raise ValueError(f"{file}: {node.name} has no marker for {', '.join(sorted(unmarked))}")
        yield node.name, names
    if seen != sum(isinstance(node, ast.Attribute) and ast.unparse(node) == _MARK for node in ast.walk(tree)):
        raise ValueError(f"{file}: a rule marker stands elsewhere than on a test function")


def gaps(known: Mapping[str, Rule], proven: Mapping[str, Sequence[Proof]]) -> list[str]:
    """What keeps the table from being whole, a line each."""
    found = [f"{name} is marked and unknown" for name in proven if name not in known]
    for name, rule in known.items():
        if rule.enforced and not proven.get(name):
            found.append(f"{name} is said to be enforced, and no test is marked with it")
        if proven.get(name) and not rule.enforced:
            found.append(f"{name} is proven, and it is not said where it is enforced")
        if not (rule.enforced or rule.organisational or rule.open):
            found.append(f"{name} is neither enforced nor organisational nor open")
    return found


def page() -> str:
    """One row per rule."""
    known, proven = rules(), proofs()
    lines = [
        "# Rules",
        "",
        "Each rule of the domain text: where it is enforced, and the tests that fail if it is not. `S:n` is line n of",
        "the published assessment, `L` the law, `P` other public material, `A` our assumption. Where a simulated",
        "partner (`sandbox`) stands among the places, the rule binds that partner, and the hub relies on it.",
        "",
        'A test that proves a rule carries `@pytest.mark.rule("R40")`; where it is enforced, or why not, stands in',
        "[rules.toml](rules.toml). A rule of neither fails the build.",
        "",
        "| rule | in short | enforced in | proven by |",
        "|---|---|---|---|",
    ]
    for name, rule in known.items():
        where = [_link(path) for path in rule.enforced]
        where += [f"**organisational**: {rule.organisational}"] if rule.organisational else []
        where += [f"**open**: {rule.open}"] if rule.open else []
        tests = "<br>".join(_tests(proven.get(name, ()))) or "–"
        lines.append(f"| {name} | {rule.words} ({rule.source}) | {'<br>'.join(where)} | {tests} |")
    return "\n".join(lines) + "\n"


def _tests(given: Sequence[Proof]) -> Iterator[str]:
    """A line per file."""
    for file in dict.fromkeys(each.file for each in given):
        own = (
            re.sub(r"(?<=_)r\d+_", "", each.test).removeprefix("test_").replace("_", " ")
            for each in given
            if each.file == file
        )
        yield f"[{file.removeprefix('tests/').removesuffix('.py')}](../../{file}): {'; '.join(own)}"


def _link(path: str) -> str:
    return f"[{path}](../../{path})"
