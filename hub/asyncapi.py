"""The AsyncAPI 3.0 description of this installation's broker, from configuration and schemas; the same every time.

What partners see: the doors they publish to and the queues they read. The hub's own queues are nobody else's affair.
"""

from collections.abc import Iterable, Mapping

from hub import answers
from hub.documents import Contract
from hub.jwe import ALGORITHM, CONTENT_TYPE, CURVE, ENCRYPTION
from hub.registry import Partner, Registry
from hub.topology import (
    ANSWERS_KEPT,
    DELIVERY_LIMIT,
    INTAKE_EXCHANGE,
    WORK_QUEUE_LENGTH,
    answer_queue,
    door_queue,
    partner_queue,
    rejected_queue,
    tier_ms,
    urgent_lane,
)  # fmt: skip

Json = dict[str, object]
XSD = "application/xml"  # AsyncAPI has no name for XML schemas; this is their media type (RFC 7303)
_BINDING = "0.3.0"
_TRACEPARENT: Json = {"type": "string", "description": "W3C trace context."}
_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
# CloudEvents attribute → where it travels in AMQP 0-9-1; the prefix cloudEvents: is taken like cloudEvents_
CLOUDEVENTS = {
    "id": "property message_id, or header cloudEvents_id where a client cannot set it",
    "type": "property type, or header cloudEvents_type where a client cannot set it",
    "source": "not sent: the routing key's first word, which the broker lets nobody else use",
    "specversion": "not sent: 1.0",
    "datacontenttype": "property content_type: application/xml, or application/jose where the body is sealed",
    "dataschema": "the namespace of the root element: urn:renkei:TYPE:vN",
    "time": "not sent: the hub notes when it takes a message in",
    "subject": "not sent: a message's subject is a person, and headers carry no personal data",
    "traceparent": "header traceparent (W3C trace context)",
}

SEALED: Json = {
    "description": "A body may be sealed: JWE in its compact form (RFC 7516), the XML within. The content type "
    "tells. To the hub's public key at a door; to the partner's, where it gave one, in a queue it reads.",
    "contentType": CONTENT_TYPE,
    "alg": ALGORITHM,
    "enc": ENCRYPTION,
    "crv": CURVE,
    "header": "alg, enc, kid, epk, and nothing else; no compression",
}


def describe(registry: Registry, tenant: str, tiers: Iterable[str], max_body_bytes: int, version: str) -> Json:
    """The whole document. `tiers`: delay tiers of the hub; `version`: of the hub."""
    writers = {name: registry.publishes(name) for name in sorted(registry.doors())}
    readers = {
        name: registry.reads(partner_queue(name)) for name in sorted(registry.partners) if registry.partners[name].reads
    }
    told = sorted(name for name, partner in registry.partners.items() if partner.answers)
    contracts = {_key(one): one for found in (*writers.values(), *readers.values()) for one in found}
    published = {_key(one) for found in writers.values() for one in found}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Renkei Hub",
            "version": version,
            "description": "Messages that partner systems publish to the hub and read from it, over AMQP 0-9-1.",
            "license": {"name": "Apache-2.0"},
            "x-tenant": tenant,
        },
        "defaultContentType": "application/xml",
        "servers": {
            "broker": {
                "host": "{host}:{port}",
                "protocol": "amqp",
                "protocolVersion": "0.9.1",
                "description": "The hub's RabbitMQ. Use amqps across hosts.",
                "variables": {
                    "host": {"description": "As the operator names it."},
                    "port": {"default": "5672", "description": "5671 with TLS."},
                },
                "security": [{"$ref": "#/components/securitySchemes/partner"}],
            }
        },
        "channels": {
            **{_door(name): _door_channel(registry, name, found) for name, found in writers.items()},
            **{_read(name): _read_channel(name, found) for name, found in readers.items()},
            **{_answers(name): _answer_channel(name) for name in told},
        },
        "operations": {
            **{f"publish.{name}": _publish(registry, name, found) for name, found in writers.items()},
            **{f"read.{name}": _operation("send", _read(name), registry.partners[name], found)
               for name, found in readers.items()},
            **{f"hear.{name}": _hear(registry.partners[name]) for name in told},
        },
        "components": {
            "securitySchemes": {
                "partner": {
                    "type": "userPassword",
                    "description": "One broker user per partner. It may write under its own routing keys alone, and "
                    "read nothing but a queue of its own.",
                }
            },
            "messages": {
                **{key: _message(contracts[key], published=key in published) for key in sorted(contracts)},
                answers.TYPE: _ANSWER,
            },
            "schemas": {
                "headers": _headers(),
                "headers.read": {"type": "object", "properties": {"traceparent": _TRACEPARENT}},
                **{key: _payload(contracts[key]) for key in sorted(contracts)},
                answers.TYPE: answers.SCHEMA,
            },
        },
        "x-limits": {"bodyBytes": max_body_bytes, "encoding": "UTF-8, no DOCTYPE"},
        "x-sealed": SEALED,
        "x-cloudevents": CLOUDEVENTS,
        "x-retry": {
            "description": "Deliveries that fail for a while are tried again after these delays; a partner that is "
            "down costs a message no attempt. A publisher repeats an unconfirmed message under the same id.",
            "delaysMs": [tier_ms(tier) for tier in tiers],
            "attempts": {name: registry.connectors[name].retry.attempts for name in sorted(registry.connectors)},
        },
        "x-dead-letter": {
            "description": "What is refused becomes a dead letter with a code that keeps its meaning (error-codes.md). "
            "Nothing that was confirmed is lost. The broker gives up on a message after deliveryLimit hand-outs.",
            "deliveryLimit": DELIVERY_LIMIT,
            "queueLength": WORK_QUEUE_LENGTH,
            "overflow": "reject-publish",
        },
    }  # fmt: skip


def _key(contract: Contract) -> str:
    return f"{contract.type}.v{contract.version}"


def _door(partner: str) -> str:
    return f"door.{partner}"


def _read(partner: str) -> str:
    return f"queue.{partner}"


def _refs(found: Iterable[Contract]) -> Json:
    return {_key(one): {"$ref": f"#/components/messages/{_key(one)}"} for one in found}


def _door_channel(registry: Registry, partner: str, found: tuple[Contract, ...]) -> Json:
    urgent = registry.urgent_types().get(partner, ())
    return {
        "address": f"{partner}.{{type}}",
        "title": registry.partners[partner].title,
        "description": f"The exchange {INTAKE_EXCHANGE} under this routing key; messages lie in {door_queue(partner)}.",
        "parameters": {
            "type": {"description": "The message type.", "enum": sorted({one.type for one in found})},
        },
        "messages": _refs(found),
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": INTAKE_EXCHANGE, "type": "topic", "durable": True, "autoDelete": False,
                },
                "bindingVersion": _BINDING,
            }
        },
        "x-queue": door_queue(partner),
        **({"x-urgent": {"queue": urgent_lane(door_queue(partner)), "types": list(urgent)}} if urgent else {}),
    }  # fmt: skip


def _read_channel(partner: str, found: tuple[Contract, ...]) -> Json:
    queue = {"name": partner_queue(partner), "durable": True, "exclusive": False, "autoDelete": False}
    return {
        "address": partner_queue(partner),
        "description": "Read with manual acknowledgement. What is rejected without requeueing is kept beside.",
        "messages": _refs(found),
        "bindings": {"amqp": {"is": "queue", "queue": queue, "bindingVersion": _BINDING}},
        "x-dead-letter-queue": rejected_queue(partner),
    }


def _answers(partner: str) -> str:
    return f"answers.{partner}"


def _answer_channel(partner: str) -> Json:
    queue = {"name": answer_queue(partner), "durable": True, "exclusive": False, "autoDelete": False}
    return {
        "address": answer_queue(partner),
        "description": "What became of each message you published, told once it is so, and again where it changes. "
        f"The oldest goes when {ANSWERS_KEPT} wait to be read.",
        "messages": {answers.TYPE: {"$ref": f"#/components/messages/{answers.TYPE}"}},
        "bindings": {"amqp": {"is": "queue", "queue": queue, "bindingVersion": _BINDING}},
    }


def _hear(partner: Partner) -> Json:
    channel = f"#/channels/{_answers(partner.name)}"
    return {
        "action": "send",
        "title": partner.title,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{answers.TYPE}"}],
    }


def _operation(action: str, channel: str, partner: Partner, found: tuple[Contract, ...]) -> Json:
    return {
        "action": action,
        "title": partner.title,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{_key(one)}"} for one in found],
    }


def _publish(registry: Registry, partner: str, found: tuple[Contract, ...]) -> Json:
    grants = {one.type: sorted(registry.granted_to(one.type)[partner]) for one in found}
    return {
        **_operation("receive", _door(partner), registry.partners[partner], found),
        "description": "The hub receives. Publish with confirms on, mandatory, persistent, and a fresh UUID as "
        "message_id; after an error publish again under the same id.",
        "bindings": {"amqp": {"ack": True, "deliveryMode": 2, "mandatory": True, "bindingVersion": _BINDING}},
        "x-purposes": grants,
    }  # fmt: skip


_ANSWER: Json = {
    "name": answers.TYPE,
    "title": "What became of a message",
    "summary": "送った電文がどうなったか",
    "contentType": answers.CONTENT_TYPE,
    "payload": {"$ref": f"#/components/schemas/{answers.TYPE}"},
    "bindings": {"amqp": {"messageType": answers.TYPE, "bindingVersion": _BINDING}},
}


def _message(contract: Contract, *, published: bool) -> Json:
    return {
        "name": contract.type,
        "title": contract.title,
        "summary": contract.title_ja,
        "contentType": "application/xml",
        "x-sealed-contentType": CONTENT_TYPE,
        "headers": {"$ref": f"#/components/schemas/{'headers' if published else 'headers.read'}"},
        "payload": {"$ref": f"#/components/schemas/{_key(contract)}"},
        "bindings": {
            "amqp": {"contentEncoding": "utf-8", "messageType": contract.type, "bindingVersion": _BINDING},
        },
        "x-flow": contract.flow,
        "x-version": contract.version,
        **({} if contract.sunset is None else {"x-sunset": contract.sunset.isoformat()}),
    }


def _payload(contract: Contract) -> Json:
    return {"schemaFormat": XSD, "schema": contract.xsd.decode("utf-8")}


def _headers() -> Mapping[str, object]:
    """Application headers; what AMQP has a property for is named by the CloudEvents mapping."""
    return {
        "type": "object",
        "required": ["purpose"],
        "properties": {
            "purpose": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9._-]*$", "maxLength": 64,
                        "description": "事務手続コード: one of those registered for partner and type."},
            "version": {"type": "integer", "minimum": 1, "maximum": 9999, "default": 1,
                        "description": "Version of the contract."},
            "traceparent": _TRACEPARENT,
            "cloudEvents_id": {"type": "string", "pattern": _UUID, "description": "Where message_id cannot be set."},
            "cloudEvents_type": {"type": "string", "description": "Where the property type cannot be set."},
        },
    }  # fmt: skip
