"""What all requests share: the installation, the door, templates, and what goes on in the background."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub import catalogue, flows
from hub.app import App
from hub.catalogue import Catalogue
from hub.codes import CODES, effect
from hub.config_file import FindingsError
from hub.console import formats, forms, rules, terms
from hub.console.cookies import Jar
from hub.console.door import Door
from hub.console.names import Names
from hub.console.rates import Tries
from hub.console.runners import Runners
from hub.console.searches import Searches
from hub.console.waiting import waiting
from hub.flows import FlowRow, Line
from hub.ports.accounts import Right
from hub.support.masking import MASK

if TYPE_CHECKING:
    from hub.console.page import Page

TRIES, TRIES_SECONDS = 10, 300.0  # of signing in, from one address


class Desk:
    """One for the process."""

    def __init__(self, app: App, door: Door, jar: Jar) -> None:
        self.app, self.door = app, door
        self.tries = Tries(TRIES, TRIES_SECONDS)
        self.jar = jar
        self.runners = Runners(app)
        self.searches = Searches()
        self.names = Names(app.registry)
        self.templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.globals.update(
            MASK=MASK, CODES=CODES, effect=effect, Right=Right, at=formats.at, clock=formats.clock, count=formats.count,
            broker_problem=self.broker_problem, short=formats.short, said=formats.said,
        )  # fmt: skip

    @cached_property
    def catalogue(self) -> Catalogue:
        """The data folders; read once, as the registry is. Raises FindingsError."""
        found = catalogue.read(self.app.home)
        if found.findings:
            raise FindingsError(found.findings)
        return found

    @cached_property
    def words(self) -> dict[str, str]:
        """Rules of contracts in Japanese."""
        return self.app.registry.words()

    @cached_property
    def lines(self) -> list[Line]:
        return flows.lines(self.catalogue)

    @cached_property
    def flows(self) -> dict[str, FlowRow]:
        return {row.id: row for row in flows.table(self.catalogue)}

    def helpers(self, page: Page) -> Mapping[str, Any]:
        """What templates call, in the page's language."""
        texts = page.texts
        return {
            "rule": partial(rules.in_words, texts, self.words),
            "moment": partial(formats.moment, texts),
            "age": partial(formats.age, texts),
            "duration": partial(formats.duration, texts),
            "today": partial(formats.today, texts),
            "names": self.names.into(texts),
            "terms": partial(terms.in_words, texts, self.names.into(texts)),
            "form_key": forms.key(page.visit, page.token),
            "waiting": partial(waiting, self.app.store, self.app.registry, page.signed_in),
        }

    def broker_problem(self) -> bool:
        """The broker is needed for acts that send, not for looking."""
        return not self.app.broker.ready
