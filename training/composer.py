"""Composes whole texts of clauses: notes, mails and short messages, as sloppily as people write."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from pii_rules.recognizers.lexicon import (
    CAPITAL,
    FAMILY,
    FAMILY_HOME,
    FAMILY_SURE,
    GIVEN,
    GIVEN_HOME,
    GIVEN_SELDOM,
    UNKNOWN,
    UPPER,
    WORD,
    lexicon,
)
from pii_rules.recognizers.scan import TextScan
from training.slots import Piece, Slots, clauses, phrases


class Example(NamedTuple):
    """A scanned text, the true label of each word, and which words came from clauses."""

    scan: TextScan
    labels: list[str]
    literal: list[bool]


_JOINS = (
    ". ",
    ". ",
    ". ",
    ". ",
    ", ",
    "; ",
    " - ",
    "\n",
    "\n- ",
    ".\n",
    " ",
    "! ",
    "? ",
    " en ",
    ", maar ",
)


class Composer:
    """Makes examples; the same seed makes the same ones.

    Args:
        seed: Of all that is drawn.
        whole: Share of the texts that were written whole; the others are put together of clauses.
    """

    def __init__(self, seed: int, whole: float = 0.45) -> None:
        self._random = Random(seed)
        self._whole = whole
        self._slots = Slots(lexicon(), self._random)

    def examples(self, count: int) -> Iterator[Example]:
        """So many texts, two thirds Dutch."""
        for _ in range(count):
            language = "nl" if self._random.random() < 0.62 else "en"
            yield _example(self._styled(self._text(language), language))

    def _text(self, language: str) -> list[Piece]:
        roll = self._random.random()
        if roll < self._whole:
            return self._slots.fill(self._random.choice(clauses(f"{language}_texts")), language)
        roll = (roll - self._whole) / (1 - self._whole)
        if roll < 0.30:
            return self._mail(language)
        if roll < 0.36:
            return self._heading(language)
        return self._note(language, self._random.choice((1, 1, 1, 2, 2, 3)))

    def _note(self, language: str, count: int) -> list[Piece]:
        pieces: list[Piece] = []
        person_share = self._random.choice((0.0, 0.0, 0.3, 0.6, 1.0))
        for number in range(count):
            join = ""
            if number:
                join = self._random.choice(_JOINS)
                if language == "en":
                    join = join.replace(" en ", " and ").replace("maar", "but")
                pieces.append(Piece(join))
            kind = "person" if self._random.random() < person_share else "none"
            clause = self._random.choice(clauses(f"{language}_{kind}"))
            filled = self._slots.fill(clause, language)
            if self._random.random() < 0.12:
                filler = self._random.choice(phrases()[f"fillers_{language}"])
                filled = [Piece(filler + self._random.choice((" ", " ", ", ", ": "))), *filled]
            opens = not number or join.strip()[-1:] in (".", "!", "?") or "\n" in join
            pieces += _capitalised(filled) if opens else filled
        if self._random.random() < 0.5:
            pieces.append(Piece(self._random.choice((".", ".", "!", "?", " :)", "..."))))
        return pieces

    def _mail(self, language: str) -> list[Piece]:
        pieces: list[Piece] = []
        if self._random.random() < 0.8:
            pieces += self._opening(language)
            pieces.append(
                Piece(self._random.choice((",\n\n", ",\n", ", ", " ", "!\n", ",\n\n", " - ")))
            )
        pieces += self._note(language, self._random.choice((1, 2, 2, 3)))
        if self._random.random() < 0.85:
            pieces.append(Piece(self._random.choice(("\n\n", "\n", " ", ". ", "\n\n"))))
            pieces += self._closing(language)
        return pieces

    def _opening(self, language: str) -> list[Piece]:
        greeting = self._random.choice(phrases()[f"{language}.open"])
        roll = self._random.random()
        if roll < 0.55:
            name = self._slots.slot("g", language)
        elif roll < 0.8:
            name = self._slots.slot("t", language)
        elif roll < 0.87:
            name = self._slots.slot("full", language)
        elif roll < 0.90:
            nobody = (
                "klant,team,allemaal,mensen,collega,lezer,relatie"
                if language == "nl"
                else "customer,team,all,everyone,support,there"
            )
            name = [Piece(self._random.choice(nobody.split(",")))]
        elif roll < 0.93:
            join = " en " if language == "nl" else " and "
            name = [*self._slots.slot("g", language), Piece(join), *self._slots.slot("g", language)]
        elif roll < 0.96:
            return self._slots.slot("g", language)
        else:
            return [Piece(greeting)]
        return [Piece(greeting + " "), *name]

    def _closing(self, language: str) -> list[Piece]:
        close = self._random.choice(phrases()[f"{language}.close"])
        pieces = [
            Piece(close),
            Piece(self._random.choice((",\n", ",\n\n", "\n", ", ", " ", ",\n"))),
        ]
        roll = self._random.random()
        if roll < 0.34:
            pieces += self._slots.slot("g", language)
        elif roll < 0.68:
            pieces += self._slots.slot("full", language)
        elif roll < 0.74:
            pieces += self._slots.slot("i", language)
        elif roll < 0.77:
            pieces.append(Piece(self._slots.names.initials().replace(" ", ""), "PERSON"))
        elif roll < 0.79:
            join = self._random.choice((" & ", " en " if language == "nl" else " and "))
            pieces += [
                *self._slots.slot("g", language),
                Piece(join),
                *self._slots.slot("full", language),
            ]
        elif roll < 0.85:
            pieces += self._slots.slot("f", language)
        elif roll < 0.88:
            pieces += self._slots.slot("t", language)
        elif roll < 0.94:
            pieces += [*self._slots.slot("o", language)]
        else:
            pieces += [
                Piece("de " if language == "nl" else "the "),
                *self._slots.slot("dept", language),
            ]
        for slot in ("role", "o", "tel", "mail", "adr"):
            if self._random.random() < 0.15:
                pieces.append(Piece(self._random.choice(("\n", "\n", " | ", ", "))))
                pieces += _capitalised(self._slots.slot(slot, language))
        return pieces

    def _heading(self, language: str) -> list[Piece]:
        """A bare line: a name, a company, a subject in title case."""
        slot = self._random.choice(
            ("full", "i", "inv", "o", "prod", "x", "x", "x", "adr", "t", "g", "l", "brand")
        )
        pieces = self._slots.slot(slot, language)
        if slot == "x" and self._random.random() < 0.7:
            pieces = [p._replace(text=p.text.title()) if p.label == "O" else p for p in pieces]
        return _capitalised(pieces)

    def _styled(self, pieces: list[Piece], language: str) -> list[Piece]:
        roll = self._random.random()
        noise = self._random.choice((0.0, 0.02, 0.05, 0.1, 0.15))
        pieces = [self._sloppy(p, language, noise) if p.label == "O" else p for p in pieces]
        if roll < 0.26:
            return [p._replace(text=p.text.lower()) for p in pieces]
        if roll < 0.29:
            return [p._replace(text=p.text.upper()) for p in pieces]
        if roll < 0.33:
            return [p._replace(text=p.text.upper()) if p.label == "PERSON" else p for p in pieces]
        if roll < 0.43:
            return [p._replace(text=p.text.lower()) if p.label == "O" else p for p in pieces]
        if roll < 0.46:
            return [p._replace(text=p.text.lower()) if p.label == "PERSON" else p for p in pieces]
        return pieces

    def _sloppy(self, piece: Piece, language: str, noise: float) -> Piece:
        """Other words for some, words put in, slips of the pen; at so many of the places."""
        if not noise or len(piece.text) < 2:
            return piece
        words = piece.text.split(" ")
        out: list[str] = []
        for word in words:
            roll = self._random.random()
            if word.isalpha() and roll < noise and len(word) > 3 and word.islower():
                out.append(self._slots.word())
            elif word.isalpha() and roll < 2.2 * noise and len(word) > 3:
                out.append(self._slip(word))
            else:
                out.append(word)
            if word and self._random.random() < noise:
                out.append(self._random.choice(phrases()[f"fillers_{language}"]))
        return piece._replace(text=" ".join(out))

    def _slip(self, word: str) -> str:
        """Two letters swapped, one left out, doubled or another one."""
        place = self._random.randrange(1, len(word) - 1)
        pair = word[place : place + 2]
        other = self._random.choice("abcdefghijklmnoprstuvwyz")
        changed = self._random.choice((pair[::-1], pair[1], pair[0] * 2 + pair[1], other + pair[1]))
        return word[:place] + changed + word[place + 2 :]


def _capitalised(pieces: list[Piece]) -> list[Piece]:
    if not pieces or not pieces[0].text:
        return pieces
    first = pieces[0]
    return [first._replace(text=first.text[0].upper() + first.text[1:]), *pieces[1:]]


def _example(pieces: list[Piece]) -> Example:
    """Words of the joined pieces with their labels; lists are made blind where a piece says so."""
    scan = TextScan("".join(p.text for p in pieces))
    spans: list[tuple[int, int, str, bool]] = []
    place = 0
    for piece in pieces:
        spans.append((place, place + len(piece.text), piece.label, piece.masked))
        place += len(piece.text)
    labels: list[str] = []
    literal: list[bool] = []
    current = 0
    before = "O"
    for number, start in enumerate(scan.starts):
        while spans[current][1] <= start:
            current += 1
            if spans[current][2] != "PERSON":
                before = "O"
        label, masked = spans[current][2:]
        literal.append(label == "O")
        if masked:
            scan.features[number] = _blind(scan.features[number])
        if label == "PERSON":
            labels.append("I" if before == "PERSON" else "B")
        else:
            labels.append(label)
        before = label
    return Example(scan, labels, literal)


def _blind(bits: int) -> int:
    known = bits & ~(GIVEN | GIVEN_HOME | GIVEN_SELDOM | FAMILY | FAMILY_HOME | FAMILY_SURE)
    if known & CAPITAL and not known & (UPPER | WORD):
        known |= UNKNOWN
    return known
