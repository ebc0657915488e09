"""What right each command needs; asked before it runs.

The shell acts as the account named like the operating system's user. Whoever owns the home may always keep accounts, so
nobody is locked out. An installation without any account is its owner's alone: then the shell may everything, and
`renkei doctor` says so. The master key lies in the home: whoever can read it can read everything, whatever stands here.
"""

import functools
import os
from collections.abc import Callable
from typing import Any

import typer

from hub.app import App
from hub.cli import who
from hub.cli.output import explained
from hub.clock import now_us
from hub.errors import Refused
from hub.ports.accounts import Actor, Right
from hub.ports.store import DeadFilter
from hub.support import emergencies
from hub.support.sight import confined, seen

# None: it shows and changes nothing of what was received, or is run by the owner of the home.
NEEDS: dict[str, Right | None] = {
    "init": None,
    "migrate": None,
    "lint": None,
    "flows": None,
    "send": None,
    "trace": Right.WATCH,
    "reconcile": Right.WATCH,
    "doctor": None,
    "run": None,
    "console": None,
    "demo": None,
    "sandbox start": None,
    "sandbox fail": None,
    "sandbox heal": None,
    "faults": None,
    "card": None,
    "validate": None,
    "try": None,
    "asyncapi": None,
    "schema": None,
    "scaffold contract": None,
    "scaffold version": None,
    "scaffold connector": None,
    "scaffold route": None,
    "status": Right.WATCH,
    "plan": None,
    "apply": None,
    "topology plan": None,
    "topology apply": None,
    "topology check": None,
    "door-key add": None,
    "door-key list": None,
    "door-key show": None,
    "dead list": Right.WATCH,
    "dead show": Right.WATCH,
    "dead fields": Right.READ,
    "dead replay": Right.REPLAY,
    "dead discard": Right.DISCARD,
    "case list": Right.WATCH,
    "case show": Right.WATCH,
    "case take": Right.WORK,
    "case note": Right.WORK,
    "case resolve": Right.WORK,
    "edit propose": Right.EDIT,
    "edit list": Right.WATCH,
    "edit show": Right.READ,
    "edit approve": Right.APPROVE,
    "edit refuse": Right.READ,
    "emergency begin": Right.EMERGENCY,
    "emergency list": Right.WATCH,
    "emergency end": Right.WATCH,
    "erase ask": Right.ERASE,
    "erase list": Right.WATCH,
    "erase show": Right.WATCH,
    "erase approve": Right.APPROVE,
    "erase refuse": Right.APPROVE,
    "fence status": Right.WATCH,
    "fence reconcile": Right.PROTECT,
    "fence complete": Right.APPROVE,
    "fence adopt": Right.OPERATE,
    "fence raise": Right.PROTECT,
    "fence lift": Right.PROTECT,
    "fence approve": Right.APPROVE,
    "fence confirm": Right.PROTECT,
    "fence list": Right.WATCH,
    "fence history": Right.WATCH,
    "hold list": Right.WATCH,
    "hold show": Right.READ,
    "hold review": Right.REVIEW,
    "hold approve": Right.APPROVE,
    "hold refuse": Right.REVIEW,
    "permission show": Right.WATCH,
    "permission check": Right.WATCH,
    "replay plan": Right.REPLAY,
    "replay show": Right.WATCH,
    "replay list": Right.WATCH,
    "replay run": Right.REPLAY,
    "replay resume": Right.REPLAY,
    "replay pause": Right.REPLAY,
    "replay cancel": Right.REPLAY,
    "retention plan": Right.ERASE,
    "retention list": Right.WATCH,
    "retention show": Right.WATCH,
    "retention confirm": Right.ERASE,
    "retention accept": Right.ERASE,
    "retention cancel": Right.ERASE,
    "connector list": Right.WATCH,
    "connector pause": Right.OPERATE,
    "connector resume": Right.OPERATE,
    "connector drain": Right.OPERATE,
    "top": Right.WATCH,
    "log-level": None,
    "audit list": Right.AUDIT,
    "audit show": Right.AUDIT,
    "audit verify": None,
    "audit export": Right.AUDIT,
    "audit exchanges": Right.AUDIT,
    "audit suspicious": Right.AUDIT,
    "audit checkpoints": Right.AUDIT,
    "audit key": None,
    "audit new-key": Right.OPERATE,
    "audit hand-over": Right.OPERATE,
    "keys list": Right.OPERATE,
    "keys new": Right.OPERATE,
    "keys rotate": Right.OPERATE,
    "approval list": Right.WATCH,
    "approval show": Right.WATCH,
    "approval approve": Right.APPROVE,
    "approval refuse": Right.APPROVE,
    "approval withdraw": Right.WATCH,
    "account add": Right.ACCOUNTS,
    "account list": Right.ACCOUNTS,
    "account show": Right.ACCOUNTS,
    "account change": Right.ACCOUNTS,
    "account disable": Right.ACCOUNTS,
    "account enable": Right.ACCOUNTS,
    "account reset": Right.ACCOUNTS,
    "account sessions": Right.ACCOUNTS,
    "account feed": Right.ACCOUNTS,
    "account reconcile": Right.ACCOUNTS,
}


def acting(app: App) -> Actor:
    """Who is at the shell. Raises Refused `access.no_account`, `access.expired`."""
    name = who.account()
    account = app.store.account(name)
    if account is not None and account.works(now_us()):
        actor = Actor(name, account.rights, account.partners, account.flows)
        return emergencies.widened(actor, emergencies.open_now(app.store))
    if account is not None:
        raise Refused("access.expired", f"the account {name} has ended")
    if not app.store.accounts():
        return Actor(name, frozenset(Right))
    if owns(app):
        return Actor(name, frozenset({Right.ACCOUNTS}))
    raise Refused("access.no_account", f"there is no account {name}")


def there(app: App, actor: Actor, hop: str, type_: str) -> bool:
    """What happens at this hop to messages of this type is there for the account (R17).

    Whoever is not confined sees it even where the configuration cannot be read.
    """
    return not actor.confined or seen(actor, app.registry, [(hop, type_)])


def narrowed(app: App, where: DeadFilter) -> DeadFilter:
    """The same filter over what is there for whoever is at the shell."""
    actor = acting(app)
    return confined(where, actor, app.registry) if actor.confined else where


def owns(app: App) -> bool:
    """The home belongs to whoever is at the shell."""
    return app.home.root.stat().st_uid == os.getuid()


def guarded(application: typer.Typer, path: str = "") -> None:
    """Let each command of the tree ask for its right first."""
    for group in application.registered_groups:
        assert group.typer_instance is not None
        assert isinstance(group.name, str)
        guarded(group.typer_instance, f"{path}{group.name} ")
    for command in application.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__.replace("_", "-")
        right = NEEDS.get(f"{path}{name}")
        if right is not None:
            command.callback = _asking(command.callback, right)


def _asking(run: Callable[..., Any], right: Right) -> Callable[..., Any]:
    @functools.wraps(run)
    def asked(*arguments: Any, **options: Any) -> Any:
        context: typer.Context = options["context"]
        with explained():
            acting(context.obj).need(right)
        return run(*arguments, **options)

    return asked
