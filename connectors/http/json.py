"""JSON on the wire: strict both ways, and no value of a message in any error."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from xml.etree import ElementTree

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from hub.errors import Refused

JSON = "application/json"
Model = TypeVar("Model", bound="JsonModel")


class JsonModel(BaseModel):
    """What goes over the wire: exactly these members, nothing converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def read(answer: bytes, model: type[Model]) -> Model:
    """A partner's answer. Raises Refused `reply.invalid`: a member too many, too few, twice or of the wrong form."""
    try:
        found = from_json(answer, allow_inf_nan=False)
        check_members(answer)
    except ValueError:
        raise Refused("reply.invalid", "the answer is no JSON, or names a member twice") from None
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise Refused("reply.invalid", _rules(error)) from None


def check_members(answer: bytes) -> None:
    """Raises ValueError for a member twice: pydantic keeps the last of two and says nothing.

    The answer must be JSON that pydantic has read, which bounds its depth.
    """
    json.loads(answer.decode(), object_pairs_hook=_distinct)


def model_of(model: type[Model], values: Mapping[str, Any]) -> Model:
    """What is to be sent. Raises Refused `translate.output`: the document is valid, but JSON has no room for it."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Refused("translate.output", _rules(error)) from None


def flat(document: bytes, model: type[Model]) -> bytes:
    """A document of the hub without nested elements as the JSON object of `model`. Raises as `model_of`."""
    element = ElementTree.fromstring(document)  # noqa: S314 - written by the hub
    return model_of(model, {name: text.strip() for name, text in members(element)}).model_dump_json().encode()


def members(element: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """Local name and text of the children without children of their own."""
    for child in element:
        if not len(child):
            yield child.tag.partition("}")[2], child.text or ""


def _rules(error: ValidationError) -> str:
    """Which member breaks which rule. The name of a member nobody agreed on is the partner's text, so it stays out."""
    broken = []
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        unknown = each["type"] == "extra_forbidden"
        place = ".".join(map(str, each["loc"][:-1] if unknown else each["loc"])) or "answer"
        broken.append(f"{place}: {each['type']}")
    return "; ".join(broken[:5])


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _value in pairs}) != len(pairs):
        raise ValueError("a member twice")
