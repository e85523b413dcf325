"""Names of a text tell of one another: echoes of certain ones, and short words between two parts."""

from __future__ import annotations

import pytest

from pii_rules.recognizers.name_echoes import CERTAIN, bridged, echoes
from pii_rules.recognizers.scan import TaggedName, TextScan

SURE = CERTAIN + 1


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("Piet Kroon belde, later weer Kroon gesproken", (0, 1), ["Kroon"]),
        ("piet wazinski belt, wazinski is boos", (0, 1), ["wazinski"]),
        ("Gebeld met mevr. Terwisscha, daarna nog eens Terwisscha", (3, 3), ["Terwisscha"]),
        (
            "Terwisscha belde, daarna nog eens Terwisscha",
            (0, 0),
            [],
        ),  # neither title nor given name
        ("Piet Kroon belde over firma Kroon", (0, 1), []),
        ("Piet Kroon belde over Kroon Transport", (0, 1), []),
        ("Piet Kroon belde. Kroon is ook een munt", (0, 1), []),  # a word that opens a sentence
        ("piet bakker kent de bakker", (0, 1), []),
    ],
)
def test_echoes_certain_name_is_found_again(
    text: str, name: tuple[int, int], found: list[str]
) -> None:
    scan = TextScan(text)
    places = echoes(scan, [TaggedName(*name, SURE)])
    assert [scan.words[place] for place in places] == found


def test_echoes_doubtful_name_has_none() -> None:
    scan = TextScan("Piet Kroon belde, later weer Kroon gesproken")
    assert list(echoes(scan, [TaggedName(0, 1, CERTAIN - 1)])) == []


@pytest.mark.parametrize(
    ("text", "names", "joined"),
    [
        ("Xin Yi Chen", [(0, 0), (2, 2)], [(0, 2)]),
        ("Ortega y Villanueva", [(0, 0), (2, 2)], [(0, 2)]),
        ("Rupert St. Smythe", [(0, 0), (2, 2)], [(0, 2)]),
        ("Jan en Piet", [(0, 0), (2, 2)], [(0, 0), (2, 2)]),
        ("Jan, Bo, Piet", [(0, 0), (2, 2)], [(0, 0), (2, 2)]),
        ("Jan belt Piet", [(0, 0), (2, 2)], [(0, 0), (2, 2)]),
        ("Jan Smit", [(0, 0), (1, 1)], [(0, 0), (1, 1)]),
        ("Jan Smit - van Dam", [(0, 1), (2, 3)], [(0, 3)]),
        ("Jan - van Dam", [(0, 0), (1, 2)], [(0, 0), (1, 2)]),
        ("Jan Smit - Anna", [(0, 1), (2, 2)], [(0, 1), (2, 2)]),
    ],
)
def test_bridged_short_word_of_a_name_joins_its_parts(
    text: str, names: list[tuple[int, int]], joined: list[tuple[int, int]]
) -> None:
    scan = TextScan(text)
    found = bridged(scan, [TaggedName(first, last, SURE) for first, last in names])
    assert [(name.first, name.last) for name in found] == joined
