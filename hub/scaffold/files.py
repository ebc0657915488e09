"""Files of a project that are begun from templates."""

from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - files of a project, from names that were checked; no page
)


class ScaffoldError(Exception):
    """What cannot be begun, and what to do, in one sentence."""


@dataclass
class Files:
    """Paths below the project and their text: `new`, which must not be there, and `appended`."""

    new: dict[str, str] = field(default_factory=dict)
    appended: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, template: str, **values: object) -> None:
        self.new[path] = TEMPLATES.get_template(f"{template}.j2").render(values)
