"""The flows of the demo. Adding one is adding its object here."""

from collections.abc import Sequence

from hub.sandbox.flow import Flow
from hub.sandbox.flows.application_correction import ApplicationCorrection
from hub.sandbox.flows.application_intake import ApplicationIntake
from hub.sandbox.flows.application_status import ApplicationStatus
from hub.sandbox.flows.claims import ClaimsImport
from hub.sandbox.flows.comparison import Comparison
from hub.sandbox.flows.copy_registration import CopyRegistration
from hub.sandbox.flows.eligibility import Eligibility
from hub.sandbox.flows.entitlement import Entitlement
from hub.sandbox.flows.income import Income
from hub.sandbox.flows.inquiry import Inquiry
from hub.sandbox.flows.loss import Loss
from hub.sandbox.flows.network_inquiry import NetworkInquiry
from hub.sandbox.flows.nonresident import NonresidentRegistration
from hub.sandbox.flows.number_link import NumberLink
from hub.sandbox.flows.numbering import Numbering
from hub.sandbox.flows.permission_list import PermissionList
from hub.sandbox.flows.pmh_key import PmhKey
from hub.sandbox.flows.protection import Protection
from hub.sandbox.flows.provision import Provision
from hub.sandbox.flows.pseudonym import Pseudonyms
from hub.sandbox.flows.renewal import Renewal
from hub.sandbox.flows.resident_change import ResidentChange
from hub.sandbox.flows.transfer import Transfer
from hub.sandbox.flows.view import View

FLOWS: tuple[Flow, ...] = (
    ResidentChange(),
    Numbering(),
    Eligibility(),
    PmhKey(),
    Inquiry(),
    NumberLink(),
    ApplicationIntake(),
    ApplicationCorrection(),
    ApplicationStatus(),
    Comparison(),
    Protection(),
    CopyRegistration(),
    NonresidentRegistration(),
    Transfer(),
    NetworkInquiry(),
    Provision(),
    PermissionList(),
    Income(),
    ClaimsImport(),
    Entitlement(),
    Pseudonyms(),
    View(),
    Renewal(),
    Loss(),
)


def without_queues(flows: Sequence[Flow]) -> list[Flow]:
    """The same where no partner can read a queue, as there is no broker outside this process."""
    return [Income(queue=False) if isinstance(flow, Income) else flow for flow in flows]
