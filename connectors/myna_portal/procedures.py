"""Which procedures (手続) are taken, and the items each may and must have: nothing else is taken in (R16).

The items are those of 申請内容ファイル (S:188), in the order of the contract. Our assumption: codes, and which item
belongs to which procedure; the real lists are not public.
"""

from collections.abc import Mapping
from dataclasses import dataclass

HEAD = (
    "reception_number",
    "category_name",
    "program_name",
    "program_version",
    "procedure_code",
    "procedure_name",
    "procedure_common_name",
    "procedure_version",
    "provider_code",
    "provider_name",
    "applied_at",
    "replaces",
    "certificate_serial",
    "contact_phone",
    "contact_mail",
)
APPLICANT = (
    "applicant_name",
    "applicant_name_kana",
    "applicant_birth_date",
    "applicant_sex",
    "applicant_postal_code",
    "applicant_address",
    "applicant_phone",
    "applicant_fax",
    "applicant_nationality",
    "applicant_individual_number",
)
HOUSEHOLD = (
    "has_spouse",
    "relationship_to_child",
    "address_this_january",
    "address_last_january",
    "spouse_name",
    "spouse_name_kana",
    "spouse_birth_date",
    "spouse_sex",
    "spouse_individual_number",
    "spouse_postal_code",
    "spouse_address",
)
CHILD = (
    "child_name",
    "child_name_kana",
    "child_birth_date",
    "child_sex",
    "child_postal_code",
    "child_address",
)
INSURANCE = (
    "insurance_kind",
    "insured_name",
    "insured_relationship_to_child",
    "insured_mark",
    "insured_since",
    "health_insurer_number",
    "health_insurer_name",
)
CIRCUMSTANCES = ("applicant_role", "other_subsidy", "reason")
ITEMS = (*HEAD, *APPLICANT, *HOUSEHOLD, *CHILD, *INSURANCE, *CIRCUMSTANCES)
_ALWAYS = frozenset({"reception_number", "procedure_code", "applied_at", "certificate_serial", "applicant_name"})


@dataclass(frozen=True, slots=True)
class Procedure:
    """`items`: those it may have; `needed`: those it must have."""

    items: frozenset[str]
    needed: frozenset[str]


PROCEDURES: Mapping[str, Procedure] = {
    # 医療証交付申請
    "KSM0000000000001": Procedure(
        frozenset(ITEMS),
        _ALWAYS | {"child_name", "child_birth_date", "child_address", "health_insurer_number", "insured_mark"},
    ),
    # 氏名・住所変更届: it asks for no one's insurance, spouse or 個人番号
    "KSM0000000000002": Procedure(
        frozenset({*HEAD, *APPLICANT, *CHILD, "reason"}) - {"applicant_individual_number"},
        _ALWAYS | {"child_name", "child_birth_date", "reason"},
    ),
}
