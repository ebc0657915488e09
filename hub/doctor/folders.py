"""Schemas, mappings and configuration of an installation beside those that came with this version."""

import filecmp
from collections.abc import Iterator
from pathlib import Path

from hub.doctor.verdict import Verdict, failed, ok, warning
from hub.home import FOLDERS, Home
from hub.lint import lint

_NAMED = 3


def examine(home: Home, renkei: str) -> Iterator[Verdict]:
    """Whether all fits together, and where an own folder drifts from the shipped one."""
    told = lint(home)
    findings = [finding for finding in told if not finding.notice]
    if findings:
        more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
        yield failed("configuration", f"{findings[0].file.name}: {findings[0].message}{more}", f"{renkei} lint")
    else:
        yield ok("configuration", "schemas, mappings and configuration fit together")
    for finding in told:
        if finding.rule == "contract.ended":
            yield warning("contract.sunset", finding.message, finding.fix)
    for name in FOLDERS:
        yield drift(name, home.root / name, home.shipped(name))


def drift(name: str, own: Path, shipped: Path) -> Verdict:
    """An own folder replaces the shipped one as a whole: what an upgrade brings does not reach it.

    A configuration of one's own is what an installation is expected to have, so it is told and no more.
    """
    check = f"folder.{name}"
    if not own.is_dir():
        return ok(check, "as shipped")
    here, there = _files(own), _files(shipped)
    lacking = sorted(there - here)
    added = sorted(here - there)
    changed = sorted(one for one in here & there if not filecmp.cmp(own / one, shipped / one, shallow=False))
    if not (lacking or added or changed):
        return ok(check, "an own copy, the same as shipped")
    parts = [("lacks", lacking), ("changed", changed), ("added", added)]
    told = "; ".join(f"{word} {_some(files)}" for word, files in parts if files)
    if name == "config" or not (lacking or changed):
        return ok(check, f"an own folder: {told}")
    return warning(check, f"drifts from the shipped one: {told}", f"diff -r {shipped} {own}")


def _files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def _some(files: list[str]) -> str:
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(files[:_NAMED]) + more
