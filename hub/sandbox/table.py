"""The report of a run for people: one table per flow, one per partner, every expectation with its mark."""

from collections.abc import Sequence
from dataclasses import astuple

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.sandbox.report import COUNTS, Counts, Expectation, Report


def show(report: Report, console: Console) -> None:
    """Print the report."""
    for flow in report.flows:
        console.print(_table(f"{flow.id} {flow.name}", "", [("", flow.counts)]))
        _marks(flow.expectations, console)
        console.print()
    console.print(_table("Partners", "partner", list(report.partners.items())))
    _marks(report.expectations, console)
    console.print()
    for note in report.notes:
        console.print(Text(note, style="bold yellow"))
    verdict = "nothing lost, every expectation held" if report.held else f"{report.lost} lost, or an expectation failed"
    style = "bold green" if report.held else "bold red"
    where = f"{report.broker} {report.version}, {report.store}, {report.seconds:.1f} s"
    console.print(Text(f"{verdict} ({where})", style=style))


def _table(title: str, first: str, rows: Sequence[tuple[str, Counts]]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    if first:
        table.add_column(first)
    for name in COUNTS:
        table.add_column(name, justify="right", min_width=len(name))
    for name, counts in rows:
        cells = [str(value) for value in astuple(counts)]
        if counts.lost:
            cells[-1] = f"[bold red]{counts.lost}[/]"
        table.add_row(*([name.replace("_", " ")] if first else []), *cells)  # long names may wrap
    return table


def _marks(expectations: Sequence[Expectation], console: Console) -> None:
    for each in expectations:
        mark = Text("✓ ", style="green") if each.held else Text("✗ ", style="bold red")
        console.print(mark.append(each.text, style="default").append(f"  {each.found}" if each.found else ""))
