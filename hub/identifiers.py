"""The identifiers that name a person, a household or a case, and may cross some edges only (domain text, table 1.0)."""

from typing import Literal

PersonAliasKind = Literal[
    "addressee_number",  # 宛名番号
    "individual_number",  # 個人番号
    "integrated_number",  # 団体内統合宛名番号
    "pmh_key",  # PMHキー
    "link_number",  # 既存の紐付番号(オンライン資格確認等システム)
    "recipient_number",  # 公費受給者番号
    "certificate_serial",  # シリアル番号(利用者証明用電子証明書)
]
IdentifierKind = Literal[
    PersonAliasKind,
    "household_number",  # 世帯番号
    "insured_mark",  # 被保険者記号及び番号
    "reception_number",  # 受付番号
    "processing_number",  # 処理通番; for the acquisition of a code alone (R8), so no alias of anybody
    "pmh_link_key",  # PMH連携キー; whom it stands for, PMH alone can tell
    "pmh_pseudonym",  # PMH仮名識別子
]
