"""Initials in place of a name: what they look like, and where they are certain."""

from __future__ import annotations

import pytest

from pii_rules.recognizers.lexicon import lexicon
from pii_rules.recognizers.monograms import initials_of, is_monogram, noted, signed
from pii_rules.recognizers.persons import PersonRecognizer
from pii_rules.recognizers.scan import TaggedName, TextScan


@pytest.mark.parametrize(
    ("word", "known"),
    [("JB", True), ("MdV", True), ("AvB", True), ("HR", False), ("KPN", False), ("Jan", False),
     ("J", False), ("PDF", False), ("McGregor", False)],
)  # fmt: skip
def test_is_monogram_shape_and_departments(word: str, known: bool) -> None:
    assert is_monogram(word, lexicon().features(word)) is known


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("JB 12/3: gebeld. MdV 14-03-2025: akkoord", ["JB", "MdV"]),
        ("gebeld\n3/4 JB: akkoord", ["JB"]),
        ("HR 12/3: gebeld", []),
        ("factuur JB 12/3: betaald", []),
        ("JB 12: gebeld", []),
    ],
)
def test_noted_initials_beside_the_date_of_a_note(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in noted(TextScan(text))] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ze wil korting, ik heb nee gezegd. TK", ["TK"]),
        ("customer rang twice, told her friday! MdV", ["MdV"]),
        ("ze wil korting, ik heb nee gezegd. HR", []),
        ("stuur het contract per mail naar TK", []),
        ("PDF gemaild, klant leest het morgen. TK", []),
        ("is akkoord. TK", []),
    ],
)
def test_signed_initials_close_a_note(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in signed(TextScan(text))] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Anna Bakker (AB) wordt trekker, AB belt", ["AB", "AB"]),
        ("Anna Bakker (XY)", []),
        ("Anna Bakker, kenmerk 2025/AB", []),
    ],
)
def test_initials_of_names_of_the_text(text: str, found: list[str]) -> None:
    scan = TextScan(text)
    assert [scan.words[place] for place in initials_of(scan, [TaggedName(0, 1, 5_000)])] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Graag antwoord.\n\nGroet,\nJB", ["JB"]),
        ("Graag antwoord.\n\nGroet,\nHR", []),
        ("Opgezegd: Verbeek, mw. J.C., per mei", ["Verbeek, mw. J.C."]),
        ("sleutel bij Mr. J. Pickles, nr 14", ["J. Pickles"]),
        ("bel T 020 5550118", []),
    ],
)
def test_person_recognizer_initials_of_signatures_and_lists(text: str, found: list[str]) -> None:
    spans = {(f.start, f.end) for f in PersonRecognizer("nl").find(TextScan(text))}
    outer = [s for s in spans if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in spans)]
    assert [text[a:b] for a, b in sorted(outer)] == found
