"""Matching and figures: what counts as found, what counts neither way, and that draws repeat."""

from __future__ import annotations

import pytest

from evaluation.annotated import Annotated, unmark
from evaluation.matching import Counts, match
from evaluation.misses import count_misses, count_wrong, describe
from evaluation.scoring import ALL, Figure, score_set
from evaluation.sets import held_out_texts, sample_texts
from pipelines.privacy.spans import Span


def text_of(marked: str, language: str = "nl") -> Annotated:
    text, places, optional = unmark(marked)
    return Annotated("nl-000", language, "note", text, places, optional)


def span(text: Annotated, value: str, kind: str) -> Span:
    start = text.text.index(value)
    return Span(start, start + len(value), kind, 0.9)


def test_match_equal_place_is_strict_and_overlap() -> None:
    text = text_of("bel [PERSON:Jan Smit] nu")
    assert match(text, [span(text, "Jan Smit", "PERSON")]).by_type["PERSON"] == Counts(1, 1, 1, 1)


@pytest.mark.parametrize(
    ("value", "overlap", "covered"),
    [("Jan", 0, 3), ("Smit", 1, 4), ("bel Jan Smit", 1, 8), ("bel Jan Smit nu meteen op", 0, 8)],
)
def test_match_part_counts_from_half_of_both(value: str, overlap: int, covered: int) -> None:
    text = text_of("bel [PERSON:Jan Smit] nu meteen op")
    matched = match(text, [span(text, value, "PERSON")])
    assert matched.by_type["PERSON"] == Counts(1, 1, 0, overlap)
    assert matched.covered_personal_characters == covered
    assert len(matched.missed) == 1 - overlap


def test_match_other_type_covers_characters_and_is_missed() -> None:
    text = text_of("bel [PERSON:Assen] nu")
    matched = match(text, [span(text, "Assen", "CITY")])
    assert matched.by_type == {"PERSON": Counts(true=1), "CITY": Counts(found=1)}
    assert matched.covered_personal_characters == matched.personal_characters == 5


def test_match_equivalent_name_of_a_type_is_the_same_type() -> None:
    text = text_of("bel [PHONE:06-12345678]")
    found = [span(text, "06-12345678", "PHONE_NUMBER")]
    assert match(text, found).by_type == {"PHONE": Counts(1, 1, 1, 1)}


def test_match_optional_place_counts_neither_way() -> None:
    text = text_of("mail [?EMAIL:info@firma.example] of [PERSON:Jan]")
    missed, found = match(text, []), match(text, [span(text, "info@firma.example", "EMAIL")])
    assert missed.by_type == found.by_type == {"PERSON": Counts(true=1)}
    assert found.covered_characters == 0


def test_match_two_findings_in_one_place_one_is_false() -> None:
    text = text_of("van [PERSON:Jansen] hier")
    found = [span(text, "Jansen", "PERSON"), span(text, "Janse", "PERSON")]
    assert match(text, found).by_type["PERSON"] == Counts(1, 2, 1, 1)


def test_wrong_findings_are_told_by_what_stands_there() -> None:
    text = text_of("de heer [PERSON:Jan Smit] uit [CITY:Assen] belt")
    plain = text_of("de ketel belt")
    found = [span(text, "Smit uit Assen belt", "PERSON"), span(text, "Assen", "PHONE")]
    found.append(span(text, "heer", "URL"))
    wrong = count_wrong(
        [text, plain], [match(text, found), match(plain, [span(plain, "ketel", "PERSON")])]
    )
    assert {(w.type, w.fate) for w in wrong} == {
        ("PERSON", "too much or too little of a true one"),
        ("PHONE", "something personal of another type"),
        ("URL", "nothing, beside true ones"),
        ("PERSON", "nothing, in a text without personal data"),
    }


def test_match_alarms_only_in_texts_without_personal_data() -> None:
    plain, other = text_of("een twee drie"), text_of("een [PERSON:Jan] drie")
    assert match(plain, [span(plain, "twee", "PERSON")]).alarms == 1
    assert match(plain, []).plain_words == 3
    assert match(other, [span(other, "drie", "PERSON")]).alarms == 0


def test_score_set_figures_follow_from_the_counts_and_repeat() -> None:
    text = text_of("[PERSON:Jan] en [PERSON:Piet]")
    one = match(text, [span(text, "Jan", "PERSON"), span(text, "en", "PERSON")])
    score = score_set([one] * 4)
    whole = score.types[ALL]
    assert (whole.true, whole.found) == (8, 8)
    assert whole.recall == whole.precision == whole.f2 == Figure(0.5, 0.5, 0.5)
    assert score.character_recall.value == pytest.approx(3 / 7, abs=1e-4)
    assert score.alarms_per_1000_words == Figure(None)
    mixed = [one, match(text, [])] * 10
    assert score_set(mixed) == score_set(mixed)
    low, high = score_set(mixed).types[ALL].recall[1:]
    assert low is not None
    assert high is not None
    assert low < 0.25 < high


def test_misses_are_classes_without_the_text() -> None:
    text = text_of("mevr [PERSON:van zandvliet] belde over [IBAN:NL91 ABNA 0417 1643 00]")
    missed = count_misses([text], [match(text, [])], [[]])
    assert {m.kind for m in missed} == {
        "lower case, with infix, behind a title",
        "with blanks, in running text" if text.text[-1] != "0" else "with blanks, at the end",
    }
    assert not any(word in str(missed) for word in ("zandvliet", "ABNA"))


@pytest.mark.parametrize(
    ("marked", "kind"),
    [
        ("[PERSON:Vries, J.] belt", "surname first, at the beginning"),
        ("groet\n[PERSON:p.]\n", "lower case, one or two letters, alone on a line"),
        (
            "Naam: [PERSON:J.P. Öz-Smit] hier",
            "initials, hyphen, letters with marks, behind a label",
        ),
        ("met [PERSON:Jan Smit] gebeld", "several words, in running text"),
    ],
)
def test_describe_tells_form_and_surroundings(marked: str, kind: str) -> None:
    text = text_of(marked)
    assert describe(text.text, text.places[0]) == kind


def test_written_sets_are_the_same_twice_and_of_two_languages() -> None:
    held_out = held_out_texts()
    assert held_out == held_out_texts()
    assert {t.language for t in held_out} == {"nl", "en"}
    assert all(t.text[p.start : p.end].strip() for t in held_out for p in t.places)
    assert {t.text for t in held_out}.isdisjoint(t.text for t in sample_texts() if t.places)
