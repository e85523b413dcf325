"""Names over a slash and behind a title in the plural, fields of forms, and accounts of persons."""

from __future__ import annotations

import pytest

from pii_rules.recognizers.account_names import accounts
from pii_rules.recognizers.labelled_names import labelled
from pii_rules.recognizers.name_pairs import paired, slashed
from pii_rules.recognizers.scan import TaggedName, TextScan


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("de heren Bakker en De Wit tekenen", ["Bakker", "De Wit"]),
        ("Dames Kroon, Prins en van Dam", ["Kroon", "Prins", "van Dam"]),
        ("Messrs. Hook and O'Dowd sign", ["Hook", "O'Dowd"]),
        ("de heren komen", []),
        ("Heren en Dames", []),
        ("herenfietsen Batavus en Koga", []),
    ],
)
def test_paired_surnames_behind_a_title_in_the_plural(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in paired(TextScan(text))] == found


@pytest.mark.parametrize(
    ("text", "first", "last", "found"),
    [
        ("Marieke/Tom belden", 0, 0, ["Tom"]),
        ("met Marieke/Tom", 2, 2, ["Marieke"]),
        ("Marieke / Tom", 0, 0, []),
        ("Marieke/HR", 0, 0, []),
        ("Marieke/balie", 0, 0, []),
        ("Marieke Smit/Tom", 0, 1, []),
    ],
)
def test_slashed_given_name_beside_a_name_of_one_word(
    text: str, first: int, last: int, found: list[str]
) -> None:
    scan = TextScan(text)
    places = slashed(scan, [TaggedName(first, last, 5_000)])
    assert [scan.words[place] for place in places] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("achternaam: quaadvliegh", ["quaadvliegh"]),
        ("Naam kind: jaylinho\nleeftijd: 6", ["jaylinho"]),
        ("name on card: l a blenkharn", ["l a blenkharn"]),
        ("voorletters: h.j.m.", ["h.j.m."]),
        ("terug op rekening tnv quaadvliegh", ["quaadvliegh"]),
        ("naam: de groot", ["de groot"]),
        ("naam: nvt", []),
        ("naam: zie boven", []),
        ("naam: Bakkerij Smit", []),
        ("tnv Stg. De Brug", []),
        ("tnv de penningmeester", []),
        ("tnv WSV De Zeearend", []),
        ("company name: blenkharn", []),
        ("surname: required", []),
    ],
)
def test_labelled_answer_of_a_field_for_a_name(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in labelled(TextScan(text))] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Gebruiker p.dejong kan niet inloggen", ["p.dejong"]),
        ("mailbox van j.devries is vol", ["j.devries"]),
        ("raised by: anna.smit", ["anna.smit"]),
        ("user manual.pdf", []),
        ("mailbox van j.devries@example.nl", []),
        ("account p.dejong.example", []),
        ("versie p.dejong", []),
    ],
)
def test_accounts_made_of_a_name(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in accounts(TextScan(text))] == found
