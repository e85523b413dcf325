"""The hand-written texts: format, split, and that what is marked is what its mark says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import phonenumbers
import pytest
from stdnum import iban, luhn
from stdnum.nl import bsn, btw

from evaluation.annotated import Annotated, part_of, read_annotated, unmark, word_count
from pii_rules.recognizers.registry import load_registry

PARTS = ("development", "development2", "development3", "test", "test2")
ALL: list[Annotated] = [text for part in PARTS for text in read_annotated(part)]
TITLE = re.compile(
    r"(mevrouw|mevr|meneer|de heer|dhr|mw|drs|ir|prof|mrs?|ms|dr)(\.| )", re.IGNORECASE
)


def marked(kind: str) -> list[tuple[str, str]]:
    return [
        (text.id, text.text[p.start : p.end]) for text in ALL for p in text.places if p.type == kind
    ]


def test_unmark_gives_places_of_the_text_without_marks() -> None:
    text, places, optional = unmark("bel [PERSON:Jan] op [PHONE:06-1] of [?EMAIL:a@b.nl] 🙂")
    assert text == "bel Jan op 06-1 of a@b.nl 🙂"
    assert [text[p.start : p.end] for p in places] == ["Jan", "06-1"]
    assert [(p.type, text[p.start : p.end]) for p in optional] == [("EMAIL", "a@b.nl")]


@pytest.mark.parametrize("part", PARTS)
def test_split_each_part_holds_its_own(part: str) -> None:
    texts = read_annotated(part)
    assert {part_of(text.id) for text in texts} == {part}
    assert all(text.id[:2] == text.language for text in texts)


def test_texts_no_text_and_no_number_twice() -> None:
    assert len({text.id for text in ALL}) == len(ALL)
    twice = Counter(" ".join(text.text.lower().split()) for text in ALL)
    assert max(twice.values()) == 1


def test_texts_every_type_is_known_and_occurs() -> None:
    known = set(load_registry().placeholders)
    found = {place.type for text in ALL for place in text.places}
    assert found == known
    assert {place.type for text in ALL for place in text.optional} <= known


def test_texts_no_mark_is_left_over() -> None:
    left = [text.id for text in ALL if re.search(r"\[\??[A-Z_]+:|#special|\][a-z]*:", text.text)]
    assert left == []


def test_places_hold_no_title_and_no_blank_at_an_edge() -> None:
    wrong = [
        text.id
        for text in ALL
        for place in text.places
        if (value := text.text[place.start : place.end]) != value.strip()
        or (place.type == "PERSON" and TITLE.match(value))
        or not value
    ]
    assert wrong == []


CHECKS: dict[str, Callable[[str], bool]] = {
    "IBAN": lambda value: iban.is_valid(value, check_country=False),
    "BSN": lambda value: bsn.is_valid(re.sub(r"\D", "", value)),
    "CREDIT_CARD": lambda value: luhn.is_valid(re.sub(r"\D", "", value)),
    "VAT_NUMBER": lambda value: value[:2].upper() != "NL" or btw.is_valid(value),
    "COMPANY_ID": lambda value: len(re.sub(r"\D", "", value)) == 8,
    "EMAIL": lambda value: bool(re.search(r"@| at |\(at\)|\[at\]|apenstaart", value)),
    "PHONE": lambda value: len(re.sub(r"\D", "", value)) >= 6,
}


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_places_with_a_check_pass_it(kind: str) -> None:
    assert [name for name, value in marked(kind) if not CHECKS[kind](value)] == []


def test_phones_most_are_possible_numbers() -> None:
    # drama numbers and some sloppy ones are not; a wrong offset would show in most of them
    possible = [
        phonenumbers.is_possible_number(phonenumbers.parse(value, "NL"))
        for _, value in marked("PHONE")
        if re.fullmatch(r"[+\d][\d .()/-]+", value)
    ]
    assert sum(possible) > 0.85 * len(possible)


def test_texts_are_as_many_and_as_varied_as_promised() -> None:
    counts = Counter(text.language for text in ALL)
    assert counts["nl"] >= 300
    assert counts["en"] >= 150
    plain = [text for text in ALL if not text.places]
    assert len(plain) >= 0.3 * len(ALL)
    assert word_count(text.text for text in plain) >= 3_000
    assert {part_of(text.id) for text in ALL if text.special} == set(PARTS)
