"""The order of stages, literally: what happens to a message is what these lists say.

intake:    OPEN ─▶ (deduplicate, one query per batch) ─▶ INTAKE ─▶ settle
delivery:  PREPARE ─▶ (deduplicate, order, fence, lease: one transaction per batch) ─▶ SEND ─▶ settle
                                                       a refusal that says something: └▶ HEAR ─▶ settle, dead
"""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from hub.errors import BrokerUnavailable, Refused, RenkeiError, StoreUnavailable
from hub.exchange import Exchange
from hub.services import Services
from hub.stages.authenticate import authenticate
from hub.stages.authorise import authorise
from hub.stages.canonicalise import canonicalise
from hub.stages.check_output import check_output
from hub.stages.check_reply import check_reply
from hub.stages.compose import compose
from hub.stages.deliver import deliver
from hub.stages.encode import encode
from hub.stages.guard import guard
from hub.stages.identify import identify
from hub.stages.legible import legible
from hub.stages.permit import permit
from hub.stages.protect import protect
from hub.stages.receive import receive
from hub.stages.recognise import recognise
from hub.stages.reply import reply
from hub.stages.route import route
from hub.stages.screen import screen
from hub.stages.shield import shield
from hub.stages.validate import validate
from hub.stages.withhold import withhold

Stage = Callable[[Exchange, Services], Exchange]

OPEN: tuple[Stage, ...] = (receive, authenticate)
INTAKE: tuple[Stage, ...] = (
    legible, validate, authorise, recognise, canonicalise, check_output, recognise, protect, permit, route,
)  # fmt: skip
PREPARE: tuple[Stage, ...] = (receive, compose, withhold, shield, check_output, identify, encode, screen, guard)
SEND: tuple[Stage, ...] = (deliver, check_reply, reply)
HEAR: tuple[Stage, ...] = (check_reply, reply)

_log = structlog.get_logger("hub.pipeline")


class Bug(RenkeiError):
    """Something unexpected escaped a stage; ends as `hub.internal`, never looped."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Where an exchange stopped: `exchange` as the last good stage left it."""

    exchange: Exchange
    stage: str
    error: RenkeiError


def run(stages: Sequence[Stage], exchange: Exchange, hub: Services) -> Exchange | Failed:
    """Pass the exchange through the stages. Lets StoreUnavailable and BrokerUnavailable through: nothing is decided."""
    for stage in stages:
        try:
            exchange = stage(exchange, hub)
        except (StoreUnavailable, BrokerUnavailable):
            raise
        except RenkeiError as error:
            if isinstance(error, Refused) and error.contract is not None:
                hub.metrics.violated(error.contract, error.rule or "")
            return Failed(exchange, stage.__name__, error)
        except Exception as error:  # noqa: BLE001 - a bug of ours must not stop or loop the queue
            # the text of an unknown exception may quote the message: only its type and place are logged
            place = traceback.extract_tb(error.__traceback__)[-1]
            _log.error(
                "stage_failed",
                stage=stage.__name__,
                error=type(error).__name__,
                line=f"{place.name}:{place.lineno}",
            )
            return Failed(exchange, stage.__name__, Bug("hub.internal", type(error).__name__))
    return exchange
