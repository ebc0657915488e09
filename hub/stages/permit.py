"""Permit: an inquiry of another body goes on only if the stored list, its licence and its route say so (F12, R23).

What is not permitted is answered, always in the same words; why, is noted with the settlement. A new version of the
list is kept before the message that brought it is settled: a redelivery changes nothing.
"""

from dataclasses import replace

import structlog

from hub.clock import now_us
from hub.errors import Refused
from hub.exchange import Exchange
from hub.permission import objection
from hub.services import Services
from hub.stages.check_output import check_output

_log = structlog.get_logger("hub.permit")


def permit(exchange: Exchange, hub: Services) -> Exchange:
    """Of most messages, nothing. Refuses `provision.conflict`: this version of the list is known with other content."""
    contract, document = exchange.known_contract(), exchange.known_document()
    if contract.permissions is not None:
        found = contract.permissions.read(document)
        if not hub.permissions.keep_list(found, now_us()):
            raise Refused("provision.conflict", f"version {found.version} of the list is known with other content")
    if contract.inquiries is None:
        return exchange
    terms = hub.registry.edge(exchange.name).answers
    if terms is None:
        raise Refused("provision.no_terms", f"the edge of {exchange.name} does not say on what terms it answers")
    now, inquiry = now_us(), contract.inquiries.read(document)
    code = objection(inquiry, hub.permissions.permission(inquiry.combination, now), terms, now)
    return exchange if code is None else _denied(exchange, code, hub)


def _denied(exchange: Exchange, code: str, hub: Services) -> Exchange:
    message = exchange.known_message()
    mapping = hub.registry.denial(message.type, message.version)
    _log.warning("inquiry_denied", code=code, source=message.source, message_id=message.message_id)
    answer = replace(
        exchange,
        message=replace(message, type=mapping.to_type, version=mapping.to_version),
        document=mapping.apply(exchange.known_document()),
        contract=hub.registry.contract(mapping.to_type, mapping.to_version),
        denied=code,
    )
    return check_output(answer, hub)
