"""Numbers of the deployer's own making, by the forms in ``number_patterns.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.scan import TextScan
from pii_rules.strict_yaml import load_strict_yaml

_MEANING = {"9": r"\d", "A": "[A-Z]", "a": "[A-Za-z]", "X": "[A-Z0-9]", " ": r"[ \-./]?"}
_LEAST_SIGNS = 4


class NumberPatternFault(Exception):  # noqa: N818 - a sentence for people, like RegistryFaults
    """The file of number patterns cannot be used; tells the entry, never a value."""


class _Pattern(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(min_length=1)
    form: str = Field(min_length=_LEAST_SIGNS, max_length=40)
    labels: tuple[str, ...] = ()


def pattern_of(form: str) -> re.Pattern[str]:
    """A form as a regular expression: 9 a figure, A a capital, a a letter, X a capital or figure.

    A blank stands for a blank, hyphen, dot, slash or nothing; everything else for itself. A form
    has no repetition, so no form can make a text slow.
    """
    body = "".join(_MEANING.get(sign, re.escape(sign)) for sign in form)
    return re.compile(rf"(?<![\w]){body}(?![\w])")


def read_patterns(text: str) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """The patterns of a file, each with the words of which one has to stand before it.

    Raises:
        NumberPatternFault: When an entry is not as the file's head says.
    """
    body = load_strict_yaml(text) or {}
    rows = body.get("patterns") if isinstance(body, dict) else None
    found: list[tuple[re.Pattern[str], tuple[str, ...]]] = []
    for number, row in enumerate(rows or (), 1):
        try:
            entry = _Pattern.model_validate(row)
        except ValidationError:
            raise NumberPatternFault(f"entry {number} of number_patterns.yaml is wrong") from None
        if sum(sign in "9X" for sign in entry.form) < 3 and not entry.labels:
            raise NumberPatternFault(
                f"entry {number} of number_patterns.yaml has fewer than three figures: give it labels"
            )
        found.append((pattern_of(entry.form), tuple(label.lower() for label in entry.labels)))
    return tuple(found)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    source = files("pii_rules.recognizers").joinpath("number_patterns.yaml")
    return read_patterns(source.read_text(encoding="utf-8"))


class OwnNumberRecognizer(ScanRecognizer):
    """Customer, contract and policy numbers of the forms that a deployer has written down."""

    ENTITY = "CUSTOMER_NUMBER"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """What has a form, and one of its labels before it where it has labels."""
        for pattern, labels in _patterns():
            for match in pattern.finditer(scan.text):
                before = scan.before(match.start())
                if not labels or any(label in before for label in labels):
                    yield Finding(match.start(), match.end(), 0.9, "own form")
