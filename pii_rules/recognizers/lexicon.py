"""What is known about a word: given name, surname, infix, title, ordinary word, place.

Owns the lists under ``lists/`` and the closed classes of Dutch and English words that introduce or
rule out a name. Holds nothing of any text but a bounded cache of words, in memory only.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Final

import yaml

CAPITAL: Final = 1 << 0
UPPER: Final = 1 << 1
GIVEN: Final = 1 << 2
GIVEN_HOME: Final = 1 << 3
"""Common in the Netherlands, Belgium or the English-speaking world."""
GIVEN_SELDOM: Final = 1 << 4
"""A word or a name; a name only where something else says so."""
FAMILY: Final = 1 << 5
FAMILY_HOME: Final = 1 << 6
INFIX: Final = 1 << 7
INITIALS: Final = 1 << 8
TITLE: Final = 1 << 9
GREETING: Final = 1 << 10
CLOSING: Final = 1 << 11
CUE: Final = 1 << 12
WORD: Final = 1 << 13
PLACE: Final = 1 << 14
ORGANISATION: Final = 1 << 15
BLOCKED: Final = 1 << 16
"""Never a name by itself: months, brands, abbreviations, addressees such as "klant"."""
DOTTED: Final = 1 << 17
ROLE_CUE: Final = 1 << 18
SPEAKS: Final = 1 << 19
"""What persons do and companies seldom: call, ask, say."""
ACTS: Final = 1 << 20
FAMILY_SURE: Final = 1 << 21
"""A surname behind a given name, in lower case and although it is a word."""
UNKNOWN: Final = 1 << 22
"""In no list at all, and with a capital."""

COMPOUND: Final = 1 << 23
"""In no list, but made of two dictionary words as Dutch compounds are."""

INTERESTING: Final = (
    UNKNOWN | GIVEN | FAMILY | INFIX | INITIALS | TITLE | GREETING | CLOSING | CUE | ROLE_CUE
)


def _bytes(name: str) -> bytes:
    return files("pii_rules.recognizers").joinpath("lists", name).read_bytes()


@lru_cache(maxsize=1)
def _word_classes() -> dict[str, frozenset[str]]:
    body = yaml.safe_load(_bytes("word_classes.yaml"))
    return {name: frozenset(words.split()) for name, words in body.items()}


def word_class(name: str) -> frozenset[str]:
    """A closed class of words from ``lists/word_classes.yaml``."""
    return _word_classes()[name]


INFIXES: Final = word_class("infixes")
_TITLES: Final = word_class("titles")
_GREETINGS: Final = word_class("greetings")
_CLOSINGS: Final = word_class("closings")
_CUES: Final = word_class("cues")
_ROLE_CUES: Final = word_class("role_cues")
_ORGANISATIONS: Final = word_class("organisations")
_BLOCKED: Final = word_class("blocked")
_SPEAKS: Final = word_class("speaks")
_ACTS: Final = word_class("acts")
_SURNAME_SHAPE: Final = re.compile(
    r"[a-z]{3,}(?:stra|sma|inga|enga|ema|mans|sens|ssen|ink|huis|huizen|aert|aerts|hoven|"
    r"oglu|ovic|owski|owska|enko|yan|ides|opoulos)$"
)
_CONTRACTION: Final = re.compile(r"[a-z]{1,10}'(?:ve|m|re|ll|d|t|s)$")
_MIXED: Final = re.compile(r"(?!(?:Ma?c|De|Van|La|Le|Fitz|O['’]?)[A-Z])\w*[a-z][A-Z]")
"""HtmlDataHelper, WordPress; but not McDonald."""
_SPECIAL: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "ı": "i", "đ": "d", "æ": "ae", "’": "'"}
)


def fold(word: str) -> str:
    """Lower case without accents; keeps hyphens and straight apostrophes."""
    if word.isascii():
        return word.lower()
    text = unicodedata.normalize("NFKD", word.translate(_SPECIAL))
    return (
        "".join(c for c in text if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
        .lower()
        .translate(_SPECIAL)
    )


def _lines(name: str) -> list[str]:
    raw = _bytes(name)
    text = gzip.decompress(raw) if name.endswith(".gz") else raw
    return text.decode("utf-8").splitlines()


class Lexicon:
    """Features of words, as bits; built once per process by :func:`lexicon`."""

    def __init__(self) -> None:
        self.given: dict[str, int] = {}
        for line in _lines("given_names.txt"):
            name = line.rstrip("*+?")
            mark = line[len(name) :]
            bits = GIVEN
            if mark in ("*", "+"):
                bits |= GIVEN_HOME
            self.given[name] = bits | (GIVEN_SELDOM if mark == "?" else 0)
        self._often = {line[:-1] for line in _lines("given_names.txt") if line.endswith("+")}
        self.family: dict[str, int] = {}
        for line in _lines("surnames.txt"):
            name = line.rstrip("*+")
            mark = line[len(name) :]
            bits = FAMILY | (FAMILY_HOME if mark else 0)
            self.family[name] = bits | (FAMILY_SURE if mark == "+" else 0)
        self.words = frozenset(_lines("words_nl.txt.gz")) | frozenset(_lines("words_en.txt"))
        self.places = frozenset(_lines("places.txt"))
        self.blocked = frozenset(_lines("not_names.txt")) | _BLOCKED
        self._cache: dict[str, int] = {}

    def features(self, word: str) -> int:
        """The bits of a word as it is written."""
        bits = self._cache.get(word)
        if bits is None:
            if len(self._cache) > 200_000:
                self._cache.clear()
            bits = self._features(word)
            if len(word) < 40:
                self._cache[word] = bits
        return bits

    def is_phrase(self, words: list[str]) -> bool:
        """Whether these words together stand in the list of surnames ("de vries")."""
        return " ".join(fold(w) for w in words) in self.family

    def _features(self, word: str) -> int:
        if len(word) > 40:
            return WORD
        bits = _shape(word)
        key = fold(word)
        if len(key) > 3 and key.endswith("'s"):
            key = key[:-2]
        bare = key.rstrip(".")
        if word.endswith(".") or "." in word:
            bits |= DOTTED
            if key in INFIXES or word == "v.":
                return INFIX
            if _is_initials(word):
                short = bare.replace(".", "")
                return (
                    bits | INITIALS | (BLOCKED if len(short) > 1 and short in self.blocked else 0)
                )
        if len(word) == 1 and word.isupper():
            bits |= INITIALS
        bits |= _closed_classes(key, bare)
        if "-" in key:
            return bits | self._compound(key)
        if bare in self.blocked:
            bits |= BLOCKED
        is_word = bare in self.words or len(bare) > 14 or bool(_CONTRACTION.match(key))
        given = self.given.get(bare, 0)
        family = self.family.get(bare, 0)
        if bare in self._often:
            is_word = False
        if is_word:
            bits |= WORD
        if not family and not is_word and _SURNAME_SHAPE.match(bare):
            family = FAMILY | FAMILY_HOME
        if bare in self.places:
            bits |= PLACE
        known = given | family | (bits & ~(CAPITAL | UPPER | DOTTED))
        odd = known or len(bare) < 3 or _MIXED.match(word)
        if bits & CAPITAL and not bits & (UPPER | DOTTED) and not odd:
            bits |= UNKNOWN
        if not known & (GIVEN | FAMILY | PLACE | WORD) and self._is_joined(bare):
            bits |= COMPOUND
        return bits | given | family

    def _is_joined(self, key: str) -> bool:
        """Whether two words of four letters and more make this one, an s between them or not."""
        words = self.words
        return any(
            key[cut:] in words
            and (key[:cut] in words or (key[cut - 1] == "s" and key[: cut - 1] in words))
            for cut in range(4, min(len(key), 30) - 3)
        )

    def _compound(self, key: str) -> int:
        parts = [p for p in key.split("-") if p]
        if not parts:
            return WORD
        if key in self.given:
            return self.given[key]
        bits = 0
        if all(p in self.given for p in parts) and not all(p in self.words for p in parts):
            bits |= GIVEN | GIVEN_HOME
        if all(p in self.family or p in INFIXES for p in parts) and not all(
            p in self.words for p in parts
        ):
            bits |= FAMILY | FAMILY_HOME
        if not bits and any(p in self.words or len(p) < 3 for p in parts):
            bits |= WORD
        if not bits and all(p in self.given or p in self.family or len(p) > 3 for p in parts):
            bits |= FAMILY if any(p in self.family for p in parts) else 0
        if parts[0] in self.blocked or key in self.words:
            bits |= BLOCKED | WORD
        if key in self.places:
            bits |= PLACE
        return bits


def _shape(word: str) -> int:
    if word[:3] in ("'s-", "’s-"):
        return CAPITAL
    if not word[:1].isupper() and not (word[:1] in "'’" and word[1:2].isupper()):
        # d'Hondt, 't Hart: the capital comes after the apostrophe
        mark = word.find("'")
        return CAPITAL if 0 < mark <= 2 and word[mark + 1 : mark + 2].isupper() else 0
    return CAPITAL | UPPER if len(word) > 1 and word.isupper() else CAPITAL


def _is_initials(word: str) -> bool:
    parts = [p for p in word.split(".") if p]
    return bool(parts) and all(
        len(p) == 1 or p in ("Th", "Chr", "Ph", "IJ", "Ij", "Ch", "Tj", "Sj") for p in parts
    )


def _closed_classes(key: str, bare: str) -> int:
    bits = 0
    if key in INFIXES or bare in INFIXES or key == "v":
        bits |= INFIX
    if bare in _TITLES:
        bits |= TITLE
    if bare in _GREETINGS:
        bits |= GREETING
    if bare in _CLOSINGS:
        bits |= CLOSING
    if bare in _CUES:
        bits |= CUE
    if key in _ROLE_CUES or bare in _ROLE_CUES:
        bits |= ROLE_CUE
    if bare in _SPEAKS:
        bits |= SPEAKS
    if bare in _ACTS:
        bits |= ACTS
    if key in _ORGANISATIONS or bare in _ORGANISATIONS:
        bits |= ORGANISATION
    return bits


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon of this process; the lists are read on the first call."""
    return Lexicon()
