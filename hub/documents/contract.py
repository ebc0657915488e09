"""One message type at one version: its schema, and the fields the hub acts on."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree

from hub import config_file
from hub.check_digits import CHECKS
from hub.config_file import ConfigFile, FindingsError
from hub.documents.contract_file import Compare, ContractFile
from hub.documents.explain import Explainer
from hub.documents.facts import Facts, NamedPerson
from hub.documents.fields import Field
from hub.documents.inquiries import Asks, Inquiries, PermissionLists
from hub.documents.items import Items
from hub.documents.marks import Measures, Protection
from hub.documents.moments import microseconds
from hub.documents.parts import Parts
from hub.documents.xml import Document, Tree
from hub.documents.xsd import read_schema
from hub.errors import Refused

_LARGEST = 2**63 - 1  # what the store's column holds


class Contract:
    """Immutable and thread-safe."""

    def __init__(self, folder: Path, file: ConfigFile[ContractFile], schema: bytes) -> None:
        """Use `load`. Raises FindingsError when schema or XPaths do not compile."""
        entry = file.value
        self.folder, self.file = folder, file
        self.type, self.version, self.element = entry.type, entry.version, entry.element
        self.flow, self.title, self.title_ja = entry.flow, entry.title, entry.title_ja
        self.namespace = f"urn:renkei:{entry.type}:v{entry.version}"
        self.xsd = schema
        self._schema = etree.XMLSchema(etree.fromstring(schema))
        self._explainer = Explainer(schema)
        self._texts: dict[str, Field] = {}
        state = entry.state
        self._key = self._field(state.key, "state", "key") if state else None
        self._version = self._field(state.version, "state", "version") if state else None
        self._compare: Compare = state.compare if state else "integer"
        self._persons = tuple(
            (
                person.role,
                self._field(person.at, "persons", n, "at"),
                tuple(
                    (kind, self._field(path, "persons", n, "aliases", kind, under=person.at))
                    for kind, path in person.aliases.items()
                ),
            )
            for n, person in enumerate(entry.persons)
        )
        self._identifiers = tuple(
            (one.kind, self._field(one.at, "identifiers", n, "at")) for n, one in enumerate(entry.identifiers)
        )
        self._data_items = tuple(self._field(one.at, "data_items", n, "at") for n, one in enumerate(entry.data_items))
        self.names_data_items = bool(self._data_items)
        aliases = {kind for person in entry.persons for kind in person.aliases}
        self.alias_kinds = frozenset[str](aliases)
        # the kinds `identifiers` can find: an edge that allows them all need not be asked about a document
        self.identifier_kinds = frozenset[str](aliases | {one.kind for one in entry.identifiers})
        self.impersonal = entry.impersonal is not None
        self.due_within, self.sunset = entry.due_within, entry.sunset
        self.protection = Protection(entry.protection, self._field) if entry.protection else None
        self.measures = Measures(entry.measure, self._field) if entry.measure else None
        self.parts = Parts(entry.parts, self._field) if entry.parts else None
        self.items = Items(entry.items, self._field) if entry.items else None
        self.inquiries = Inquiries(entry.inquiry, self._field) if entry.inquiry else None
        self.asks = Asks(entry.asks, self._field) if entry.asks else None
        self.permissions = PermissionLists(entry.permissions, self._field) if entry.permissions else None
        self._checks = tuple(
            (one.kind, CHECKS[one.kind], self._field(one.at, "check_digits", n, "at"))
            for n, one in enumerate(entry.check_digits)
        )
        totals, rules = entry.control_totals, entry.rules
        self.words = {one.says: one.says_ja for one in (*totals, *rules)}  # its rules, by their English words
        self._breaches = (
            *(("validate.control_total", one.says, self._field(one.at, "control_totals", n, "at"))
              for n, one in enumerate(totals)),
            *(("validate.rule", one.says, self._field(one.at, "rules", n, "at")) for n, one in enumerate(rules)),
        )  # fmt: skip

    @classmethod
    def load(cls, folder: Path) -> "Contract":
        """Load `schemas/<type>/v<version>/`. Raises FindingsError."""
        file = config_file.read(folder / "contract.toml", ContractFile)
        entry = file.value
        expected = f"{folder.parent.name}/{folder.name}"
        if f"{entry.type}/v{entry.version}" != expected:
            message = f"type and version are not those of the folder {expected}"
            raise FindingsError([file.finding("contract.folder", message, "correct the one or the other", "type")])
        namespace = f"urn:renkei:{entry.type}:v{entry.version}"
        if not re.fullmatch(rf"\{{{re.escape(namespace)}\}}[A-Za-z_][\w.-]*", entry.element):
            fix = f"write {{{namespace}}} and the local name"
            raise FindingsError([file.finding("contract.element", "element has another namespace", fix, "element")])
        return cls(folder, file, read_schema(folder / "schema.xsd", namespace))

    def validate(self, document: Document) -> None:
        """Raises Refused `validate.schema`, `validate.check_digit`, `validate.control_total` or `validate.rule`.

        Details name field and rule, never the value.
        """
        try:
            self._check(document)
        except Refused as error:
            error.contract = f"{self.type}/{self.version}"
            error.rule = error.rule or error.code.removeprefix("validate.")
            raise

    def _check(self, document: Document) -> None:
        tree = document.tree
        if tree.getroot().tag != self.element:
            raise Refused("validate.schema", f"the root element is not {self.element}")
        if not self._schema(tree):
            detail, rule = self._explainer.explain(document)
            refused = Refused("validate.schema", detail)
            refused.rule = rule
            raise refused
        for kind, check, field in self._checks:
            for value in field.values(tree):
                if not check(value):
                    raise Refused("validate.check_digit", f"field {field.name}: not a valid {kind}")
        for code, says, field in self._breaches:
            if field.elements(tree):
                raise Refused(code, says)

    def wrongs(self, document: Document) -> "Iterator[tuple[str, etree._Element, str, str]]":
        """All that `validate` refuses, for whoever wrote it: code, element, field and rule; never a value."""
        tree = document.tree
        root = tree.getroot()
        if root.tag != self.element:
            yield "validate.schema", root, "", f"the root element is not {self.element}"
            return
        if not self._schema(tree):
            problems = self._explainer.problems(document)
            yield from (("validate.schema", one.element, one.field, one.rule) for one in problems)
            if not problems:
                yield "validate.schema", root, "", "does not match the schema"
            return
        for kind, check, field in self._checks:
            for node, value in zip(field.nodes(tree), field.values(tree), strict=True):
                if not check(value):
                    at = root if isinstance(node, str) else node  # an attribute's value does not know its element
                    yield "validate.check_digit", at, field.name, f"not a valid {kind}"
        for code, says, field in self._breaches:
            yield from ((code, element, _path(element), says) for element in field.elements(tree))

    @property
    def may_protect(self) -> bool:
        """Some of its documents protect somebody, by a measure or by saying so; a target's confirmation does not."""
        return self.measures is not None or (self.protection is not None and not self.protection.confirms)

    def protects(self, document: Document | None = None) -> bool:
        """This one does; without a document, every one of them."""
        if self.measures is not None:
            return True
        marked = self.protection if self.may_protect else None
        return marked is not None and document is not None and marked.shields(document) is True

    def facts(self, document: Document) -> Facts:
        """Of a valid document. Raises Refused `validate.schema` when a state has no single key or no version."""
        key, version = self.state_key(document), None
        if self._version is not None:
            version = _comparable(_single(self._version, document.tree), self._compare, self._version.name)
        return Facts(key, version, self.persons(document))

    def persons(self, document: Document) -> tuple[NamedPerson, ...]:
        """Whom it names."""
        return tuple(person for _, person, _ in self.placed(document))

    def placed(self, document: Document) -> "list[tuple[etree._Element, NamedPerson, list[etree._Element | str]]]":
        """Whom it names, each with the element that is about the person and the nodes of the numbers."""
        persons = []
        for role, at, aliases in self._persons:
            for node in at.elements(document.tree):
                found = tuple((kind, value) for kind, field in aliases for value in field.values(node))
                if found:
                    numbers = [number for _, field in aliases for number in field.nodes(node)]
                    persons.append((node, NamedPerson(role, found), numbers))
        return persons

    def state_key(self, document: Document) -> str | None:
        """The record it is a state of, None where it is none. Raises Refused `validate.schema` as `facts` does."""
        return None if self._key is None else _single(self._key, document.tree)

    def identifiers(self, document: Document) -> list[tuple[str, str, str]]:
        """(kind, value, field name) of every identifier the document carries, persons' aliases included."""
        tree = document.tree
        found: list[tuple[str, str, str]] = []
        for kind, at in self._identifiers:
            found += [(kind, value, at.name) for value in at.values(tree)]
        for _role, at, aliases in self._persons:
            for node in at.elements(tree):
                found += [(kind, value, field.name) for kind, field in aliases for value in field.values(node)]
        return found

    def data_items(self, document: Document) -> list[tuple[str, str]]:
        """(特定個人情報名コード, field name) of everything the document provides."""
        return [(value, at.name) for at in self._data_items for value in at.values(document.tree)]

    def texts(self, document: Document, fields: Iterable[str]) -> list[str]:
        """The values of fields named by their path, e.g. "change/name"; a field of other contracts has none."""
        values: list[str] = []
        for name in fields:
            field = self._texts.get(name)
            if field is None:
                field = self._texts[name] = Field.named(name, self.namespace)
            values += field.values(document.tree)
        return values

    def marked(self) -> list[tuple[tuple[str | int, ...], Field, Field | None]]:
        """Every marked XPath: where it stands in the file, the field, and the one it starts from (for lint)."""
        found: list[tuple[tuple[str | int, ...], Field, Field | None]] = []
        if self._key is not None and self._version is not None:
            found += [(("state", "key"), self._key, None), (("state", "version"), self._version, None)]
        for n, (_role, at, aliases) in enumerate(self._persons):
            found.append((("persons", n, "at"), at, None))
            found += [(("persons", n, "aliases", kind), field, at) for kind, field in aliases]
        found += [(("identifiers", n, "at"), field, None) for n, (_k, field) in enumerate(self._identifiers)]
        found += [(("data_items", n, "at"), field, None) for n, field in enumerate(self._data_items)]
        found += [(("check_digits", n, "at"), field, None) for n, (_k, _c, field) in enumerate(self._checks)]
        found += self.protection.marked() if self.protection is not None else []
        for marks in (self.measures, self.parts, self.items, self.inquiries, self.asks, self.permissions):
            found += marks.marked() if marks is not None else []
        return found

    def _field(self, path: str, *location: str | int, under: str = "") -> Field:
        try:
            return Field.compiled(path, self.namespace, under)
        except ValueError as error:
            finding = self.file.finding("contract.xpath", f"{path}: {error}", "correct the XPath", *location)
            raise FindingsError([finding]) from None


def _path(element: "etree._Element") -> str:
    steps = [element, *element.iterancestors()]
    return "/".join(str(etree.QName(step).localname) for step in reversed(steps))


def _single(field: Field, tree: Tree) -> str:
    values = field.values(tree)
    if len(values) != 1 or not values[0]:
        raise Refused("validate.schema", f"field {field.name}: occurs {len(values)} times, a state needs exactly one")
    return values[0]


def _comparable(text: str, compare: Compare, name: str) -> int:
    """Versions as integers: as written, as yyyymmdd, or as microseconds since 1970 (Japanese time if none is said)."""
    try:
        if compare == "integer":
            version = int(text)
        elif compare == "date":
            version = int(text[:10].replace("-", ""))
        else:
            version = microseconds(text)
    except ValueError:
        raise Refused("validate.schema", f"field {name}: is not a version of kind {compare}") from None
    if not 0 <= version <= _LARGEST:
        raise Refused("validate.schema", f"field {name}: is out of range")
    return version
