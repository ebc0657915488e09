"""The work of a hop without the hub: parse, XSD, XSLT, XSD, serialise. Its output is what each peer sends on."""

from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "schemas/resident_registry.change/v1/valid/move-in.xml"


def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(ROOT / "schemas" / name / "v1/schema.xsd")))


_parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
_incoming, _outgoing = _schema("resident_registry.change"), _schema("resident.change")
_mapping = etree.XSLT(etree.parse(str(ROOT / "mappings/resident_registry.change--resident.change/v1/mapping.xslt")))


def done(body: bytes) -> bytes:
    document = etree.fromstring(body, _parser)
    assert _incoming(document)
    result = _mapping(document)
    assert _outgoing(result)
    return etree.tostring(result, encoding="UTF-8", xml_declaration=True)


def letters(count: int) -> list[str]:
    """Bodies for peers that fill their queues themselves: changes of `count` residents."""
    body = SAMPLE.read_text()
    return [body.replace("000000000000101", f"{number:015d}", 1) for number in range(1, count + 1)]
