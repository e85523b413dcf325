"""Persons whom a record is about are known in its texts, however they are written."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.privacy.known_persons import NOBODY, KnownPersons, PersonMatcher, TaggedSpan
from pipelines.privacy.name_sketches import (
    TOKEN_BYTES,
    SketchKey,
    parts,
    tokens_of,
)
from pipelines.privacy.named_places import NOTHING, Clues, Groups
from pipelines.privacy.redaction import redact_tagged
from pipelines.privacy.spans import Span
from pipelines.privacy.text_words import TextWords

KEY = SketchKey(b"k" * 32)
MATCHER = PersonMatcher(KEY)
QUIRINA = {
    "contact_id": "K-100234",
    "first_name": "Quirina",
    "infix": None,
    "last_name": "Verborgen",
    "email": "q.verborgen@voorbeeld.example",
    "phone": "+31 6 12345678",
    "iban": "NL91 ABNA 0417 1643 00",
    "birth_date": date(1980, 1, 2),
    "postcode": "1234 AB",
    "street": "Op den Kamp",
    "house_number": "4",
}
PIETER = {"full_name": "Pieter van der Berg"}
KNOWN = KnownPersons(KEY.sketch(QUIRINA), [KEY.sketch(PIETER)])


def tagged(text: str, *found: tuple[str, str]) -> list[TaggedSpan]:
    spans = [Span(text.index(v), text.index(v) + len(v), kind, 0.8) for v, kind in found]
    return MATCHER.tag(text, spans, KNOWN)


def values(text: str, *found: tuple[str, str]) -> list[tuple[str, str]]:
    return [(text[t.start : t.end], t.party) for t in tagged(text, *found)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Gesproken met Quirina Verborgen", "Quirina Verborgen"),
        ("gesproken met quirina verborgen", "quirina verborgen"),
        ("GESPROKEN MET QUIRINA VERBORGEN", "QUIRINA VERBORGEN"),
        ("brief aan Q. Verborgen", "Q. Verborgen"),
        ("brief aan mevr. verborgen", "verborgen"),
        ("Verborgen belt terug", "Verborgen"),
        ("dossier Verborgen, Quirina", "Verborgen"),
        ("Verborgen's dossier en Quirina's fiets", "Quirina"),
        ("terugbellen: Quirna Verborgen", "Quirna Verborgen"),  # a letter missing
        ("terugbellen: Quirrina", "Quirrina"),  # one too many
        ("terugbellen: Qiurina", "Qiurina"),  # two changed places
        ("terugbellen: Quirima", "Quirima"),  # another letter
        ("terugbellen: Qui\u200brina", "Qui\u200brina"),
        ("bel 06 1234 5678 om drie uur", "06 1234 5678"),
        ("bel 0031612345678 om", "0031612345678"),
        ("woont op den kamp 4", "op den kamp 4"),
        ("op 1234ab geleverd", "1234ab"),
        ("klant k-100234 om", "k-100234"),
        ("is van 2-1-1980 toch", "2-1-1980"),
    ],
)
def test_subject_is_found_without_a_detector(text: str, value: str) -> None:
    assert (value, "subject") in values(text)


@pytest.mark.parametrize(
    "text",
    [
        "het is verborgen gebleven",
        "Verborgen gebreken zijn uitgesloten",
        "Quinoa en Quirijn",
        "nummer 0612345679 en 1235 AB, op den kamp 5",
        "de berg op",
        "",
    ],
)
def test_words_that_are_no_name_here_are_left_alone(text: str) -> None:
    assert values(text) == []


def test_another_of_the_same_surname_is_a_third_party() -> None:
    text = "Piet Verborgen (haar broer)"
    assert values(text, ("Piet", "PERSON")) == [("Piet Verborgen", "third_party")]


def test_detector_and_known_name_make_one_place() -> None:
    text = "Gesproken met Quirina Verborgen"
    assert values(text, ("Quirina", "PERSON")) == [("Quirina Verborgen", "subject")]


def test_contact_of_the_account_is_known_by_a_bare_surname() -> None:
    (place,) = tagged("overleg met van der Berg over de prijs")
    assert (place.party, place.person) == ("third_party", 1)


def test_ij_and_y_are_one_letter() -> None:
    known = KnownPersons(KEY.sketch({"full_name": "Ubbo Zwartendijk"}))
    assert [p.party for p in MATCHER.tag("met Zwartendyk", [], known)] == ["subject"]


def test_nobody_known_leaves_all_to_third_parties() -> None:
    for known in (None, KnownPersons(b"")):
        (place,) = MATCHER.tag("Jan belt", [Span(0, 3, "PERSON", 0.9)], known)
        assert (place.party, place.person) == ("third_party", NOBODY)


def test_redacted_text_can_still_be_followed() -> None:
    text = (
        "Quirina Verborgen belt met Sanne de Boer. Sanne vraagt Pieter; Van der Berg stuurt "
        "Quirina een mail op q.verborgen@voorbeeld.example. S. de Boer akkoord."
    )
    places = tagged(
        text,
        ("Sanne de Boer", "PERSON"),
        ("S. de Boer", "PERSON"),
        ("q.verborgen@voorbeeld.example", "EMAIL"),
    )
    second = text.index("Sanne vraagt")
    spans = [*(p.span for p in places), Span(second, second + 5, "PERSON", 0.8)]
    assert redact_tagged(text, MATCHER.tag(text, spans, KNOWN)) == (
        "<CUSTOMER> belt met <PERSON_1>. <PERSON_1> vraagt <PERSON_2>; <PERSON_2> stuurt "
        "<CUSTOMER> een mail op <CUSTOMER>. <PERSON_1> akkoord."
    )


def test_redact_many_different_names_takes_no_square_of_the_time() -> None:
    names = [
        f"Naam{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)} Jansen"
        for i in range(9_000)
    ]
    text = " ".join(names)
    spans, at = [], 0
    for name in names:
        spans.append(Span(at, at + len(name), "PERSON", 0.9))
        at += len(name) + 1
    assert redact_tagged(text, MATCHER.tag(text, spans, None)).count("<PERSON_") == 9_000


def test_sketch_holds_nothing_of_the_name_and_depends_on_the_key() -> None:
    sketch = KEY.sketch(QUIRINA)
    assert len(sketch) == TOKEN_BYTES * len(set(tokens_of(sketch)))
    assert set(tokens_of(sketch)).isdisjoint(tokens_of(SketchKey(b"o" * 32).sketch(QUIRINA)))
    assert KEY.sketch({}) == b""
    assert "k" * 8 not in repr(KEY)


@pytest.mark.parametrize(
    ("row", "given", "family"),
    [
        ({"full_name": "Jan Willem de Boer"}, {"jan", "willem"}, {"boer"}),
        ({"full_name": "Boer, Jan-Willem de"}, {"jan", "willem"}, {"boer"}),
        ({"full_name": "Anna Maria Smit"}, {"anna", "maria"}, {"maria", "smit"}),
        ({"first_name": "Zoë", "infix": "van", "last_name": "'t Hart-Öz"}, {"zoe"}, {"hart", "oz"}),
        ({"full_name": "Cher"}, set(), {"cher"}),
    ],
)
def test_parts_of_names(row: dict[str, str], given: set[str], family: set[str]) -> None:
    found = list(parts(row))
    assert {v for t, v in found if t == "given"} == given
    assert {v for t, v in found if t == "family"} == family


@settings(deadline=None)
@given(st.text("abcde", min_size=5, max_size=9), st.data())
def test_one_slip_is_known_and_two_are_not(word: str, data: st.DataObject) -> None:
    known = KnownPersons(KEY.sketch({"last_name": f"x{word}x"}))
    word = f"x{word}x"
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdx"))
    for slip in (
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
    ):
        assert MATCHER.hit(slip, known) is not None
    assert MATCHER.hit(word[:place] + "qq" + word[place + 2 :], known) is None


@settings(deadline=None)
@given(st.text("Quirina Verborgen\u0301\u200b🙂0612345678.\r\n'-\u202e", max_size=60))
def test_places_hold_whatever_the_text(text: str) -> None:
    places = MATCHER.tag(text, [], KNOWN)
    assert all(0 <= p.start < p.end <= len(text) for p in places)
    assert all(a.end <= b.start for a, b in pairwise(places))


def test_text_of_a_megabyte_takes_time_in_proportion() -> None:
    """A square of the time would take minutes; the places at the end are found and hold."""
    line = "op den kamp 5 en Kerkstraat 12, bel 0611111111, Jan Smit \u0430\u200bb 2-3-1999 🙂\r\n"
    text = line * 14_000 + "tot zover Quirina Verborgen, op den kamp 4"
    places = MATCHER.tag(text, [], KNOWN)
    assert [text[p.start : p.end] for p in places] == ["Quirina Verborgen", "op den kamp 4"]


PIECES = st.sampled_from(
    [
        "Quirina", "quirina", "Verborgen", "verborgn", "Verborgenstraat", "Pieter van der Berg",
        "mevr. Verborgen", "dat2Quirina", "Pi\u0435ter", "de klant", "belt", "06-12345678",
        "0612345678 om", "12 34 56 78", "1234 AB", "2-1-1980", "Op den Kamp 4", "den kamp 4 a",
        "K-100234", "NL91 ABNA 0417 1643 00", "q.verborgen@voorbeeld.example", "om 10 uur", ". ",
        "\n", "-", "\u200b", "0" * 20, "a" * 90,
    ]
)  # fmt: skip
TEXTS = st.lists(st.lists(PIECES, max_size=12).map(" ".join), min_size=1, max_size=4)


@settings(deadline=None)
@given(TEXTS, st.data())
def test_clues_of_many_texts_give_what_a_look_at_each_gives(
    texts: list[str], data: st.DataObject
) -> None:
    quirina, pieter = KEY.sketch(QUIRINA), KEY.sketch(PIETER)
    persons = {
        (-1, -1): None,
        (0, -1): KnownPersons(quirina),
        (-1, 1): KnownPersons(b"", [quirina, pieter]),
        (0, 1): KNOWN,
    }
    groups = [data.draw(st.sampled_from(list(persons))) for _ in texts]
    words = TextWords(pl.Series(texts, dtype=pl.String))
    held = [(0, quirina), (1, quirina), (1, pieter)]
    clues = MATCHER.clues(words, Groups(*zip(*groups, strict=True)), held)
    for place, (text, group) in enumerate(zip(texts, groups, strict=True)):
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        spans = [Span(start, end, data.draw(st.sampled_from(["PERSON", "PHONE", "EMAIL"])), 0.8)]
        clue = None if place in words.strange else clues.get(place, NOTHING)
        known = persons[group]
        assert MATCHER.tag(text, spans, known, clue) == MATCHER.tag(text, spans, known)


def test_texts_that_name_nobody_have_no_clue() -> None:
    texts = ["mevr. verborgn belt, dat2Quirina", "niets van dien aard", "wel 0612345678", ""]
    groups = Groups([0, 0, 0, 0], [-1, -1, -1, -1])
    clues = MATCHER.clues(TextWords(pl.Series(texts)), groups, [(0, KEY.sketch(QUIRINA))])
    assert clues == {
        0: Clues(frozenset(("verborgn", "Quirina")), ()),
        2: Clues(frozenset(), ((4, 14, "phone"),)),
    }
