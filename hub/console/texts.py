"""The words of the console, in Japanese and English, from one catalogue."""

import tomllib
from functools import cache
from importlib.resources import files

JAPANESE, ENGLISH = "ja", "en"
LANGUAGES = (JAPANESE, ENGLISH)


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """By key, "section.name": the Japanese and the English text."""
    found = tomllib.loads(files("hub.console").joinpath("texts.toml").read_text(encoding="utf-8"))
    return {f"{section}.{name}": (pair[0], pair[1]) for section, texts in found.items() for name, pair in texts.items()}


class Texts:
    """The catalogue in one language. KeyError for a key it does not have: a test walks them all."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._nth = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        text = catalogue()[key][self._nth]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """For keys that come with an address."""
        return key in catalogue()

    def of(self, japanese: str, english: str) -> str:
        """One of two texts that are kept elsewhere."""
        return (japanese, english)[self._nth]


def preferred(chosen: str | None, accepted: str) -> str:
    """`chosen`: what the person's cookie says; `accepted`: the browser's Accept-Language. Japanese where in doubt."""
    if chosen in LANGUAGES:
        return chosen
    wishes: list[tuple[float, int, str]] = []
    for nth, part in enumerate(accepted[:200].split(",")):
        tag, _, rest = part.strip().partition(";q=")
        language = tag.partition("-")[0].lower()
        try:
            weight = float(rest) if rest else 1.0
        except ValueError:
            continue
        if language in LANGUAGES and weight > 0:
            wishes.append((-weight, nth, language))
    return min(wishes)[2] if wishes else JAPANESE
