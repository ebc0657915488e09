"""What flows about PMH share: the letter that registers a certificate, the one that links its key, and what follows."""

from collections.abc import Callable
from dataclasses import replace

from hub.client import Publication
from hub.sandbox import letters
from hub.sandbox.certificates import Registration
from hub.sandbox.flow import Ids, Sending
from hub.sandbox.judge import Due
from hub.sandbox.numbers import link_number

TYPE, PURPOSE = "welfare.eligibility", "child-medical.issue"
SENDER, STRANGER = "welfare", "resident_registry"
REGISTERED = (("pmh", "pmh.registration"), ("welfare", "welfare.eligibility_result"))
KEY_REQUEST = ("insurer_intermediate_server", "insurer_intermediate_server.key_request")
KEY_BINDING = ("pmh", "pmh.key_binding")
LINK_TYPE = "insurer_intermediate_server.key_link"
INSURERS = "insurer_intermediate_server"
LINKED = ("eligibility_verification", "eligibility_verification.key_link")
# How the hub's journal shows that PMH asks for a key, and what follows from it.
KEY_TYPES = frozenset(
    ["pmh.key_required", "pmh_key.request", "insurer_intermediate_server.key_issued", "pmh_key.issued"]
)


def letter(registration: Registration, ids: Ids) -> Publication:
    """The message of the welfare system for this record."""
    return Publication(TYPE, letters.eligibility(registration), PURPOSE, message_id=ids())


def sending(flow: str, registration: Registration, ids: Ids) -> Sending:
    """The message and what it causes, unless a newer one about the same certificate overtakes it."""
    message = letter(registration, ids)
    record, version = registration.record, registration.history_key
    dues = tuple(Due(*place, message.message_id, record, version) for place in REGISTERED)
    return Sending(flow, SENDER, message, dues=dues)


def needing_key(registering: Sending, child: str) -> Sending:
    """The first registration of a child without a key: it is asked for and bound."""
    message_id = registering.publication.message_id
    keys = tuple(Due(*place, message_id, child) for place in (KEY_REQUEST, KEY_BINDING))
    return replace(registering, dues=(*registering.dues, *keys))


def at_pmh(registering: Sending) -> Sending:
    """Where a flow begins with registrations: what they cause elsewhere is the affair of F16 and F17."""
    return _filtered(registering, lambda due: due.partner == "pmh")


def linking(flow: str, child: str, nth: int, ids: Ids) -> Sending:
    """The insurers tell online eligibility verification the key of a child, which the hub must know by then."""
    message = Publication(LINK_TYPE, letters.key_link(child, nth), PURPOSE, message_id=ids())
    return Sending(flow, INSURERS, message, dues=(Due(*LINKED, message.message_id, link_number(child, nth)),))


def only_key(registering: Sending) -> Sending:
    """The sending with no other dues than those about a key."""
    return _filtered(registering, _about_key)


def without_key(registering: Sending) -> Sending:
    """The sending without the dues about a key."""
    return _filtered(registering, lambda due: not _about_key(due))


def _about_key(due: Due) -> bool:
    return (due.partner, due.operation) in (KEY_REQUEST, KEY_BINDING)


def _filtered(registering: Sending, wanted: Callable[[Due], bool]) -> Sending:
    return replace(registering, dues=tuple(due for due in registering.dues if wanted(due)))
