"""What partners, hops and message types are called."""

from hub.console.texts import Texts
from hub.errors import Refused
from hub.registry import Registry


class Names:
    """By the registry, where it has a name; else the technical one."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def into(self, texts: Texts) -> "Spoken":
        """In a language."""
        return Spoken(self._registry, texts)


class Spoken:
    """Names in one language."""

    def __init__(self, registry: Registry, texts: Texts) -> None:
        self._registry, self._texts = registry, texts

    def partner(self, name: str) -> str:
        """A partner; or a connector, which is named as its partner, with a word where that has several."""
        found = self._registry.partners.get(name)
        if found is not None:
            return self._texts.of(found.title_ja, found.title)
        connector = self._registry.connectors.get(name)
        partner = None if connector is None else self._registry.partners.get(connector.kind)
        if connector is None or partner is None:
            return name
        line = " ".join(word for word in name.split("_") if word not in connector.kind.split("_"))
        return self._texts("hop.line", partner=self._texts.of(partner.title_ja, partner.title), line=line)

    def hop(self, hop: str) -> str:
        """Where a message is handled: taken in from a partner, or delivered to one."""
        side, _, name = hop.partition(".")
        return self._texts(f"hop.{side}", partner=self.partner(name)) if side in ("intake", "delivery") else hop

    def type(self, type: str) -> str:
        """A kind of message, by the title of its newest contract."""
        versions = self._registry.versions(type)
        if not versions:
            return type
        try:
            contract = self._registry.contract(type, versions[-1])
        except Refused:
            return type
        return self._texts.of(contract.title_ja, contract.title)
