"""What is read leaves by a connector or not at all: nothing else writes a file that could be carried away (R22)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each with what it writes. Another one is an export: it needs the approval, the sealing and the entry in the book.
WRITERS = {
    "hub/installation.py": "settings and passwords of a new installation",
    "hub/key_file.py": "keys, once each: the master key, those that open what partners seal, those that sign",
    "hub/authority.py": "keys and certificates for TLS to the broker",
    "hub/worker/record_watch.py": "nothing: a lock",
    "hub/worker/fence_watch.py": "how far the registry of fences has come",
    "hub/audit/outside.py": "signed checkpoints: sizes, hashes, times",
    "hub/support/audit_bundle.py": "a part of the record, keyed hashes only; the handing out is on the record",
    "hub/support/reconcile.py": "how many messages books and broker differ by",
    "hub/scaffold/__init__.py": "the beginnings of a connector, a contract or a route, from synthetic samples",
    "hub/toml_schemas.py": "JSON Schemas of the configuration",
    "hub/targets.py": "the address of a process's metrics",
    "hub/cli/loglevel.py": "log levels",
    "hub/attachments.py": "attachments, sealed",
    "hub/cli/faults.py": "evidence of a run with synthetic persons, without keys",
    "connectors/file_drop/folders.py": "files for a partner, into its own folder",
}
_WRITING = {"write_bytes", "write_text", "NamedTemporaryFile", "mkstemp", "copyfile", "copytree", "copy2", "fdopen"}


def writes(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = [*node.args, *(each.value for each in node.keywords)]
        modes = {each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)}
        if name in _WRITING or (name == "open" and any(set(mode) & set("wax+") and len(mode) < 4 for mode in modes)):
            yield node


@pytest.mark.rule("R22")
def test_nothing_else_writes_files() -> None:
    files = [*ROOT.glob("hub/**/*.py"), *ROOT.glob("connectors/**/*.py")]
    found = {
        file.relative_to(ROOT).as_posix()
        for file in files
        if "sandbox" not in file.parts and file.name != "sandbox.py"
        if any(writes(ast.parse(file.read_text(encoding="utf-8"))))
    }
    assert found == WRITERS.keys()


@pytest.mark.parametrize(
    "text", ["p.write_bytes(b)", "open(p, 'w')", "p.open('ab')", "os.fdopen(h, mode='wb')", "shutil.copyfile(a, b)"]
)
def test_each_way_of_writing_is_seen(text: str) -> None:
    assert list(writes(ast.parse(text)))
    assert not list(writes(ast.parse("p.read_bytes(); p.open('rb'); sealer.open('id', sealed)")))
