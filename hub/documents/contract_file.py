"""What `contract.toml` says beside the schema. XPaths use the prefix `c` for the contract's namespace."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from hub.check_digits import CheckKind
from hub.config_file import Strict, TypeName, Version
from hub.identifiers import IdentifierKind, PersonAliasKind

XPathText = Annotated[str, StringConstraints(min_length=1)]
Compare = Literal["integer", "date", "datetime"]


class State(Strict):
    """Which record of the partner the message is the complete state of, and how its versions compare."""

    key: XPathText
    version: XPathText
    compare: Compare


class Person(Strict):
    """One kind of person the message names: `at` finds 0..n of them, `aliases` are XPaths from there."""

    role: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
    at: XPathText
    aliases: Annotated[dict[PersonAliasKind, XPathText], Field(min_length=1)]


class Identifier(Strict):
    """Fields carrying an identifier that is no alias of a person named above."""

    kind: IdentifierKind
    at: XPathText


class DataItem(Strict):
    """Fields naming what the message provides (特定個人情報名コード): only what the edge's table lists may leave."""

    at: XPathText


class CheckDigit(Strict):
    kind: CheckKind
    at: XPathText


class Rule(Strict):
    """What fields must have to do with each other: `at` finds what breaks the rule.

    `says`: the rule in words; it stands in the refusal. `says_ja`: the same for those who read Japanese.
    """

    at: XPathText
    says: Annotated[str, StringConstraints(min_length=1)]
    says_ja: Annotated[str, StringConstraints(min_length=1)]


class ControlTotal(Rule):
    """A count or sum over the records of a batch: `at` finds the batch where it does not match."""


class ItemsMark(Strict):
    """Children of the root, of which each goes on alone where a route says `each`: the rest of the document stays."""

    at: Annotated[str, StringConstraints(pattern=r"^/c:[A-Za-z_]+/c:[A-Za-z_]+$")]


class ProtectionMark(Strict):
    """The field that says whether the persons named are protected, and by which value (`on`).

    `item`: the data item it is about, where it can be about one; `forced`: for a protected person the hub itself writes
    `on` there, whatever the source said; `confirms`: the target that lets the hub know what it holds.
    """

    at: XPathText
    on: str
    item: XPathText | None = None
    forced: bool = False
    confirms: str = ""


class MeasureMarks(Strict):
    """The fields of a protection measure; `raises`: the action that sets one, any other ends it.

    `item`: where it can be about one data item. With several versions it is as many measures, each about the person
    who stands in the same place among those named.
    """

    source: XPathText
    item: XPathText | None = None
    action: XPathText
    raises: str
    reason: XPathText
    version: XPathText
    number: XPathText


class PartMarks(Strict):
    """Items that people may withhold, each found by `at`. From there: its code, what it says, and why it is empty.

    `value` and `reason` are names of elements of which an item has one; `withheld`: the reason written instead.
    """

    at: XPathText
    code: XPathText
    value: str
    reason: str
    withheld: str


class InquiryMarks(Strict):
    """The fields of an inquiry of another body; `denied`: the contract of the answer when it is not permitted."""

    inquirer: XPathText
    procedure: XPathText
    provider: XPathText
    item: XPathText
    number: XPathText
    licence_for: XPathText
    licence_until: XPathText
    route: XPathText
    denied: TypeName


class AsksMarks(Strict):
    """The fields of an inquiry of the own body to another one; `at`: the connector it leaves by."""

    procedure: XPathText
    provider: XPathText
    item: XPathText
    at: str


class PermissionMarks(Strict):
    """A list of permitted inquiries: `at` finds its combinations, whose codes are XPaths from there."""

    version: XPathText
    valid_from: XPathText
    valid_until: XPathText
    at: XPathText
    inquirer: XPathText
    procedure: XPathText
    provider: XPathText
    item: XPathText


class ContractFile(Strict):
    """`element`: the root as "{namespace}local", the namespace being urn:renkei:<type>:v<version>.

    `impersonal`: why it is about nobody, though it may leave the city; `due_within`: seconds from its intake until each
    target has to have it, after which people are alarmed; `sunset`: the last day on which its sender may count on this
    version. Nothing is refused after it: people take the version away when nobody sends it any more.
    """

    type: TypeName
    version: Version
    flow: str
    title: str
    title_ja: str
    element: str
    source: str
    state: State | None = None
    persons: list[Person] = Field(default_factory=list)
    identifiers: list[Identifier] = Field(default_factory=list)
    data_items: list[DataItem] = Field(default_factory=list)
    check_digits: list[CheckDigit] = Field(default_factory=list)
    control_totals: list[ControlTotal] = Field(default_factory=list)
    rules: list[Rule] = Field(default_factory=list)
    protection: ProtectionMark | None = None
    measure: MeasureMarks | None = None
    parts: PartMarks | None = None
    items: ItemsMark | None = None
    inquiry: InquiryMarks | None = None
    asks: AsksMarks | None = None
    permissions: PermissionMarks | None = None
    impersonal: str | None = None
    due_within: Annotated[int, Field(ge=60, le=31_536_000)] | None = None
    sunset: date | None = None
