"""Inquiries (情報照会, F10): taken at once and answered later, asked after by レコード識別番号, never sent twice (R33).

202  the server has it and no result yet
200  the result
409  it does not act: `informationRefused` with an ErrorCode. Its ErrorMessage quotes numbers, in full-width digits, and
     is not read.
"""

import re
from collections.abc import Sequence

from connectors.http.endpoint import Response
from connectors.http.xml import about, reply_of
from hub.errors import InDoubt, Pending, Refused, RenkeiError
from hub.ports.connector import Reply

RESULT = "intermediate_server.information_result"
ECHOES = (
    "RecordIdentificationNumber",
    "IntegratedAddressNumber",
    "ProviderCode",
    "SpecificPersonalInformationCode",
)
NOT_YET, REFUSED = 202, 409
_CODE = re.compile(rb"<(?:\w+:)?ErrorCode>\s*([A-Z_]{1,40})\s*<")


def result(sent: bytes, answer: Response) -> Sequence[Reply]:
    """The result of what was sent. Raises Pending, Refused, InDoubt as the answer says."""
    if answer.status == NOT_YET:
        raise Pending("the inquiry is under way")
    if answer.status == REFUSED:
        found = _CODE.search(answer.body)
        raise _refusal("" if found is None else found[1].decode())
    found_reply = reply_of(answer.body, RESULT)
    about(sent, answer.body, ECHOES)
    return (found_reply,)


def _refusal(code: str) -> RenkeiError:
    match code:
        case "CODE_NOT_OBTAINED":  # 符号が未取得です: it is asked for by F3, and may come
            return Pending("the person's code has not been obtained", code="inquiry.no_code")
        case "NOT_PERMITTED":  # 照会は許可されていません
            return Refused("inquiry.not_permitted", "the intermediate server does not permit the inquiry")
        case "RECORD_EXISTS":  # 「レコード識別番号」が既に存在しています: whose it is, only asking tells
            return InDoubt("deliver.in_doubt", "the server knows this record number")
        case _:
            return Refused("deliver.rejected", "the intermediate server refused the inquiry")
