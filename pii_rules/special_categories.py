"""The cues of special categories as frozen models, and finding them in the words of a text.

Source: GDPR Art. 8, 9(1), 10; UAVG 22-33. A cue says that a person should look, no more.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field

_WORD = re.compile(r"[^\W_]+")
_HEAD = 3


class Flag(NamedTuple):
    """What a text may hold: the category of the law, and which of its groups of cues said so."""

    category: str
    cue_class: str


class Category(BaseModel):
    """One category: cues by class, and what looks like a cue and is none."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    source: str = Field(min_length=1)
    classes: dict[str, tuple[str, ...]] = Field(min_length=1)
    not_: tuple[str, ...] = Field((), alias="not")


class _Phrase(NamedTuple):
    words: tuple[str, ...]
    flag: Flag | None  # None: what looks like a cue and is none
    category: str


@lru_cache(maxsize=1)
def load_categories() -> dict[str, Category]:
    """The categories by name, as ``special_categories.yaml`` has them."""
    text = files("pii_rules").joinpath("special_categories.yaml").read_text(encoding="utf-8")
    return {name: Category.model_validate(body) for name, body in yaml.safe_load(text).items()}


class CueFinder:
    """Finds cues by the words that open them; a word that opens none costs one look-up."""

    def __init__(self, categories: dict[str, Category] | None = None) -> None:
        self._whole: dict[str, list[_Phrase]] = {}
        self._begun: dict[str, list[_Phrase]] = {}
        self._opening: dict[str, tuple[_Phrase, ...]] = {}
        self._telling: set[str] = set()
        self._telling_begun: dict[str, tuple[str, ...]] = {}
        for name, category in (categories or load_categories()).items():
            for cue_class, cues in category.classes.items():
                for cue in cues:
                    self._add(_Phrase(_words(cue), Flag(name, cue_class), name))
            for cue in category.not_:
                self._add(_Phrase(_words(cue), None, name))

    def flags(self, text: str) -> frozenset[Flag]:
        """The flags of a text; most have none.

        Privacy: a text in, names of categories out.
        """
        words = _WORD.findall(text.lower())
        opening = self._opening
        found: list[tuple[int, int, Flag]] = []
        barred: list[tuple[int, int, str]] = []
        for index, word in enumerate(words):
            phrases = opening.get(word)
            if phrases is None:
                phrases = self._openings(word)
            for phrase in phrases:
                end = index + len(phrase.words)
                if end <= len(words) and all(
                    _fits(w, pattern)
                    for w, pattern in zip(words[index + 1 : end], phrase.words[1:], strict=True)
                ):
                    if phrase.flag is None:
                        barred.append((index, end, phrase.category))
                    else:
                        found.append((index, end, phrase.flag))
        if not found:
            return frozenset()
        return frozenset(
            flag
            for start, end, flag in found
            if not any(c == flag.category and a < end and start < b for a, b, c in barred)
        )

    def may_tell(self, word: str) -> bool:
        """Whether a word of a text may be the longest of a cue; a text of others has no flag."""
        return any(
            map(self._tells, (word.lower(),) if word.isascii() else _WORD.findall(word.lower()))
        )

    def _add(self, phrase: _Phrase) -> None:
        first = phrase.words[0]
        if first.endswith("*"):
            self._begun.setdefault(first[:_HEAD], []).append(phrase)
        else:
            self._whole.setdefault(first, []).append(phrase)

        if phrase.flag is not None:
            longest = max(phrase.words, key=len)
            if longest.endswith("*"):
                head = longest[:-1][:_HEAD]
                begun = self._telling_begun.get(head, ())
                self._telling_begun[head] = (*begun, longest[:-1])
            else:
                self._telling.add(longest)

    def _tells(self, word: str) -> bool:
        begun = self._telling_begun
        return word in self._telling or any(
            word.startswith(begun.get(word[:length], ())) for length in range(_HEAD + 1)
        )

    def _openings(self, word: str) -> tuple[_Phrase, ...]:
        """The phrases that a word may open, remembered."""
        begun = [p for p in self._begun.get(word[:_HEAD], ()) if _fits(word, p.words[0])]
        if len(self._opening) > 100_000:
            self._opening.clear()
        found = self._opening[word] = (*self._whole.get(word, ()), *begun)
        return found


def _words(cue: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+\*?|\*", cue.lower()))


def _fits(word: str, pattern: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern
