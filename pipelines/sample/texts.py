"""Sloppy texts put together from sentences, with the span of every personal value.

Offsets are code points of exactly the text that lands. Typing errors are made in what stands
around the values, so that a value is what its span says; names have their own sloppiness.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

from pipelines.sample import phrases_en, phrases_nl
from pipelines.sample.organisations import Staff
from pipelines.sample.people import Person
from pipelines.sample.randomness import pick
from pipelines.sample.scenes import Identity, Scene, identity_of, stranger
from pipelines.sample.slots import fill, is_personal, is_slot

Parts = tuple[tuple[str, str], ...]
"""Literal text and the slot after it (empty at the end)."""


class Span(NamedTuple):
    """Personal data in a text: ``text[start:end]``."""

    start: int
    end: int
    type: str
    person: str | None


class Text(NamedTuple):
    """A text as it lands, with its truth."""

    text: str
    language: str
    spans: tuple[Span, ...]


class Pool(NamedTuple):
    """The sentences of one kind of text: with personal data, and without."""

    personal: tuple[Parts, ...]
    plain: tuple[Parts, ...]


Pools = dict[str, Pool]
"""By kind of text."""


def compile_phrases(source: str) -> Pools:
    """The sentences of a source such as ``phrases_nl.PHRASES``.

    Raises:
        ValueError: For a slot that nothing fills.
    """
    pools: Pools = {}
    for section in source.split("## ")[1:]:
        kind, _, body = section.partition("\n")
        personal: list[Parts] = []
        plain: list[Parts] = []
        for line in filter(None, body.split("\n")):
            pieces = [*re.split(r"\{(\w+)\}", line.replace("\\n", "\n")), ""]
            parts = tuple(zip(pieces[::2], pieces[1::2], strict=True))
            unknown = [slot for _, slot in parts if slot and not is_slot(slot)]
            if unknown:
                raise ValueError(f"unknown slots in a sentence of {kind}: {unknown}")
            has_person = any(slot and is_personal(slot) for _, slot in parts)
            (personal if has_person else plain).append(parts)
        pools[kind] = Pool(tuple(personal or plain), tuple(plain or personal))
    return pools


POOLS: Final = {
    "nl": compile_phrases(phrases_nl.PHRASES),
    "en": compile_phrases(phrases_en.PHRASES),
}
"""The sample's own sentences, by language."""
SENTENCES: Final = sum(
    len(set(p.personal) | set(p.plain)) for pools in POOLS.values() for p in pools.values()
)
_LENGTHS: Final = {
    "note": (1, 1, 1, 2, 2, 3), "meeting": (1, 2, 3), "mail_in": (1, 2, 2, 3), "mail_out": (1, 2),
    "ticket": (1, 2, 2, 3), "reply": (1, 1, 2), "internal": (1, 1, 1, 2), "customer_reply": (1, 1, 2),
}  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Writer:
    """Writes texts about the persons of a block.

    Args:
        chance: Where everything comes from.
        people: Persons who may be mentioned as third persons.
        staff: Colleagues who may be mentioned.
        number: Prefix for strangers in the truth.
        pools: Sentences by language; an evaluation brings its own.
    """

    def __init__(
        self,
        chance: Random,
        people: Sequence[Person],
        staff: Sequence[Staff],
        number: int,
        pools: Mapping[str, Pools] = POOLS,
    ) -> None:
        self._pools = pools
        self._chance = chance
        self._people = people
        self._staff = staff
        self._number = number
        self._strangers = 0

    def write(self, kind: str, subject: Person | None = None, company: str = "") -> Text:
        """One text of a kind about a person (or about somebody in no system)."""
        chance = self._chance
        language = "en" if subject is not None and subject.language == "en" else "nl"
        scene = Scene(
            chance,
            language,
            self._stranger() if subject is None else identity_of(subject),
            self._third(subject),
            pick(chance, self._staff),
            company or "Vlotter Noord BV",
        )
        paragraphs = self._choose(kind, self._pools[language])
        separator = (
            "\n"
            if kind.startswith("mail_") and kind != "mail_subject"
            else pick(chance, (". ", ", ", " ", "\n"))
        )
        return self._render(paragraphs, separator, scene)

    def _stranger(self) -> Identity:
        self._strangers += 1
        return stranger(self._chance, f"X{self._number}-{self._strangers}")

    def _third(self, subject: Person | None) -> Identity:
        if self._chance.random() < 0.4:
            other = pick(self._chance, self._people)
            if subject is None or other.index != subject.index:
                return identity_of(other)
        return self._stranger()

    def _choose(self, kind: str, pools: Pools) -> list[Parts]:
        chance = self._chance
        count = pick(chance, _LENGTHS.get(kind, (1,)))
        chosen: list[Parts] = []
        for _ in range(count):
            pool = pools[kind]
            sentence = pick(chance, pool.personal if chance.random() < 0.36 else pool.plain)
            if sentence not in chosen:
                chosen.append(sentence)
        if kind in ("mail_in", "mail_out"):
            for at, part in ((0, "mail_greeting"), (len(chosen) + 1, "mail_closing")):
                pool = pools[part]
                personal = chance.random() < (0.25 if at == 0 else 0.45)
                chosen.insert(at, pick(chance, pool.personal if personal else pool.plain))
        return chosen

    def _render(self, sentences: list[Parts], separator: str, scene: Scene) -> Text:
        chance = self._chance
        lower = chance.random() < 0.22
        typos = 1 + int(chance.random() * 2) if chance.random() < 0.3 else 0
        pieces: list[str] = []
        spans: list[Span] = []
        length = 0
        for at, sentence in enumerate(sentences):
            if at:
                pieces.append(separator)
                length += len(separator)
            for literal, slot in sentence:
                if lower:
                    literal = literal.lower()
                if typos and len(literal) > 8:
                    literal = self._mistype(literal)
                    typos -= 1
                pieces.append(literal)
                length += len(literal)
                if not slot:
                    continue
                value, kind, person, before = fill(slot, scene)
                if lower and kind == "PERSON" and chance.random() < 0.7:
                    value = value.lower()
                if before:
                    pieces.append(before)
                    length += len(before)
                pieces.append(value)
                if kind is not None:
                    spans.append(Span(length, length + len(value), kind, person))
                length += len(value)
        return Text("".join(pieces), scene.language, tuple(spans))

    def _mistype(self, literal: str) -> str:
        """One slip inside a literal, away from its edges, where values begin and end."""
        chance = self._chance
        at = 2 + int(chance.random() * (len(literal) - 4))
        if not (literal[at].isalpha() and literal[at + 1].isalpha()):
            return literal
        way = chance.random()
        if way < 0.3:
            return literal[:at] + literal[at + 1 :]
        if way < 0.6:
            return literal[:at] + literal[at + 1] + literal[at] + literal[at + 2 :]
        if way < 0.8:
            return literal[:at] + literal[at] + literal[at:]
        return literal[:at] + pick(chance, _LETTERS) + literal[at + 1 :]
