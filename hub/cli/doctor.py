"""`renkei doctor`: is this installation well, and if not, what exactly repairs it."""

from typing import Annotated

import typer

from hub.app import App
from hub.cli.output import EXIT_FAILED, EXIT_WARNED, Json, emit_json, explained, out
from hub.doctor import Status, Verdict, examine, worst

_MARKS = {Status.OK: "ok     ", Status.WARNING: "WARNING", Status.FAILED: "FAILED "}


def add_to(cli: typer.Typer) -> None:
    cli.command("doctor")(doctor_command)


def doctor_command(
    context: typer.Context,
    management_url: Annotated[
        str | None,
        typer.Option(
            envvar="RENKEI_MANAGEMENT_URL", help="Management API of an administrator, who sees more than renkei-watch."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check files, database, clocks, disk, certificates and broker; each failed check prints its fix. Changes nothing.

    Exit code: 0 all well, 6 warnings, 1 something failed.
    """
    app: App = context.obj
    verdicts: list[Verdict] = []
    with explained():
        for verdict in examine(app, management_url):
            verdicts.append(verdict)
            if not as_json:
                _show(verdict)
    status = worst(verdicts)
    if as_json:
        emit_json([
            {"check": one.check, "status": one.status.name.lower(), "found": one.found, "fix": one.fix}
            for one in verdicts
        ])  # fmt: skip
    else:
        counts = ", ".join(f"{sum(one.status is each for one in verdicts)} {each.name.lower()}" for each in Status)
        out.print(f"{len(verdicts)} checks: {counts}", markup=False)
    if status is not Status.OK:
        raise typer.Exit(EXIT_FAILED if status is Status.FAILED else EXIT_WARNED)


def _show(verdict: Verdict) -> None:
    out.print(
        f"{_MARKS[verdict.status]} {verdict.check}: {verdict.found}", markup=False, highlight=False, soft_wrap=True
    )
    for line in verdict.fix.splitlines():
        out.print(f"          → {line}", markup=False, highlight=False, soft_wrap=True)
