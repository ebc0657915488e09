"""The catalogue of error codes: for each, who acts and what happens next, in English and Japanese.

The reference page `ops/docs/error-codes.md` and the cards of dead letters are generated from this table.
A code, once released, keeps its meaning.
"""

from dataclasses import dataclass
from typing import Literal

Actor = Literal["sender", "support", "operator", "partner", "developer"]


@dataclass(frozen=True, slots=True)
class Card:
    """What a person reads about one code. Texts are one or two plain sentences, no personal data."""

    title: str
    title_ja: str
    actor: Actor
    next_step: str
    next_step_ja: str


# What became of the message, by the first part of its code.
_KEPT = (
    "The message is kept, sealed, as a dead letter; nothing of it was passed on. Other messages flow.",
    "電文は封緘して保管され、どこにも渡されていません。ほかの電文は流れています。",
)
_NOT_ARRIVED = (
    "The message is kept, sealed; this partner has not got it. Later ones of the same record may wait for it.",
    "電文は封緘して保管され、この連携先には届いていません。同じ記録の後続の電文が待っていることがあります。",
)
_HELD = (
    "The message is kept, sealed, and does not leave before people have looked at it.",
    "電文は封緘して保管され、人が内容を確認するまで送られません。",
)
_DENIED = (
    "Nothing was provided. Who asked was told so, without a reason; the reason is in the hub's books.",
    "何も提供していません。照会者には理由を付けずに拒否と回答し、理由はハブの記録に残りました。",
)
_NOT_SENT = (
    "The hub has not taken the message; the sender still has it.",
    "ハブは電文を受け取っていません。電文は送信元に残っています。",
)
_REFUSED_ACT = (
    "Nothing was changed; all messages are where they were.",
    "何も変更されていません。電文はすべて元の状態のままです。",
)
_WAITS = (
    "The hub waits or does not start; what it had accepted is kept.",
    "ハブは待機しているか、起動しません。受け付け済みの電文は保管されています。",
)
_EFFECTS: dict[str, tuple[str, str]] = {
    "receive": _KEPT,
    "authenticate": _KEPT,
    "validate": _KEPT,
    "authorise": _KEPT,
    "translate": _KEPT,
    "route": _KEPT,
    "order": _NOT_ARRIVED,
    "screen": _NOT_ARRIVED,
    "deliver": _NOT_ARRIVED,
    "reply": _NOT_ARRIVED,
    "fence": _HELD,
    "provision": _DENIED,
    "inquiry": _NOT_ARRIVED,
    "package": _KEPT,
    "signature": _KEPT,
    "application": _KEPT,
    "attachment": _NOT_ARRIVED,
    "hold": _REFUSED_ACT,
    "access": _REFUSED_ACT,
    "approval": _REFUSED_ACT,
    "emergency": _REFUSED_ACT,
    "edit": _REFUSED_ACT,
    "erase": _REFUSED_ACT,
    "retention": _REFUSED_ACT,
    "registry": _REFUSED_ACT,
    "publish": _NOT_SENT,
    "replay": _REFUSED_ACT,
    "case": _REFUSED_ACT,
    "search": _REFUSED_ACT,
    "audit": _REFUSED_ACT,
    "console": _REFUSED_ACT,
    "keys": _REFUSED_ACT,
    "reveal": _REFUSED_ACT,
    "message": _REFUSED_ACT,
    "letter": _REFUSED_ACT,
    "broker": _WAITS,
    "hub": _KEPT,
    "store": _WAITS,
    "config": _WAITS,
}
_EFFECTS_OF_CODES = {
    "audit.outside": (
        "Acts are recorded and signed, but not yet in a second place. After a minute nothing leaves the city.",
        "操作は記録・署名されていますが、第二の場所にまだ書かれていません。1分を超えると庁外への送信が止まります。",
    ),
    "reply.invalid": (
        "The partner has acted; its reply is not believed and was not passed on. The message is kept, sealed.",
        "連携先は処理済みですが、応答は採用されず、どこにも渡されていません。電文は封緘して保管されています。",
    ),
    "deliver.in_doubt": (
        "Whether the partner has the message is not known. It is kept, sealed, and not sent again by itself.",
        "連携先に届いたかどうか不明です。電文は封緘して保管され、自動では再送されません。",
    ),
    "deliver.late": (
        "Nothing was sent; the message is on its way and costs no attempt.",
        "何も送られていません。電文は処理中で、再試行の回数には数えません。",
    ),
    "broker.dead_lettered": _KEPT,
    "signature.no_trust": _NOT_SENT,
    "application.unlinked": _NOT_ARRIVED,
    "application.superseded": _NOT_ARRIVED,
    "application.other_applicant": _NOT_ARRIVED,
    "inquiry.no_list": _KEPT,
    "inquiry.list_expired": _KEPT,
    "inquiry.not_listed": _KEPT,
    "provision.conflict": _KEPT,
    "provision.no_terms": _KEPT,
}


def effect(code: str) -> tuple[str, str]:
    """What a code means for the message and for others, in English and Japanese. KeyError: no text is there for it."""
    return _EFFECTS_OF_CODES.get(code) or _EFFECTS[code.partition(".")[0]]


_FIX_AND_RESEND = (
    "The sender corrects the message and sends it again under a new message id; then discard this dead letter.",
    "送信元が電文を直し、新しいメッセージIDで送り直します。届いたらこの失敗電文を破棄します。",
)
_REPLAY_WHEN_HEALED = (
    "Wait until the partner works again, then replay.",
    "連携先が復旧してから再送します。",
)
_ASK_DEVELOPER = (
    "Report the message id to the hub's developers; the message is kept and can be replayed after the fix.",
    "メッセージIDを開発担当へ伝えます。電文は保管されており、修正後に再送できます。",
)

_PACKAGE_AGAIN = (
    "The portal was told. Its operators look at the package and lay it out again, or the applicant applies again.",
    "ポータルには通知済みです。ポータル側で確認して再度出力するか、申請者に再申請を求めます。",
)
_APPLY_AGAIN = (
    "The portal was told, and tells the applicant, who applies again with a valid certificate. Discard when it came.",
    "ポータルに通知済みで、申請者には有効な証明書での再申請を求めます。届いたらこの失敗電文を破棄します。",
)

CODES: dict[str, Card] = {
    "receive.missing_id": Card("The message has no message id", "メッセージIDがありません", "sender", *_FIX_AND_RESEND),
    "receive.id_format": Card(
        "The message id is not a UUID", "メッセージIDがUUIDの形式ではありません", "sender", *_FIX_AND_RESEND
    ),
    "receive.id_conflict": Card(
        "The message id was used before with other content",
        "同じメッセージIDが別の内容で使われています",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "receive.header": Card(
        "A header has the wrong type or form",
        "ヘッダーの型または形式が正しくありません",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "receive.too_large": Card(
        "The body is larger than the limit", "本文が上限サイズを超えています", "sender", *_FIX_AND_RESEND
    ),
    "receive.sealed_id": Card(
        "The body was sealed for another message id",
        "本文は別のメッセージIDのために封緘されたものです",
        "sender",
        "Ask the sender which message this was. Where it was not the sender, somebody repeats what was recorded: tell"
        " the operator of the broker. The sender seals anew for the id it sends under; then discard this dead letter.",
        "どの電文かを送信元に確認します。送信元の電文でなければ、記録された電文の再利用が疑われるため、ブローカーの運用担当に"
        "連絡します。送信元は送信に使うメッセージIDで封緘し直し、送り直したらこの失敗電文を破棄します。",
    ),
    "receive.sealed": Card(
        "The sealed body does not open, or is not sealed as agreed",
        "封緘された本文を開けないか、封緘の形式が取り決めと異なります",
        "sender",
        "See which key the sender seals to: `renkei door-key list` has those that open, `renkei door-key show` the"
        " newest. The sender seals anew and sends under a new message id; then discard this dead letter.",
        "送信元がどの公開鍵で封緘したかを確認します。使える鍵は `renkei door-key list`、"
        "最新の公開鍵は `renkei door-key show` で確認できます。"
        "送信元が封緘し直し、新しいメッセージIDで送り直したら、この失敗電文を破棄します。",
    ),
    "receive.plain": Card(
        "The message is not sealed, and this partner's must be",
        "封緘が必要な連携先から、封緘されていない電文が届きました",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "receive.unsealable": Card(
        "The sealed body cannot be opened",
        "封緘された本文を開けません",
        "operator",
        "Check that the epoch keys of the store are complete (restore?), then replay.",
        "鍵の保管状態(復元の有無)を確認してから再送します。",
    ),
    "authenticate.sender": Card(
        "The broker user is not the partner whose queue this is",
        "送信ユーザーが連携先と一致しません",
        "operator",
        "Check who holds this partner's credentials; discard if the message is not genuine.",
        "この連携先の認証情報の管理状況を確認し、正当な電文でなければ破棄します。",
    ),
    "validate.type": Card(
        "The message type or version is unknown",
        "電文の種類または版が登録されていません",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "validate.version": Card(
        "This version of the contract is not known here any more, or not yet",
        "この版の取り決めは、ここでは終了したか、まだ登録されていません",
        "operator",
        "Add a mapping that raises it to the newer version (contract-years.md), restart, replay; or have it sent anew.",
        "旧版を新しい版に直す変換規則を加え(contract-years.md)、再起動後に再送します。または送信元が新しい版で送り直します。",
    ),
    "validate.xml": Card(
        "The body is not well-formed, or uses a forbidden XML feature",
        "XMLとして正しくないか、禁止された機能を使っています",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "validate.encoding": Card(
        "A text or file cannot be read in the agreed character encoding or layout",
        "取り決めた文字コードまたはレイアウトで読めない文字やファイルがあります",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "validate.formula": Card(
        "A text of a file begins like a formula, which a spreadsheet would run",
        "ファイルの文字列が数式のように始まっており、表計算ソフトで実行されるおそれがあります",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "validate.schema": Card(
        "The message does not match the agreed format",
        "電文が取り決めた形式に合っていません",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "validate.check_digit": Card(
        "A number fails its check digit", "検査数字が一致しない番号があります", "sender", *_FIX_AND_RESEND
    ),
    "validate.control_total": Card(
        "A control total of the batch does not match its records",
        "件数または合計金額が明細と一致しません",
        "sender",
        "Nothing of the batch goes on. The sender checks what was lost or added and lays out the whole batch anew,"
        " under a new name; then discard this dead letter.",
        "一括データは1件も先へ進みません。送信元が欠落・重複を調べ、全件を新しい名前で出し直します。届いたら破棄します。",
    ),
    "validate.rule": Card(
        "Two fields of the message contradict each other",
        "電文の項目どうしが矛盾しています",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "authorise.grant": Card(
        "The sender has no grant for this message type",
        "この種類の電文を送る権限がありません",
        "operator",
        "If the exchange is lawful, add the grant and replay; otherwise discard.",
        "根拠のある連携であれば権限を登録して再送し、なければ破棄します。",
    ),
    "authorise.purpose": Card(
        "The purpose is not registered for this sender and type",
        "この送信元と種類に登録されていない利用目的です",
        "operator",
        "If the purpose is lawful, register it and replay; otherwise discard.",
        "根拠のある利用目的であれば登録して再送し、なければ破棄します。",
    ),
    "translate.failed": Card(
        "The mapping could not translate the message",
        "変換規則で電文を変換できません",
        "developer",
        *_ASK_DEVELOPER,
    ),
    "translate.output": Card(
        "The mapping produced an invalid message",
        "変換後の電文が形式に合っていません",
        "developer",
        *_ASK_DEVELOPER,
    ),
    "translate.unencodable": Card(
        "A text has a character the partner's encoding does not have",
        "連携先の文字コードでは表せない文字があります",
        "support",
        "The field is named. The hub replaces nothing: agree on how to write it (代替文字), keep the original, have it"
        " sent again under a new message id.",
        "項目名は表示のとおりです。ハブは文字を置き換えません。代替文字の扱いを決め、元の表記を残し、"
        "新しいメッセージIDで送り直します。",
    ),
    "translate.formula": Card(
        "A text for the partner's file begins like a formula, which a spreadsheet would run",
        "連携先へのファイルに、数式のように始まり表計算ソフトで実行されるおそれのある文字列があります",
        "support",
        "The field is named. The hub changes nothing: find out how it came there, have it sent again corrected, under a"
        " new message id; then discard this dead letter.",
        "項目名は表示のとおりです。ハブは文字列を変更しません。混入の経緯を確認し、訂正した電文を新しいメッセージIDで"
        "送り直してもらい、届いたらこの失敗電文を破棄します。",
    ),
    "route.none": Card(
        "No route is configured for this message type",
        "この種類の電文の送り先が設定されていません",
        "operator",
        "Configure a route and replay.",
        "経路を設定してから再送します。",
    ),
    "order.conflict": Card(
        "The same version was sent before with other content",
        "同じ版番号で内容の異なる電文が先に送られています",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "order.unplaced": Card(
        "The hub never finished taking in the message that caused this one",
        "この電文の元になった電文の受付が完了していません",
        "support",
        "Look at the message that caused it (`renkei trace`). If it is dead, solve that first, then replay or discard.",
        "元の電文を `renkei trace` で確認します。元が失敗していれば先に解決し、その後に再送または破棄します。",
    ),
    "screen.identifier": Card(
        "The outgoing message carries an identifier that may not cross this edge",
        "この送り先へ渡してはならない番号が含まれています",
        "support",
        "Do not replay. Find out how the identifier got into the message and tell the data protection officer.",
        "再送しないでください。番号が入った経緯を調べ、個人情報保護の担当へ連絡します。",
    ),
    "screen.provision": Card(
        "The outgoing message provides a data item that is not on the table of provision",
        "提供の対象として登録されていない特定個人情報が含まれています",
        "support",
        "Do not replay. Provision needs a legal basis: if there is one, have the item put on the edge; else discard.",
        "再送しないでください。提供には法令の根拠が必要です。根拠があれば連携境界への登録を依頼し、なければ破棄します。",
    ),
    "deliver.unavailable": Card(
        "The partner cannot be reached", "連携先に接続できません", "partner", *_REPLAY_WHEN_HEALED
    ),
    "deliver.no_token": Card(
        "The partner's authorisation server grants the hub no token",
        "連携先の認可サーバーからアクセストークンを取得できません",
        "operator",
        "Compare client_id, token_url and secrets/<connector>.client-secret with what the partner registered, and the"
        " clocks of both. Nothing was sent; the messages wait.",
        "client_id、token_url、secrets/<連携名>.client-secret が連携先の登録内容と一致するか、"
        "双方の時刻が合っているかを確認します。電文は送られておらず、待機しています。",
    ),
    "deliver.pending": Card(
        "The partner has the request but no result yet",
        "連携先は依頼を受け付けましたが、結果はまだありません",
        "support",
        "Ask the partner why there is no result. Then replay: the hub asks for the result, with no new request.",
        "連携先に結果が出ない理由を確認し、再送します。ハブは結果だけを問い合わせ、依頼を二重に出しません。",
    ),
    "deliver.late": Card(
        "The hub's process stood still and must not send any more",
        "ハブのプロセスが停止していたため送信を見送りました",
        "operator",
        "The hub sends it again by itself. If it happens often, see whether the machine swaps or is suspended.",
        "ハブが自動で再送します。頻発する場合は、サーバーのスワップや一時停止がないか確認してください。",
    ),
    "deliver.error": Card(
        "The partner answered with a server error",
        "連携先がエラーを返しました",
        "partner",
        *_REPLAY_WHEN_HEALED,
    ),
    "deliver.throttled": Card(
        "The partner asks to slow down", "連携先が流量の抑制を求めています", "partner", *_REPLAY_WHEN_HEALED
    ),
    "deliver.rejected": Card(
        "The partner refused the message",
        "連携先が電文を受け付けませんでした",
        "support",
        "Read the partner's status, correct the cause at the partner or the sender, then replay or discard.",
        "連携先の応答を確認し、連携先または送信元で原因を直してから再送または破棄します。",
    ),
    "deliver.gap": Card(
        "The partner lacks an earlier message, and takes no later one before it has the full set",
        "連携先に前の差分が届いていないため、全件が届くまで後の差分を受け付けられません",
        "support",
        "Its request for the full set has gone to the sender; later differences wait. When the full set is delivered,"
        " replay this one: the partner knows it as contained, and what waited goes on.",
        "全件の依頼は送信元へ送られ、後続の差分は待機しています。全件が届いたらこの電文を再送します。"
        "連携先は反映済みとして受け付け、待機中の差分が順に送られます。",
    ),
    "deliver.bound": Card(
        "PMH has this pseudonym for somebody else, or another one for this person; nothing was stored",
        "PMHで、この仮名識別子が別の人に、または同じ人に別の仮名識別子が紐付いているため、登録されませんでした",
        "support",
        "The portal has been told no. Find out with the operators of the portal and of PMH whose it is, as somebody"
        " might see another person's data; then discard.",
        "マイナポータルには不可と回答済みです。他人の情報が見えるおそれがあるため、マイナポータルとPMHの運用者に、"
        "誰の識別子かを確認してから破棄します。",
    ),
    "deliver.exhausted": Card("All attempts failed", "すべての再試行が失敗しました", "partner", *_REPLAY_WHEN_HEALED),
    "deliver.in_doubt": Card(
        "The partner may have acted but did not say so",
        "連携先が処理したかどうか確認できません",
        "support",
        "Ask the partner whether it has the message id. If not, replay; if so, discard.",
        "連携先にこのメッセージIDの受領有無を確認し、未受領なら再送、受領済みなら破棄します。",
    ),
    "reply.invalid": Card(
        "The partner's reply does not match the agreed format; it was rejected whole",
        "連携先の応答が取り決めた形式に合わないため、全体を受け付けませんでした",
        "partner",
        "Ask the partner to correct its reply, then replay: the request goes out under the same key.",
        "連携先に応答の修正を依頼し、その後再送します。同じキーで送るため二重処理にはなりません。",
    ),
    "publish.unroutable": Card(
        "The hub has no queue for this partner's messages",
        "この連携先の電文を受け取るキューがありません",
        "operator",
        "Run `renkei topology apply` on the hub and check that the partner is configured to publish; then send again.",
        "ハブで `renkei topology apply` を実行し、連携先が送信を許可されているか確認してから送り直します。",
    ),
    "publish.forbidden": Card(
        "The broker does not let these credentials publish as this partner",
        "この認証情報では、この連携先として送信できません",
        "operator",
        "Check the partner's user name, password and topic permissions on the broker.",
        "ブローカー上の連携先のユーザー名、パスワード、トピック権限を確認します。",
    ),
    "publish.refused": Card(
        "The broker refuses the message as it is",
        "ブローカーがこの電文を受け付けません",
        "sender",
        "Check the size of the message and its properties, then send it again.",
        "電文のサイズとプロパティを確認し、送り直します。",
    ),
    "replay.sender_only": Card(
        "Only the sender can send this again",
        "この電文は送信元だけが送り直せます",
        "sender",
        *_FIX_AND_RESEND,
    ),
    "replay.nothing": Card(
        "Nothing is there to be replayed",
        "再送できる電文がありません",
        "support",
        "See `renkei dead list`: others may have replayed or discarded them. Choose other filters.",
        "`renkei dead list` で確認します。すでに再送または破棄されている場合があります。条件を選び直します。",
    ),
    "replay.unknown": Card(
        "There is no such replay plan",
        "その再送計画はありません",
        "support",
        "See `renkei replay list`.",
        "`renkei replay list` で確認します。",
    ),
    "replay.busy": Card(
        "Another process runs this replay plan",
        "この再送計画は別のプロセスが実行しています",
        "support",
        "Follow it with `renkei replay show`. If that process died, try again in half a minute.",
        "`renkei replay show` で進み具合を確認します。そのプロセスが停止していれば、30秒後にやり直します。",
    ),
    "replay.state": Card(
        "The replay plan is in a state that does not allow this",
        "再送計画が今の状態ではこの操作を行えません",
        "support",
        "See `renkei replay show`. Resume a paused or halted plan; for one that is done or cancelled make a new one.",
        "`renkei replay show` で確認します。停止中の計画は resume、完了・中止済みなら新しい計画を作ります。",
    ),
    "replay.undecided": Card(
        "What was replayed has had no result for a while, so no more is sent",
        "再送した電文の結果がしばらく出ないため、続きを送っていません",
        "support",
        "See with `renkei connector list` whether the partner can be reached. Then `renkei replay resume`.",
        "`renkei connector list` で連携先に接続できるか確認し、その後 `renkei replay resume` を実行します。",
    ),
    "case.unknown": Card(
        "There is no such case",
        "その案件はありません",
        "support",
        "See `renkei case list`.",
        "`renkei case list` で確認します。",
    ),
    "case.open_letters": Card(
        "Dead letters of this case are still open",
        "この案件には未処理の失敗電文が残っています",
        "support",
        "Replay or discard them first, see `renkei case show`; then resolve the case.",
        "`renkei case show` で確認し、先に再送または破棄してから、案件を解決済みにします。",
    ),
    "fence.protected": Card(
        "It names a protected person and was about to leave the city",
        "保護措置の対象者に関する電文が、庁外へ送られるところでした",
        "support",
        "Look at the content (`renkei hold show --reveal`). One person reviews, another approves; or refuse it.",
        "`renkei hold show --reveal` で内容を確認します。一人が審査し別の一人が承認するか、または拒否します。",
    ),
    "fence.lowers": Card(
        "It would end a protection that nobody has lifted",
        "解除されていない保護措置を終わらせる電文です",
        "support",
        "Ask the source. If it has ended: `renkei fence lift`, another person `renkei fence approve`, then the hold.",
        "元に確認します。終了なら `renkei fence lift`、別の担当が `renkei fence approve`、その後に保留を承認。",
    ),
    "fence.unresolved": Card(
        "It names somebody the hub does not know, so whether they are protected is not known either",
        "ハブが把握していない人を含むため、保護の有無を確認できません",
        "support",
        "Find out who it is and whether a measure stands. One person reviews the hold, another approves; or refuse.",
        "誰のことか、保護措置があるかを確認します。一人が審査し別の一人が承認するか、または拒否します。",
    ),
    "inquiry.no_list": Card(
        "There is no list of permitted inquiries, so nothing may be asked",
        "照会許可用照会リストがないため、照会できません",
        "operator",
        "Ask the intermediate server's operators for the list (`renkei permission show`), then replay the message.",
        "中間サーバーの運用担当にリストの配信を依頼し(`renkei permission show`)、その後に電文を再送します。",
    ),
    "inquiry.list_expired": Card(
        "The list of permitted inquiries has expired, so nothing may be asked",
        "照会許可用照会リストの期限が切れているため、照会できません",
        "operator",
        "Ask for a new list (`renkei permission show`), then replay the message.",
        "新しいリストの配信を依頼し(`renkei permission show`)、その後に電文を再送します。",
    ),
    "inquiry.not_listed": Card(
        "The list does not permit the city to ask this body for this item by this procedure",
        "この事務手続・提供者・項目の組合せでの照会は、リストで許可されていません",
        "sender",
        "The sender corrects procedure, former address or item; or the clerk asks the applicant for a paper.",
        "送信元で事務手続・前住所・項目を確認して訂正します。許可がない場合は、申請者に書類を求めます。",
    ),
    "inquiry.not_permitted": Card(
        "The intermediate server does not permit this inquiry",
        "中間サーバーがこの照会を許可しませんでした",
        "support",
        "Compare `renkei permission show` with the server's list: the hub's may be old. Do not replay before that.",
        "`renkei permission show` を中間サーバー側のリストと比べます。確認前には再送しないでください。",
    ),
    "inquiry.no_code": Card(
        "The person's code (符号) has not been obtained yet, so nobody can be asked",
        "対象者の符号が未取得のため、照会できません",
        "support",
        "Let the welfare system send the person's number for numbering (F3). Once the code is there, replay.",
        "福祉システムから付番依頼(F3)を送ってもらい、符号が取得された後に電文を再送します。",
    ),
    "provision.no_list": Card(
        "There is no list of permitted inquiries, so none is permitted",
        "照会許可用照会リストがないため、どの照会にも応じられません",
        "operator",
        "Ask the intermediate server's operators for the list. See `renkei permission show`.",
        "中間サーバーの運用担当にリストの配信を依頼します。`renkei permission show` で確認できます。",
    ),
    "provision.list_expired": Card(
        "The list of permitted inquiries has expired, so no inquiry is permitted",
        "照会許可用照会リストの期限が切れているため、どの照会にも応じられません",
        "operator",
        "Ask the intermediate server's operators for a new list. See `renkei permission show`.",
        "中間サーバーの運用担当に新しいリストの配信を依頼します。`renkei permission show` で確認できます。",
    ),
    "provision.not_listed": Card(
        "The list does not permit this body to ask this by this procedure",
        "この機関・事務手続・項目の組合せは、照会許可用照会リストにありません",
        "partner",
        "Nothing need be done here. Should it be permitted, the list has to say so.",
        "こちらでの対応は不要です。応じるべき照会なら、リストの更新が必要です。",
    ),
    "provision.not_provided": Card(
        "It asks for an item that is not on the table of provision",
        "提供の対象として定めていない項目の照会です",
        "partner",
        "Nothing need be done here: 小児医療費助成 is provided to nobody.",
        "こちらでの対応は不要です。小児医療費助成の情報はどこにも提供しません。",
    ),
    "provision.not_ours": Card(
        "It asks another body, and came here",
        "ほかの機関あての照会が届きました",
        "partner",
        "Tell the intermediate server's operators that inquiries are routed wrongly.",
        "照会の経路が誤っていることを、中間サーバーの運用担当に連絡します。",
    ),
    "provision.licence": Card(
        "Its licence (提供許可証) has expired or was issued for another inquiry",
        "情報提供許可証の期限が切れているか、別の照会に対するものです",
        "partner",
        "Nothing need be done here; the body has to ask again.",
        "こちらでの対応は不要です。照会者が改めて照会します。",
    ),
    "provision.route": Card(
        "It came by a route (経路情報) the hub does not know",
        "経路情報が、登録されたものと一致しません",
        "partner",
        "Tell the intermediate server's operators. A new route has to be added to the edge's [answers].",
        "中間サーバーの運用担当に確認します。新しい経路なら、境界設定の [answers] に追加します。",
    ),
    "provision.conflict": Card(
        "This version of the list of permitted inquiries is known with other content",
        "同じ版番号で内容の異なる照会許可用照会リストが届きました",
        "partner",
        "The list in force stays. Ask the intermediate server's operators for a list with a new version.",
        "いまのリストを使い続けます。中間サーバーの運用担当に、新しい版番号での配信を依頼します。",
    ),
    "provision.no_terms": Card(
        "The configuration does not say on what terms inquiries are answered here",
        "照会に応じる条件が設定されていません",
        "operator",
        "Add [answers] to the connector's file in config/edges, restart, then replay the message.",
        "config/edges の該当ファイルに [answers] を追加して再起動し、電文を再送します。",
    ),
    "registry.position": Card(
        "What this host remembers of the registry of fences cannot be read",
        "このサーバーが記録した保護台帳の位置を読めません",
        "operator",
        "Nothing leaves the city. Compare the registry with its sources, then run `renkei fence adopt`.",
        "庁外への送信は止まっています。台帳を元の資料と照合し、`renkei fence adopt` を実行します。",
    ),
    "registry.list": Card(
        "The list of protected persons is not well-formed",
        "保護対象者の一覧の形式が正しくありません",
        "support",
        "Correct the line that is named, and load the whole list again.",
        "示された行を直し、一覧全体を読み込み直します。",
    ),
    "registry.measure": Card(
        "There is no such measure",
        "その保護措置はありません",
        "support",
        "See `renkei fence list --lifted`.",
        "`renkei fence list --lifted` で確認します。",
    ),
    "registry.order": Card(
        "Something has to be done before this",
        "その前に必要な手続きがあります",
        "support",
        "See `renkei fence list` for where the measure stands, and ops/docs/fence.md for the order of steps.",
        "`renkei fence list` で状態を、ops/docs/fence.md で手順を確認します。",
    ),
    "registry.same_person": Card(
        "This needs a second person",
        "別の担当者が行う必要があります",
        "support",
        "Ask a colleague to do it under their own account.",
        "ほかの担当者に、その人自身のアカウントで行うよう依頼します。",
    ),
    "hold.unknown": Card(
        "There is no such hold",
        "その保留はありません",
        "support",
        "See `renkei hold list --state all`.",
        "`renkei hold list --state all` で確認します。",
    ),
    "hold.state": Card(
        "The hold is not in a state for that",
        "この保留は、その操作ができる状態ではありません",
        "support",
        "See `renkei hold show` for what was done with it.",
        "`renkei hold show` でこれまでの操作を確認します。",
    ),
    "hold.part": Card(
        "This message has no such item, or none of its items can be withheld",
        "この電文にその項目がないか、項目ごとの不開示に対応していません",
        "support",
        "`renkei hold show --reveal` lists the items. Name one of those, or refuse the whole.",
        "`renkei hold show --reveal` で項目を確認し、その項目を指定します。または全体を拒否します。",
    ),
    "hold.same_person": Card(
        "A release needs a second person",
        "送信の承認は別の担当者が行う必要があります",
        "support",
        "Ask a colleague to approve it under their own account.",
        "ほかの担当者に、その人自身のアカウントで承認するよう依頼します。",
    ),
    "access.sign_in": Card(
        "Account, password or code is wrong",
        "アカウント、パスワード、確認コードのいずれかが違います",
        "support",
        "Try again with a new code; a code counts once. After several failures, ask the administrator of accounts.",
        "新しい確認コードで、もう一度試します。コードは1回だけ使えます。続けて失敗したら、ID管理者に連絡します。",
    ),
    "access.locked": Card(
        "The account is locked for some minutes after too many failures",
        "失敗が続いたため、アカウントを一時的にロックしています",
        "support",
        "Wait as long as it says. If the failures were not yours, tell the administrator of accounts at once.",
        "表示された時間だけ待ちます。失敗に心当たりがなければ、すぐにID管理者に知らせます。",
    ),
    "access.expired": Card(
        "The account has ended",
        "アカウントの有効期限が切れているか、失効しています",
        "support",
        "If you still need it, ask the administrator of accounts to extend it.",
        "引き続き必要な場合は、ID管理者に延長を申請します。",
    ),
    "access.password": Card(
        "This password is not good enough",
        "このパスワードは使えません",
        "support",
        "Choose at least 12 characters, without the account's name. Several words in a row are easy to keep in mind.",
        "アカウント名を含まない12文字以上にします。いくつかの単語を並べると覚えやすくなります。",
    ),
    "access.no_account": Card(
        "This user of the machine has no account here",
        "このOS利用者のアカウントが登録されていません",
        "support",
        "Ask the administrator of accounts for one of the same name: renkei account add.",
        "同じ名前のアカウントの登録をID管理者に申請します: renkei account add。",
    ),
    "access.unknown": Card(
        "There is no account of this name",
        "この名前のアカウントはありません",
        "support",
        "List them: renkei account list.",
        "一覧を見ます: renkei account list。",
    ),
    "access.name": Card(
        "This cannot be the name of an account",
        "アカウント名として使えない文字があります",
        "support",
        "Use letters, digits, dots and hyphens; one name for one person.",
        "英数字、ピリオド、ハイフンを使い、1人に1つの名前を付けます。",
    ),
    "access.exists": Card(
        "The name is taken, or was taken by somebody before",
        "この名前は使用中か、過去に使われています",
        "support",
        "Choose another name. Names are given once, so that the record stays clear.",
        "別の名前にします。記録を明確に保つため、同じ名前は二度使いません。",
    ),
    "access.roles": Card(
        "An account needs a role, and whoever gives rights has no other",
        "ロールの指定が正しくありません",
        "support",
        "Give at least one role. An administrator of accounts who also works here needs a second account.",
        "ロールを1つ以上指定します。ID管理者がほかの業務も行う場合は、別のアカウントを作ります。",
    ),
    "access.table": Card(
        "The rights table cannot be read",
        "権限管理表を読み取れません",
        "support",
        "Correct the line it names. The columns are name, roles, partners, flows, until, department.",
        "表示された行を直します。列は name、roles、partners、flows、until、department です。",
    ),
    "access.feed": Card(
        "The personnel feed cannot be read; nothing of it was applied",
        "人事データを読み取れません。内容は一切反映していません",
        "support",
        "Let the personnel office correct the line it names and hand the whole file over again.",
        "表示された行の修正を人事担当に依頼し、ファイル全体を受け取り直します。",
    ),
    "access.feed_passed": Card(
        "Something newer came before this personnel feed",
        "この人事データより新しい変更が先に反映されています",
        "support",
        "Take the newest file and look at what it means again, without --apply.",
        "最新のファイルで、まず --apply を付けずに内容を確認し直します。",
    ),
    "access.feed_share": Card(
        "The personnel feed would take rights from unusually many accounts",
        "この人事データを反映すると、通常より多くのアカウントの権限が失われます",
        "support",
        "Look at the list without --apply. If it is right, apply it with --seen and the number it tells; if not, ask"
        " the personnel office for a whole file.",
        "--apply を付けずに一覧を確認します。正しければ、表示された件数を --seen に指定して反映します。"
        "誤りがあれば、人事担当にファイル全体の再提供を依頼します。",
    ),
    "access.denied": Card(
        "This account may not do that",
        "このアカウントにはその操作の権限がありません",
        "support",
        "Ask a colleague whose role has this right; if it should be yours, ask the administrator of accounts.",
        "権限のある担当者に依頼します。自分の業務に必要な権限であれば、ID管理者に申請します。",
    ),
    "access.signed_out": Card(
        "Nobody is signed in, or the session has ended",
        "サインインしていないか、セッションが終了しています",
        "support",
        "Sign in again; what was not sent has to be entered once more.",
        "もう一度サインインします。送信前の入力はやり直してください。",
    ),
    "console.form": Card(
        "The form is older than the session, too large, or does not come from this console",
        "フォームの有効期限が切れているか、大きすぎるか、この画面から送られたものではありません",
        "support",
        "Load the page again and send the form once more.",
        "ページを再読み込みして、もう一度送信します。",
    ),
    "console.page": Card(
        "There is no such page",
        "お探しのページはありません",
        "support",
        "Go back to the overview. Old addresses of alerts: look for the case or the message there.",
        "全体画面に戻ります。古い通知のアドレスの場合は、そこから失敗や電文を探します。",
    ),
    "console.missing": Card(
        "A field that is needed is empty",
        "必要な項目が入力されていません",
        "support",
        "Go back and fill it in. A reason is kept for ever; it says why, without personal data.",
        "前の画面に戻って入力します。理由は記録として残ります。個人情報は書かずに目的を書きます。",
    ),
    "console.number": Card(
        "A field that takes a whole number has something else in it",
        "整数を入力する項目に、それ以外のものが入力されています",
        "support",
        "Go back and write digits only; full-width digits are taken as well.",
        "前の画面に戻って数字だけを入力します。全角の数字も使えます。",
    ),
    "console.tries": Card(
        "Too many tries to sign in from this place",
        "この端末からのサインインの試行回数が多すぎます",
        "support",
        "Wait five minutes. If it was not you, tell the administrator of accounts.",
        "5分待ってからやり直します。心当たりがないときは、ID管理者に連絡します。",
    ),
    "search.expired": Card(
        "The search by a person's number is no longer there",
        "番号による検索の有効期限が切れています",
        "support",
        "Type the number again. It is kept nowhere, and what was found with it for a quarter of an hour only.",
        "番号をもう一度入力します。番号は保存されず、検索結果は15分間、検索した本人だけが見られます。",
    ),
    "message.unknown": Card(
        "No message of this id is known here",
        "このIDの電文は見つかりません",
        "support",
        "Check the id. A message still at its partner's door is not known yet: wait a moment and look again.",
        "IDを確かめます。受付待ちの電文はまだ表示されません。しばらくしてからもう一度探します。",
    ),
    "letter.unknown": Card(
        "There is no failed message of this number",
        "この番号の失敗電文はありません",
        "support",
        "Look for it in the list of failed messages, by its message id.",
        "失敗電文の一覧で、メッセージIDから探します。",
    ),
    "reveal.field": Card(
        "The message has no such field",
        "この電文にその項目はありません",
        "support",
        "Load the message again and choose one of its fields.",
        "電文の画面を再読み込みして、項目を選び直します。",
    ),
    "receive.erased": Card(
        "The content was erased: with the data of the person it was about, or because it may be kept no longer",
        "この電文の内容は、本人のデータとともに、または保有が許される期間の終了により消去されています",
        "support",
        "Nothing can be sent again. Discard what is still open; if the office needs it, the sender sends it anew.",
        "再送はできません。未処理なら破棄し、業務上必要なら送信元に新しい電文を送ってもらいます。",
    ),
    "erase.unknown": Card(
        "There is no request for erasure with this number",
        "この番号の消去依頼はありません",
        "support",
        "List them: renkei erase list --state all.",
        "一覧を見ます: renkei erase list --state all。",
    ),
    "erase.nothing": Card(
        "Nothing with content lies here about this person",
        "この人についての内容のあるデータは保管されていません",
        "support",
        "Compare the number. What the law asks to keep holds keyed hashes and no content.",
        "番号を確認します。法令で保存する記録は鍵付きハッシュだけで、内容は含みません。",
    ),
    "erase.state": Card(
        "The request for erasure was decided already",
        "この消去依頼はすでに処理されています",
        "support",
        "See by whom and what was erased: renkei erase show.",
        "だれが処理し、何を消去したかを renkei erase show で確認します。",
    ),
    "erase.same_person": Card(
        "An erasure needs a second person",
        "消去の承認は別の担当者が行う必要があります",
        "support",
        "Ask a colleague to look at what would be erased and approve it under their own account.",
        "ほかの担当者に、消去される内容を確認してその人自身のアカウントで承認するよう依頼します。",
    ),
    "retention.unknown": Card(
        "There is no deletion with this number",
        "この番号の削除処理はありません",
        "support",
        "List them: renkei retention list.",
        "一覧を見ます: renkei retention list。",
    ),
    "retention.nothing": Card(
        "Nothing is old enough to be deleted",
        "保存期間を過ぎたものはありません",
        "support",
        "Nothing is to be done. What belongs to a case is deleted once the case is resolved.",
        "対応は不要です。対応中のケースに属するものは、ケースの解決後に削除の対象になります。",
    ),
    "retention.state": Card(
        "The deletion is in another state",
        "この削除処理はすでに別の状態です",
        "support",
        "See it with renkei retention show. What was deleted cannot be had back.",
        "renkei retention show で確認します。削除したものは元に戻せません。",
    ),
    "emergency.unknown": Card(
        "There is no emergency access with this number",
        "この番号の緊急閲覧はありません",
        "support",
        "List them: renkei emergency list --all.",
        "一覧を見ます: renkei emergency list --all。",
    ),
    "emergency.minutes": Card(
        "Emergency access lasts from one to sixty minutes",
        "緊急閲覧は1分から60分までです",
        "support",
        "Name a number of minutes within these bounds; begin anew when it is over and still needed.",
        "1から60までの分数を指定します。終了後も必要な場合は、改めて開始します。",
    ),
    "emergency.state": Card(
        "You have emergency access already, or it is over",
        "緊急閲覧はすでに開始しているか、終了しています",
        "support",
        "See which are open: renkei emergency list. Where yours is over and still needed, begin anew.",
        "開始中のものを renkei emergency list で確認します。終了していて、まだ必要な場合は改めて開始します。",
    ),
    "approval.needed": Card(
        "A second person has to agree first",
        "先に別の担当者の承認が必要です",
        "support",
        "Ask a colleague to look at the request and approve it: renkei approval list. Then start it again.",
        "ほかの担当者に依頼の確認と承認を頼み(renkei approval list)、承認されたらもう一度実行します。",
    ),
    "approval.unknown": Card(
        "There is no request for approval with this number",
        "この番号の承認依頼はありません",
        "support",
        "List them: renkei approval list --state all.",
        "一覧を見ます: renkei approval list --state all。",
    ),
    "approval.letter": Card(
        "A dead letter of this request is not open",
        "対象の失敗電文のうち、未処理でないものがあります",
        "support",
        "See its state with renkei dead show, and ask again without it.",
        "renkei dead show で状態を確認し、それを除いて依頼し直します。",
    ),
    "approval.same_person": Card(
        "Nobody decides on their own request",
        "自分の依頼を自分で承認・却下することはできません",
        "support",
        "Ask a colleague to decide under their own account, or take it back: renkei approval withdraw.",
        "ほかの担当者にその人自身のアカウントで判断してもらうか、renkei approval withdraw で取り下げます。",
    ),
    "approval.not_yours": Card(
        "Only whoever asked can take a request back",
        "取り下げは依頼した本人だけができます",
        "support",
        "Refuse it instead: renkei approval refuse.",
        "却下する場合は renkei approval refuse を使います。",
    ),
    "approval.state": Card(
        "The request was decided already, or has expired",
        "この承認依頼はすでに処理されたか、期限が切れています",
        "support",
        "See by whom and when: renkei approval show. Where it has expired, ask again.",
        "だれがいつ処理したかを renkei approval show で確認します。期限切れの場合は依頼し直します。",
    ),
    "approval.changed": Card(
        "What was asked for is not what would be done now",
        "依頼時の内容と、いま実行される内容が異なります",
        "support",
        "Something of it was closed, or the configuration has changed. Refuse or withdraw it, and ask again. "
        "A hold that was reviewed anew: look at it again, then agree to that.",
        "対象の一部が処理済みになったか、設定が変わりました。却下または取り下げて、依頼し直します。"
        "確認し直された保留は、もう一度内容を見てから承認します。",
    ),
    "edit.unknown": Card(
        "There is no edit with this number",
        "この番号の修正案はありません",
        "support",
        "List the edits: renkei edit list --state all.",
        "修正案の一覧を見ます: renkei edit list --state all。",
    ),
    "edit.letter": Card(
        "This dead letter cannot be edited now",
        "このデッドレターは今は修正できません",
        "support",
        "See its state with renkei dead show, and whether a colleague's edit of it waits: renkei edit list.",
        "renkei dead show で状態を確認し、ほかの担当者の修正案が待っていないか renkei edit list で確かめます。",
    ),
    "edit.in_doubt": Card(
        "The partner may have got the original, so no other version may go",
        "元の電文が連携先に届いた可能性があるため、別の版は送れません",
        "support",
        "Ask the partner whether it arrived. Replay it as it is, or discard it; a correction is then a new message.",
        "届いたかどうかを連携先に確認します。元のまま再送するか破棄し、訂正は新しい電文として送ってもらいます。",
    ),
    "edit.same": Card(
        "Nothing differs from the dead letter",
        "元の電文と違いがありません",
        "support",
        "Replay it instead, or change a field.",
        "修正せずに再送するか、項目の値を変えます。",
    ),
    "edit.field": Card(
        "There is no such field, or it cannot hold this value",
        "その項目がないか、入れられない値です",
        "support",
        "See the names of the fields with renkei dead fields.",
        "項目の名前を renkei dead fields で確認します。",
    ),
    "edit.state": Card(
        "The edit, or its dead letter, is in another state",
        "修正案または元のデッドレターの状態が変わっています",
        "support",
        "See both: renkei edit show, renkei dead show. What was closed meanwhile is not sent.",
        "renkei edit show と renkei dead show で確認します。すでに閉じられたものは送られません。",
    ),
    "edit.same_person": Card(
        "An edit needs a second person",
        "修正の承認は別の担当者が行う必要があります",
        "support",
        "Ask a colleague to look at the differences and approve it under their own account.",
        "ほかの担当者に、違いを確認してその人自身のアカウントで承認するよう依頼します。",
    ),
    "package.unreadable": Card(
        "The application's ZIP is damaged, or no ZIP",
        "申請ZIPが壊れているか、ZIPではありません",
        "partner",
        *_PACKAGE_AGAIN,
    ),
    "package.unsafe": Card(
        "The application's ZIP has an entry that no honest package has (path, link, encryption, overlap, archive)",
        "申請ZIPに不正な項目(経路、リンク、暗号化、重なり、入れ子のZIPなど)があります",
        "operator",
        "Treat it as an attack until the portal's operators have explained it. Do not unpack it elsewhere.",
        "ポータルの運用担当に確認が取れるまで攻撃として扱います。ほかの場所で展開しないでください。",
    ),
    "package.too_large": Card(
        "Unpacked, the application's ZIP is larger than agreed",
        "申請ZIPの展開後のサイズ・件数・圧縮率が上限を超えています",
        "partner",
        *_PACKAGE_AGAIN,
    ),
    "package.layout": Card(
        "The application's ZIP lacks a part, or has one that was not agreed on",
        "申請ZIPに必要なファイルがないか、取り決めにないファイルがあります",
        "partner",
        *_PACKAGE_AGAIN,
    ),
    "signature.invalid": Card(
        "The electronic signature of the application does not hold",
        "申請の電子署名を検証できません",
        "support",
        *_APPLY_AGAIN,
    ),
    "signature.tampered": Card(
        "The application or an attachment is not what was signed",
        "申請内容または添付が、署名された内容と一致しません(改ざん検知)",
        "support",
        "Report it as an incident. Nothing was passed on; the applicant applies again (F7).",
        "事故として報告します。どこにも渡されていません。申請者には再申請を求めます。",
    ),
    "signature.expired": Card(
        "The certificate was not valid when the application was received",
        "受付時点で署名用電子証明書の有効期間外です",
        "support",
        *_APPLY_AGAIN,
    ),
    "signature.revoked": Card(
        "The certificate had been revoked when the application was received",
        "受付時点で署名用電子証明書が失効しています",
        "support",
        *_APPLY_AGAIN,
    ),
    "signature.untrusted": Card(
        "The certificate was not issued for signatures by an authority the city trusts",
        "信頼する認証局が署名用に発行した電子証明書ではありません",
        "support",
        *_APPLY_AGAIN,
    ),
    "signature.no_trust": Card(
        "Trust anchors or the revocation list are missing, unreadable or out of date, so nothing can be verified",
        "信頼する認証局の証明書または失効リストがないか、古いため、署名を検証できません",
        "operator",
        "Put anchors.pem and a current revocations.pem into the connector's trust folder. Until then nothing is taken.",
        "コネクタの trust フォルダに anchors.pem と最新の revocations.pem を置きます。それまで取込は止まります。",
    ),
    "application.unreadable": Card(
        "The application inside the ZIP cannot be read",
        "ZIP内の申請内容を読み取れません",
        "partner",
        *_PACKAGE_AGAIN,
    ),
    "application.number": Card(
        "The application inside the ZIP has another 受付番号 than the portal says, or replaces itself",
        "ZIP内の受付番号がポータルの番号と一致しないか、再申請の元番号が自分自身です",
        "partner",
        *_PACKAGE_AGAIN,
    ),
    "application.procedure": Card(
        "Applications for this procedure are not taken here",
        "この手続コードの申請は受け付けていません",
        "operator",
        "Check the list of procedures (connectors/myna_portal/procedures.py) and the portal's registration.",
        "手続の一覧(connectors/myna_portal/procedures.py)とポータル側の登録を確認します。",
    ),
    "application.item": Card(
        "The application has an item its procedure does not have, or lacks one it must have",
        "この手続の項目一覧にない項目があるか、必須の項目がありません",
        "partner",
        *_PACKAGE_AGAIN,
    ),
    "application.unlinked": Card(
        "The serial of the applicant's certificate is linked to no 宛名番号, or to several",
        "申請者の証明書シリアル番号に対応する宛名番号がないか、複数あります",
        "support",
        "Find out who applied, and have the link corrected (F1, or by hand in application management). Then replay.",
        "申請者を確認し、番号紐付情報を訂正します(住基からの差分、または申請管理での手作業)。その後に再送します。",
    ),
    "application.superseded": Card(
        "It is about an application that a newer one has replaced, and that cannot be examined any more",
        "再申請・訂正により新しい申請に置き換えられた申請に関する電文です。元の申請は審査に使えません",
        "support",
        "Examine the newer application. Discard this dead letter; application management keeps the history.",
        "新しい申請を審査します。この失敗電文は破棄します。履歴は申請管理に残っています。",
    ),
    "application.other_applicant": Card(
        "It would replace an application of somebody else",
        "他人の申請を置き換えようとする再申請です",
        "support",
        "Ask the applicant which application is meant. The older one stays as it is and can be examined.",
        "どの申請の訂正か申請者に確認します。元の申請はそのまま有効で、審査できます。",
    ),
    "attachment.missing": Card(
        "An attachment of the application is not in the hub's safe keeping, or cannot be opened",
        "申請の添付がハブの保管場所にないか、開けません",
        "operator",
        "Check the folder of attachments and the keys (restore?), then replay.",
        "添付の保管場所と鍵の状態(復元の有無)を確認してから再送します。",
    ),
    "attachment.unavailable": Card(
        "The hub's folder of attachments cannot be used",
        "ハブの添付の保管場所を利用できません",
        "operator",
        "Restore the folder (attachments_url in hub.toml). The hub waits and loses nothing.",
        "保管場所(hub.toml の attachments_url)を復旧します。ハブは待機しており、電文は失われません。",
    ),
    "search.number": Card(
        "What was typed is not a number of a person",
        "入力された値は番号として使えません",
        "support",
        "Type one number (宛名番号, 個人番号, …) without anything else.",
        "番号(宛名番号、個人番号など)を一つだけ入力します。",
    ),
    "broker.dead_lettered": Card(
        "The broker gave up on this message (delivery limit)",
        "ブローカーが配信上限に達した電文を退避しました",
        "developer",
        *_ASK_DEVELOPER,
    ),
    "hub.poison": Card(
        "The hub's process ended each time it handled this message",
        "この電文を処理するたびにハブのプロセスが停止しました",
        "developer",
        *_ASK_DEVELOPER,
    ),
    "hub.internal": Card(
        "The hub failed unexpectedly", "ハブ内部で想定外のエラーが発生しました", "developer", *_ASK_DEVELOPER
    ),
    "store.unavailable": Card(
        "The database cannot be reached",
        "データベースに接続できません",
        "operator",
        "Restore the database. The hub waits and loses nothing.",
        "データベースを復旧します。ハブは待機しており、電文は失われません。",
    ),
    "broker.unavailable": Card(
        "The message broker cannot be reached",
        "メッセージブローカーに接続できません",
        "operator",
        "Restore the broker. The hub waits and loses nothing.",
        "ブローカーを復旧します。ハブは待機しており、電文は失われません。",
    ),
    "audit.outside": Card(
        "The checkpoints of the record cannot be written outside the database",
        "記録のチェックポイントをデータベースの外に書き込めません",
        "operator",
        "Free the disk, or give the hub back its folder checkpoints in the home directory. Nothing leaves until then.",
        "ディスクの空きを作るか、ホームディレクトリのcheckpointsフォルダを書き込める状態に戻します。それまで何も外へ送られません。",
    ),
    "audit.empty": Card(
        "Nothing of the record can be handed out yet",
        "まだ外部に渡せる記録がありません",
        "operator",
        "Start a delivering process (`renkei run`): about a second later the record is signed. Then export again.",
        "配信プロセス(`renkei run`)を起動します。約1秒後に記録が署名されるので、もう一度書き出します。",
    ),
    "audit.bundle": Card(
        "This is no bundle of the record",
        "記録の束(エビデンスバンドル)として読めないファイルです",
        "operator",
        "Take the file that `renkei audit export` wrote, and compare its size with the one you were told.",
        "`renkei audit export` が書き出したファイルを指定します。受け取った際のサイズとも比べてください。",
    ),
    "audit.handover": Card(
        "The record was signed with a key that was never handed over to",
        "正式な引き継ぎのない鍵で記録に署名されています",
        "operator",
        "Run `renkei audit verify` and follow ops/runbooks/record.md: stop, and change nothing.",
        "`renkei audit verify` を実行し、ops/runbooks/record.mdに従います。作業を止め、何も変更しないでください。",
    ),
    "config.invalid": Card(
        "The configuration is wrong",
        "設定に誤りがあります",
        "operator",
        "Correct the file named in the message, then run `renkei lint`.",
        "表示されたファイルを直し、`renkei lint` を実行します。",
    ),
    "config.topology": Card(
        "Queues or exchanges of the broker are not as configured",
        "ブローカーのキューまたは交換機が設定と一致しません",
        "operator",
        "Run `renkei topology plan` to see the difference, then `renkei topology apply`.",
        "`renkei topology plan` で差分を確認し、`renkei topology apply` を実行します。",
    ),
    "config.municipality": Card(
        "The broker's vhost, or a user on it, belongs to another municipality",
        "ブローカーの vhost またはユーザーは、他の自治体のものです",
        "operator",
        "Compare amqp_url and tenant in hub.toml. Each municipality has a broker of its own; nothing was changed.",
        "hub.toml の amqp_url と tenant を確認します。ブローカーは自治体ごとに用意します。変更は行われていません。",
    ),
    "config.plain_address": Card(
        "An address is not protected by TLS",
        "TLSで保護されていない接続先が設定されています",
        "operator",
        "Let the other side serve TLS and write https:// or amqps://. Plain HTTP is for simulated partners on this host"
        " only, with `sandbox = true` in hub.toml.",
        "接続先でTLSを有効にし、https:// または amqps:// で設定します。"
        "平文のHTTPは、hub.toml に `sandbox = true` と書いた環境で、同じサーバー上の模擬連携先に限り使えます。",
    ),
    "config.tls_file": Card(
        "A certificate or key for TLS cannot be used",
        "TLSの証明書または鍵のファイルが使えません",
        "operator",
        "See that the files named are PEM, readable by the hub's user, belong together, and that the key has no"
        " password.",
        "示されたファイルがPEM形式で、ハブの実行ユーザーが読め、証明書と鍵が対になり、鍵にパスワードがないことを確認します。",
    ),
    "config.sealing_key": Card(
        "A key for sealed messages cannot be used",
        "封緘用の鍵が使えません",
        "operator",
        "The hub's own lie in keys/door, mode 0600 (`renkei door-key add` makes one); a partner's is a public JWK of"
        " P-256 with a kid.",
        "ハブの鍵は keys/door にあり、パーミッションは0600です(`renkei door-key add` で作成)。"
        "連携先の鍵は、kid の付いた P-256 の公開鍵(JWK)です。",
    ),
    "config.key_file": Card(
        "The master key file is missing or not protected",
        "マスター鍵ファイルがないか、保護されていません",
        "operator",
        "Run `renkei init`, or `chmod 600` the file and make the hub's user its owner.",
        "`renkei init` を実行するか、所有者をハブの実行ユーザーにして `chmod 600` を設定します。",
    ),
    "config.key_command": Card(
        "The command that prints the master key does not work",
        "マスター鍵を出力するコマンドが機能していません",
        "operator",
        "Run the command of `master_key_command` as the hub's user: it must print one key in hexadecimal a line.",
        "`master_key_command` のコマンドをハブの実行ユーザーで実行し、鍵が16進数で1行に1つ出力されるか確認します。",
    ),
    "keys.no_successor": Card(
        "There is no new master key to wrap under",
        "切り替え先となる新しいマスター鍵がありません",
        "operator",
        "Let `master_key_command` print a new key before the old one; `renkei keys new` makes one that fits.",
        "`renkei keys new` で新しい鍵を作り、`master_key_command` が旧い鍵より先に出力するようにします。",
    ),
    "keys.waiting": Card(
        "A new key waits to be used already",
        "新しい鍵がすでに準備されています",
        "operator",
        "Copy keys/master.new.key to every host, then run `renkei keys rotate`.",
        "keys/master.new.keyを全ホストに複製してから `renkei keys rotate` を実行します。",
    ),
}
