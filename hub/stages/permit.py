"""Permit: inquiries go on only if the stored list of permitted ones says so (照会許可用照会リスト; F10, F12, F15).

One of the own body is refused where the list does not name it (R24). What another body may not ask is answered, always
in the same words; why, is noted with the settlement (R23). A new version of the list is kept before the message that
brought it is settled: a redelivery changes nothing.
"""

import structlog

from hub.clock import now_us
from hub.documents import Contract, Document
from hub.errors import Refused
from hub.exchange import Exchange
from hub.frozen import changed
from hub.permission import Terms, objection, unasked
from hub.ports.permissions import Exchanged
from hub.services import Services
from hub.stages.check_output import check_output

_log = structlog.get_logger("hub.permit")


def permit(exchange: Exchange, hub: Services) -> Exchange:
    """Of most messages, nothing. Refuses `provision.conflict`, `provision.no_terms`, `inquiry.no_list`, …"""
    contract, document = exchange.known_contract(), exchange.known_document()
    _keep_list(contract, document, hub)
    step = _step(exchange, contract, document, hub)
    if step is not None:
        message = exchange.known_message()
        basis = hub.registry.basis(message.source, message.purpose)
        exchange = changed(exchange, exchanged=step, basis=basis)
    _may_ask(contract, document, hub)
    denied = _may_be_answered(exchange, contract, document, hub)
    return exchange if denied is None else _answer_no(exchange, denied, hub)


def _step(exchange: Exchange, contract: Contract, document: Document, hub: Services) -> Exchanged | None:
    """Which step of an inquiry between bodies this is, for the record (R30); None for most messages."""
    if contract.asks is not None:
        return Exchanged("asked", contract.asks.read(document, _terms(contract.asks.at, hub).provider))
    if contract.inquiries is not None:
        return Exchanged("inquiry", contract.inquiries.read(document).combination)
    if exchange.trusted and exchange.name in hub.registry.asked():
        return Exchanged("reply")
    return None


def _keep_list(contract: Contract, document: Document, hub: Services) -> None:
    if contract.permissions is not None:
        found = contract.permissions.read(document)
        if not hub.permissions.keep_list(found, now_us()):
            raise Refused("provision.conflict", f"version {found.version} of the list is known with other content")


def _may_ask(contract: Contract, document: Document, hub: Services) -> None:
    if contract.asks is not None:
        asked, now = contract.asks.read(document, _terms(contract.asks.at, hub).provider), now_us()
        code = unasked(hub.permissions.permission(asked, now), now)
        if code is not None:
            raise Refused(code, "the list does not name who asks, by which procedure, whom, and for what")


def _may_be_answered(exchange: Exchange, contract: Contract, document: Document, hub: Services) -> str | None:
    if contract.inquiries is None:
        return None
    inquiry, now = contract.inquiries.read(document), now_us()
    found = hub.permissions.permission(inquiry.combination, now)
    return objection(inquiry, found, _terms(exchange.name, hub), now)


def _terms(connector: str, hub: Services) -> Terms:
    terms = hub.registry.edge(connector).answers
    if terms is None:
        raise Refused("provision.no_terms", f"the edge of {connector} does not say on what terms it answers")
    return terms


def _answer_no(exchange: Exchange, code: str, hub: Services) -> Exchange:
    message = exchange.known_message()
    mapping = hub.registry.denial(message.type, message.version)
    _log.warning("inquiry_denied", code=code, source=message.source, message_id=message.message_id)
    answer = changed(
        exchange,
        message=changed(message, type=mapping.to_type, version=mapping.to_version),
        document=mapping.apply(exchange.known_document()),
        contract=hub.registry.contract(mapping.to_type, mapping.to_version),
        denied=code,
    )
    return check_output(answer, hub)
