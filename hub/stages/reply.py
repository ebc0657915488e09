"""Reply: what the partner answered becomes messages like any other, entering through the connector's hub lane."""

from hub.exchange import Exchange, Output
from hub.frozen import changed
from hub.message import Message, output_id
from hub.services import Services
from hub.topology import hub_lane


def reply(exchange: Exchange, hub: Services) -> Exchange:
    """Ids are derived from the request and the position: the same answer twice is the same message.

    A refusal is no answer the partner keeps: each attempt it refuses may say something else, and is another message.
    """
    request = exchange.known_message()
    attempt = f"/{request.attempt}" if exchange.objected else ""
    outputs = tuple(
        Output(
            hop=f"intake.{exchange.name}",
            queue=hub_lane(exchange.name),
            message=Message(
                message_id=output_id(
                    hub.tenant, exchange.name, request.message_id, "reply", f"{position}/{answer.type}{attempt}"
                ),
                type=answer.type,
                version=answer.version,
                source=exchange.name,
                correlation_id=request.correlation_id,
                body=answer.document,
                causation_id=request.message_id,
                purpose=request.purpose,
                traceparent=exchange.traceparent,
            ),
            digest=hub.sealer.digest(answer.document),
        )
        for position, answer in enumerate(exchange.replies)
    )
    return changed(exchange, outputs=outputs)
