"""`renkei card`: what a code means, who acts, and what comes next."""

from typing import Annotated

import typer

from hub.cli.output import EXIT_REFUSED, Json, emit_json, fail, out
from hub.codes import CODES, Card, effect

WHO = {
    "sender": "sending system / 送信元",
    "support": "support staff / 業務担当",
    "operator": "operator / 運用担当",
    "partner": "receiving system / 連携先",
    "developer": "developers / 開発担当",
}


def add_to(cli: typer.Typer) -> None:
    cli.command("card")(card_command)


def card_command(
    code: Annotated[str, typer.Argument(help="A code as dead letters, commands and log lines name it.")],
    as_json: Json = False,
) -> None:
    """Tell in plain words what happened, who must act, and the next step."""
    card = CODES.get(code)
    if card is None:
        near = [known for known in CODES if known.partition(".")[0] == code.partition(".")[0]]
        raise fail(f"no code {code}" + (f"; there are {', '.join(near)}" if near else ""), EXIT_REFUSED)
    if as_json:
        emit_json(plain(code, card))
        return
    show(code, card)


def plain(code: str, card: Card) -> dict[str, object]:
    """As JSON."""
    what, what_ja = effect(code)
    fields: dict[str, object] = {name: getattr(card, name) for name in card.__slots__}
    return (
        {"code": code} | fields | {"effect": what, "effect_ja": what_ja, "runbook": f"ops/docs/error-codes.md {code}"}
    )


def show(code: str, card: Card) -> None:
    """For people."""
    what, what_ja = effect(code)
    out.print(f"{card.title_ja} · {code}\n{card.title}", style="bold", markup=False)
    out.print(f"影響: {what_ja}\neffect: {what}", markup=False)
    out.print(f"対応する人 / who acts: {WHO[card.actor]}", markup=False)
    out.print(f"次にすること: {card.next_step_ja}\nnext step: {card.next_step}", markup=False)
