"""The words of the pages in English and Dutch; names of columns, too."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import yaml

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Texts:
    """The catalogue of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._words = _catalogue(language)

    def __call__(self, key: str, **fields: object) -> str:
        """The sentence of that name.

        Raises:
            KeyError: The catalogue has no such sentence.
        """
        return str(self._words["texts"][key]).format(**fields)

    def page(self, identity: str) -> str:
        """The title of a page."""
        return str(self._words["pages"][identity])

    def block(self, key: str) -> str:
        """The heading of a part of a page."""
        return str(self._words["blocks"][key])

    def column(self, name: str, table: str = "") -> str:
        """The heading of a column; its own name made readable where the catalogue has none.

        Args:
            name: Its name.
            table: Its table, where the same name has another heading in some.
        """
        columns = self._words["columns"]
        known = columns.get(f"{table}.{name}") or columns.get(name)
        return str(known) if known else name.replace("_", " ").capitalize()

    def value(self, text: str) -> str:
        """A word of a published value (a grain, a model), translated where it is known."""
        return str(self._words["values"].get(text, text))

    def error(self, code: str) -> tuple[str, str]:
        """What is wrong and what to do, for the code of an error."""
        known = self._words["errors"].get(code) or self._words["errors"]["other"]
        return str(known["what"]), str(known["todo"])


@cache
def _catalogue(language: Language) -> dict[str, Any]:
    text = files("dashboards").joinpath(f"texts_{language}.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words
