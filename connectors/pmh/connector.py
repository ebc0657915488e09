"""Public Medical Hub (PMH): registrations, keys, pseudonyms and inquiries as JSON over HTTP."""

from connectors.http import KeyedConnector, Operation
from connectors.http.json import JSON
from connectors.pmh import entitlement, key_binding, pseudonym, registration, view
from hub.ports.connector import ConnectorSettings

OPERATIONS = {
    "pmh.registration": Operation("/postRegistrationTasks", JSON, registration.encode, registration.replies),
    "pmh.key_binding": Operation("/key-bindings", JSON, key_binding.encode, lambda _sent, _answer: ()),
    "pmh.entitlement_inquiry": Operation("/entitlement-inquiries", JSON, entitlement.encode, entitlement.replies),
    "pmh.pseudonym_binding": Operation("/pseudonyms", JSON, pseudonym.encode, pseudonym.replies, pseudonym.objection),
    "pmh.entitlement_view": Operation("/entitlement-views", JSON, view.encode, view.replies),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
