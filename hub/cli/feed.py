"""`renkei account feed`: joiners, movers, leavers by the file of the personnel office."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.app import App
from hub.cli import who
from hub.cli.output import Json, emit_json, emit_table, explained, out
from hub.clock import now_us
from hub.support import rights_table, staff_feed, staff_file
from hub.support.accounts import Terms, detail
from hub.support.staff_feed import Kind, Step


def add_to(cli: typer.Typer) -> None:
    cli.command("feed")(feed_command)


def feed_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The personnel office's CSV.", exists=True, dir_okay=False)],
    table: Annotated[
        Path,
        typer.Option(help="The rights table: name,roles,partners,flows,until,department.", exists=True, dir_okay=False),
    ],
    apply: Annotated[bool, typer.Option("--apply", help="Take away what nobody is entitled to any more.")] = False,
    give: Annotated[bool, typer.Option("--give", help="With --apply: give movers what they are entitled to.")] = False,
    seen: Annotated[
        int | None, typer.Option(help="From how many accounts rights are taken, where that is more than usual.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Beside the feed's date, e.g. the order; kept for ever.")] = "",
    as_json: Json = False,
) -> None:
    """Show what a personnel feed means for the accounts; with --apply, end and narrow them at once.

    Joiners are listed with the command that makes their account. A feed is applied whole or not at all.
    """
    app: App = context.obj
    now = now_us()
    if give and not (apply and reason):
        raise typer.BadParameter("goes with --apply and --reason", param_hint="--give")
    with explained():
        content = file.read_bytes()
        told = staff_file.read(content, staff_feed.day_of(now))
        staff_feed.check_owners(app.store.staff(listed=False), told)
        known = app.store.accounts()
        steps = staff_feed.plan(known, told, rights_table.read(table.read_bytes()), now, give)
        changed = 0
        if apply:
            staff_feed.check_share(known, steps, app.settings.staff_feed_share, seen, now)
            changed = staff_feed.apply(app.store, told, content, steps, who.account(), reason, now)
    if as_json:
        emit_json({"of": told.of.isoformat(), "people": len(told.people), "applied": apply, "changed": changed,
                   "takes": sum(one.takes for one in steps), "steps": [_plain(one) for one in steps]})  # fmt: skip
        return
    rows = [(one.name, one.kind.value, one.why, _becomes(one)) for one in steps]
    emit_table(f"Feed of {told.of}, {len(told.people)} people", ["account", "kind", "why", "becomes"], rows)
    out.print(f"takes rights from {sum(one.takes for one in steps)} accounts", markup=False)
    out.print(f"applied; {changed} accounts changed" if apply else "nothing was changed; --apply does it", markup=False)
    left = [one for one in steps if one.waits]
    if left:
        out.print("Left to the administrator of accounts:")
    for one in left:
        for command in _commands(one, told.names[one.name]):
            out.print(f"  {command}", markup=False, highlight=False, soft_wrap=True)


def _plain(step: Step) -> dict[str, object]:
    return {"account": step.name, "kind": step.kind.value, "why": step.why, "becomes": _becomes(step),
            "takes": step.takes, "waits": step.waits}  # fmt: skip


def _becomes(step: Step) -> str:
    if step.after is None:
        return ""
    return "as it is" if step.after == step.before else detail(step.after)


def _commands(step: Step, display: str) -> list[str]:
    """What gives the rest. A mover who has lost the account meanwhile gets it back in two steps."""
    assert step.terms is not None
    terms = f"{_options(step.terms)} --reason ..."
    if step.kind is Kind.JOINER and step.before is None:
        return [f"renkei account add {step.name} --display {shlex.quote(display)} {terms}"]
    ended = step.before if step.after is None else step.after
    change = f"renkei account change {step.name} {terms}"
    return [change, f"renkei account enable {step.name} --reason ..."] if ended and ended.disabled else [change]


def _options(terms: Terms) -> str:
    words = [f"--role {role}" for role in sorted(role.value for role in terms.roles)]
    words += [f"--partner {shlex.quote(one)}" for one in sorted(terms.partners)]
    words += [f"--flow {shlex.quote(one)}" for one in sorted(terms.flows)]
    if terms.expires_at is not None:
        until = datetime.fromtimestamp(terms.expires_at / 1_000_000, UTC).astimezone()  # local, as --until is read
        words.append(f"--until {until:%Y-%m-%dT%H:%M:%S}")
    return " ".join(words)
