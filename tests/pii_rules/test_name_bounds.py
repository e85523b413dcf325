"""Where a tagged name stops, and which places bear no name."""

from __future__ import annotations

import pytest

from pii_rules.recognizers.name_bounds import generations, is_place, is_thing, parted
from pii_rules.recognizers.persons import PersonRecognizer
from pii_rules.recognizers.scan import TaggedName, TextScan


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Sanne de Vries", ["Sanne de Vries"]),
        ("Sanne, Piet", ["Sanne", "Piet"]),
        ("Jansen, Piet", ["Jansen, Piet"]),
        ("Vries, J. de", ["Vries, J. de"]),
        ("Ondergetekende, Maria Smit", ["Ondergetekende", "Maria Smit"]),
        ("Sanne: Piet", ["Sanne", "Piet"]),
        ("Sanne\nPiet", ["Sanne", "Piet"]),
        ("Sanne (Piet)", ["Sanne", "Piet"]),
        ("Sanne 12 Piet", ["Sanne", "Piet"]),
        ("Anna in Finance", ["Anna"]),
        ("Anna in 't Veld", ["Anna in 't Veld"]),
        ("Piet op de Berg", ["Piet op de Berg"]),
        ("QUAADVLIEGH, Anna", ["QUAADVLIEGH, Anna"]),
        ("Yilmaz, Deniz", ["Yilmaz, Deniz"]),
        ("Sanne van Unica", ["Sanne"]),
        ("Sanne van Dam", ["Sanne van Dam"]),
        ("rinske van de planning", ["rinske"]),
        ("Sjoukje, s j o", ["Sjoukje", "s j o"]),
        ('Piet "Pit" Smit', ['Piet "Pit" Smit']),
    ],
)
def test_parted_name_stops_where_another_begins(text: str, parts: list[str]) -> None:
    scan = TextScan(text)
    found = parted(scan, [TaggedName(0, len(scan.words) - 1, 5_000)])
    assert [text[scan.starts[n.first] : scan.ends[n.last]] for n in found] == parts


@pytest.mark.parametrize(
    ("text", "first", "last", "place"),
    [
        ("levering in Kent", 2, 2, True),
        ("levering aan Kent", 2, 2, False),
        ("vertrouwen in Sanne", 2, 2, False),
        ("aan St Mark's", 2, 2, True),
        ("Sint Jan", 1, 1, True),
        ("Rupert St. Smythe", 2, 2, False),
        ("het st Mark", 2, 2, False),
        ("namens Horst aan de Maas", 1, 4, True),
        ("namens Horst aan de Wal", 1, 4, False),
    ],
)
def test_is_place_towns_and_churches(text: str, first: int, last: int, place: bool) -> None:
    assert is_place(TextScan(text), TaggedName(first, last, 5_000)) is place


@pytest.mark.parametrize(
    ("text", "first", "last", "margin", "thing"),
    [
        ("boek van Harry Potter", 2, 3, 2_000, True),
        ("boek van Harry Pottering", 2, 3, 2_000, False),
        ("dicht op King's Day", 2, 3, 2_000, True),
        ("taart voor 12 Sara's", 2, 2, 2_000, True),
        ("kosten 12 Sara", 1, 1, 2_000, False),
        ("taart van Sara's", 2, 2, 2_000, False),
        ("via de Ringbaan", 1, 2, 2_000, True),
        ("hond Bella", 1, 1, 2_000, True),
        ("hond, Bella", 1, 1, 2_000, False),
        ("map piet_smit", 1, 1, 2_000, True),
        ("via de Ringbaan", 1, 2, 7_000, False),
        ("bel van Purmerend", 1, 2, 3_000, False),
        ("bel de Vries", 1, 2, 2_000, False),
        ("bel De Ringbaan", 1, 2, 2_000, False),
        ("kaas van Purmerend", 1, 2, 2_000, True),
        ("brief van Dijk", 1, 2, 2_000, False),
        ("prospect Hughes Dairy", 1, 1, 2_000, True),
        ("prospect Hughes dairy", 1, 1, 2_000, False),
        ("prospect Fox Haulage", 1, 2, 5_000, True),
        ("moved to Ashgrove House", 2, 3, 5_000, True),
        ("call Emma House", 1, 2, 5_000, False),
    ],
)
def test_is_thing_what_reads_as_a_name_and_is_nobody(
    text: str, first: int, last: int, margin: int, thing: bool
) -> None:
    assert is_thing(TextScan(text), TaggedName(first, last, margin)) is thing


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Verbeek jr. tekent", ["Verbeek"]),
        ("dan Van den Broek sr. en", ["Van den Broek"]),
        ("Verbeek junior tekent", ["Verbeek"]),
        ("een Developer junior gezocht", []),
        ("een developer jr. gezocht", []),
        ("Verbeek Junior College", []),
        ("jr. tekent", []),
    ],
)
def test_generations_name_before_junior(text: str, found: list[str]) -> None:
    scan = TextScan(text)
    assert [text[scan.starts[a] : scan.ends[b]] for a, b in generations(scan)] == found


def test_person_recognizer_takes_the_whole_name_where_the_tagger_sees_a_part() -> None:
    text = "collega Sem Groothedde belt"
    for tagged, whole in (([TaggedName(1, 1, 5_000)], True), ([], False)):
        scan = TextScan(text)
        scan.tagged = tagged
        found = {text[f.start : f.end] for f in PersonRecognizer("nl").find(scan)}
        assert ("Sem Groothedde" in found) is whole
