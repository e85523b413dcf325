"""Draws names as people write them, from the shipped lists and from letters that no list has."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from pii_rules.recognizers.lexicon import (
    BLOCKED,
    FAMILY_HOME,
    FAMILY_SURE,
    GIVEN_HOME,
    GIVEN_SELDOM,
    INFIX,
    PLACE,
    TITLE,
    WORD,
    Lexicon,
)


class Drawn(NamedTuple):
    """A part of a name, and whether the lists are to be blind to it."""

    text: str
    masked: bool = False


_INFIXES = (
    "van", "van", "van", "de", "de", "van de", "van de", "van der", "van der", "van den", "den", "ten",
    "ter", "van 't", "in 't", "op de", "op den", "el", "el", "al", "ben", "bin", "v.d.", "v/d", "vd", "van het",
    "da", "dos", "di", "von", "le", "la", "du", "uit de", "aan de", "te",
)  # fmt: skip
_SHORT_SHARE = 0.05
"""Share of names of two or three letters ("Bo", "Ria", "Ng"), which are hard to tell from words."""
_INITIAL_LETTERS = "AABBCCDDEEFGGHHIJJJKKLLMMMNNOPPQRRSSTTVWWXYZ"


class Names:
    """Draws given names, surnames and whole names; the same seed draws the same.

    Args:
        lexicon: The shipped lists.
        random: Its state is used up by every draw.
        blind: Share of names whose entries in the lists the model may not see, so that it learns
            from spelling and surroundings too.
    """

    def __init__(self, lexicon: Lexicon, random: Random, blind: float = 0.25) -> None:
        self._random = random
        self._blind = blind
        bits = {n: lexicon.features(n.title()) for n in lexicon.given if len(n) > 1}
        usable = {n: b for n, b in bits.items() if not b & (BLOCKED | TITLE | INFIX)}
        self._given = {
            "home": sorted(n for n, b in usable.items() if b & GIVEN_HOME and not b & WORD),
            "word": sorted(n for n, b in usable.items() if b & WORD and b & GIVEN_HOME),
            "seldom": sorted(n for n, b in usable.items() if b & GIVEN_SELDOM and not b & PLACE),
            "other": sorted(n for n, b in usable.items() if not b & (GIVEN_HOME | GIVEN_SELDOM)),
        }
        family = {n: lexicon.features(n.title()) for n in lexicon.family if " " not in n}
        family = {
            n: b for n, b in family.items() if len(n) > 2 and not b & (BLOCKED | TITLE | INFIX)
        }
        self._family = {
            "home": sorted(n for n, b in family.items() if b & (FAMILY_HOME | FAMILY_SURE)),
            "word": sorted(n for n, b in family.items() if b & WORD and b & FAMILY_HOME),
            "seldom": sorted(n for n, b in family.items() if b & WORD and not b & FAMILY_HOME),
            "other": sorted(n for n, b in family.items() if not b & FAMILY_HOME),
        }
        self._short = {
            True: sorted(n for n in usable if len(n) < 4),
            False: sorted(n for n in family if len(n) < 4),
        }
        self._phrases = sorted(
            n for n in lexicon.family if n.startswith(("van ", "de ", "ter ", "ten "))
        )

    def given(self) -> list[Drawn]:
        """A given name, seldom two, seldom joined."""
        roll = self._random.random()
        if roll < 0.04:
            return [*self._one(self._given, True), *self._one(self._given, True)]
        if roll < 0.08:
            first, second = self._one(self._given, True)[0], self._one(self._given, True)[0]
            return [Drawn(f"{first.text}-{second.text}", first.masked)]
        if roll < 0.10:
            return [*self._one(self._given, True), Drawn(self._initial() + ".")]
        return self._one(self._given, True)

    def family(self) -> list[Drawn]:
        """A surname with its infixes; seldom two, hyphenated or Spanish."""
        roll = self._random.random()
        if roll < 0.13:
            return [Drawn(self._cased(p)) for p in self._random.choice(self._phrases).split()]
        if roll < 0.33:
            infix = self._random.choice(_INFIXES)
            parts = infix.split() if self._random.random() < 0.9 else infix.title().split()
            return [*(Drawn(p) for p in parts), *self._one(self._family, False)]
        if roll < 0.37:
            first, second = self._one(self._family, False)[0], self.family()
            return [Drawn(f"{first.text}-{second[0].text}", first.masked), *second[1:]]
        if roll < 0.42:
            return [*self._one(self._family, False), *self._one(self._family, False)]
        return self._one(self._family, False)

    def initials(self) -> str:
        """J., J.P., J. P., JP, Th."""
        letters = [self._initial() for _ in range(self._random.choice((1, 1, 1, 2, 2, 3)))]
        roll = self._random.random()
        if roll < 0.6:
            return "".join(f"{letter}." for letter in letters)
        if roll < 0.75:
            return " ".join(f"{letter}." for letter in letters)
        return letters[0] if roll < 0.9 else "".join(letters[:2])

    def _initial(self) -> str:
        return self._random.choice(_INITIAL_LETTERS)

    def _cased(self, word: str) -> str:
        return (
            word
            if word
            in ("van", "de", "der", "den", "ter", "ten", "het", "'t", "la", "te", "op", "in")
            else word.title()
        )

    def _one(self, lists: dict[str, list[str]], given: bool) -> list[Drawn]:
        roll = self._random.random()
        if self._random.random() < _SHORT_SHARE:
            return [Drawn(_capital(self._random.choice(self._short[given])))]
        if roll < 0.08:
            return [Drawn(self._spliced(lists).title())]
        kind = (
            "home"
            if roll < 0.50
            else "word"
            if roll < 0.66
            else "seldom"
            if roll < 0.70
            else "other"
        )
        name = self._random.choice(lists[kind])
        text = _capital(name)
        if not given and self._random.random() < 0.01:
            text = self._random.choice(("Mc", "Mac", "O'")) + text
        return [Drawn(text, kind in ("home", "other") and self._random.random() < self._blind)]

    def _spliced(self, lists: dict[str, list[str]]) -> str:
        """The head of one name and the tail of another: a name that no list has."""
        one, other = (self._random.choice(lists[k]) for k in ("home", "other"))
        return one[: max(2, len(one) // 2)] + other[len(other) // 2 :]


def _capital(name: str) -> str:
    return "-".join(part[:1].upper() + part[1:] for part in name.split("-"))
