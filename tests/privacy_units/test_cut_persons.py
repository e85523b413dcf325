"""Erased persons are cut out of texts of others, and nobody else is."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence

import pytest

from pipelines.common.normalise import address_key, is_half_name, name_parts, number_key
from pipelines.privacy.cut_persons import PersonCutter
from pipelines.privacy.known_persons import PersonMatcher
from pipelines.privacy.mentions import full_name_mention, split_at_comma, told_mentions
from pipelines.privacy.name_sketches import SketchKey
from pipelines.privacy.spans import Span
from pipelines.vault.sketches import NEAR_KIND, SKETCH_KIND, Around
from pipelines.vault.subjects import Pair

KEY = SketchKey(b"k" * 32)
MATCHER = PersonMatcher(KEY)
ELKE = KEY.sketch({"full_name": "Elke Zevenstra", "phone": "06-12345678"})
OTHER = 7


def blind(kind: str, value: str) -> bytes:
    return hashlib.blake2b(f"{kind}|{value}".encode(), digest_size=8).digest()


def pair(kind: str, value: str) -> Pair:
    return kind, blind(kind, value)


NAME, PART = pair("name", "zevenstra|e"), pair("part", "elke")


class Marked:
    """A detector that finds what a test says."""

    version = "marked"

    def __init__(self, found: Mapping[str, str]) -> None:
        self._found = found

    def detect(
        self, texts: Sequence[str], _languages: Sequence[str | None] | None = None
    ) -> list[list[Span]]:
        return [
            [
                Span(text.index(value), text.index(value) + len(value), kind, 0.9)
                for value, kind in self._found.items()
                if value in text
            ]
            for text in texts
        ]


def cut(
    text: str,
    found: Mapping[str, str],
    *pairs: Pair,
    own: bytes = b"",
    borne: Collection[Pair] = (),
) -> str:
    cutter = PersonCutter(blind, Marked(found), MATCHER)
    around = Around(own, lambda asked: {p: (OTHER,) for p in asked if p in borne})
    return cutter.cut({"body": text}, {*pairs, (SKETCH_KIND, ELKE)}, around)["body"]


def test_number_beside_a_name_that_goes_is_cut_with_it() -> None:
    found = {"Elke Zevenstra": "PERSON", "06-87654321": "PHONE"}
    assert cut("Bel Elke Zevenstra (06-87654321)", found, NAME) == "Bel […] ([…])"


@pytest.mark.parametrize(
    "text",
    [
        "Elke Zevenstra belde. Mijn nummer is 06-87654321",
        "Elke Zevenstra en Piet Bakker, 06-87654321",
        "Elke Zevenstra zou bellen en dat is niet gebeurd, mijn eigen nummer is 06-87654321",
    ],
)
def test_number_of_another_sentence_person_or_place_stays(text: str) -> None:
    found = {"Elke Zevenstra": "PERSON", "Piet Bakker": "PERSON", "06-87654321": "PHONE"}
    assert cut(text, found, NAME) == text.replace("Elke Zevenstra", "[…]")


def test_number_that_somebody_else_bears_stays() -> None:
    found = {"Elke Zevenstra": "PERSON", "06-87654321": "PHONE"}
    borne = [pair("phone", "+31687654321")]
    assert cut("Elke Zevenstra, 06-87654321", found, NAME, borne=borne) == "[…], 06-87654321"


def test_account_beside_a_name_is_another_persons() -> None:
    text = "Elke Zevenstra belt over rekening NL91ABNA0417164300"
    found = {"Elke Zevenstra": "PERSON", "NL91ABNA0417164300": "IBAN"}
    assert cut(text, found, NAME) == text.replace("Elke Zevenstra", "[…]")


def test_namesake_with_the_same_initial_stays() -> None:
    assert cut("Bel Eva Zevenstra", {"Eva Zevenstra": "PERSON"}, NAME) == "Bel Eva Zevenstra"
    assert cut("Bel E. Zevenstra", {"E. Zevenstra": "PERSON"}, NAME) == "Bel […]"
    full = pair("full_name", "zevenstra|elke")
    short = {"Elke v. Zevenstra": "PERSON"}
    assert cut("Bel Elke v. Zevenstra", short, NAME, full) == "Bel […]"


def test_whole_name_that_others_share_by_initial_is_cut_by_the_given_name() -> None:
    full = pair("full_name", "zevenstra|elke")
    found = {"Elke Zevenstra": "PERSON", "E. Zevenstra": "PERSON"}
    assert cut("Bel Elke Zevenstra", found, full) == "Bel […]"
    assert cut("Bel E. Zevenstra", found, full) == "Bel E. Zevenstra"


def test_infix_that_a_sketch_joins_to_a_name_changes_no_name() -> None:
    tol = KEY.sketch({"full_name": "Mink van Tol"})
    text, named = "Op naam van Mink v Tol zetten", {"Mink v Tol": "PERSON"}
    cutter = PersonCutter(blind, Marked(named), MATCHER)
    pairs = {pair("name", "tol|m"), pair("full_name", "tol|mink"), (SKETCH_KIND, tol)}
    made = cutter.cut({"body": text}, pairs, Around())["body"]
    assert made == "Op naam […] zetten"


def test_two_persons_in_one_place_are_told_apart() -> None:
    found, full = {"elke zevenstra, yvette": "PERSON"}, pair("full_name", "zevenstra|elke")
    assert cut("aanwezig: elke zevenstra, yvette.", found, NAME, full) == "aanwezig: […], yvette."
    found = {"Zevenstra, Elke": "PERSON", "Mulder Drost, Jan": "PERSON"}
    whole = pair("full_name", "mulder drost|jan")
    assert cut("Zevenstra, Elke en Mulder Drost, Jan", found, NAME, full, whole) == "[…] en […]"


def test_half_name_is_cut() -> None:
    assert cut("verjaardag Elke, kaartje", {"Elke": "PERSON"}, PART) == "verjaardag […], kaartje"


def test_half_name_of_somebody_whom_the_text_names_stays() -> None:
    text = "Elke komt mee, gesproken met Elke de Boer"
    assert cut(text, {"Elke": "PERSON", "Elke de Boer": "PERSON"}, PART) == text
    found = {"Elke": "PERSON", "e.deboer@post.example": "EMAIL"}
    text, borne = "Elke, e.deboer@post.example", [pair("email", "e.deboer@post.example"), PART]
    assert cut(text, found, PART, borne=borne) == text


def test_half_name_of_the_records_own_subject_stays() -> None:
    own = KEY.sketch({"full_name": "Elke de Boer"})
    assert cut("Groet, Elke", {"Elke": "PERSON"}, PART, own=own) == "Groet, Elke"


def test_half_name_counts_by_itself_only_near_by() -> None:
    cutter = PersonCutter(blind, Marked({"Elke": "PERSON"}), MATCHER)
    texts = {"body": "Elke belt terug"}
    assert cutter.cut(texts, {(SKETCH_KIND, ELKE), pair("part", "jan")}, Around()) is texts
    near = cutter.cut(texts, {(NEAR_KIND, ELKE)}, Around())
    assert near == {"body": "[…] belt terug"}


def test_told_mentions_are_half_names_addresses_and_customer_numbers() -> None:
    text = "mevr. V.d. Ploeg en Jan Smit, Kerkstraat 12 A, klant K-100234"
    found = {
        "V.d. Ploeg": "PERSON", "Jan Smit": "PERSON", "Kerkstraat 12 A": "ADDRESS",
        "K-100234": "CUSTOMER_NUMBER",
    }  # fmt: skip
    (spans,) = Marked(found).detect([text])
    assert told_mentions(text, spans) == [
        ("part", "ploeg"), ("address", "kerkstraat 12a"), ("number", "k100234"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "is_half", "parts"),
    [
        ("Elke", True, ["elke"]),
        ("'t Hart", True, ["hart"]),
        ("van der Dijk", True, ["dyk"]),
        ("V.d. Ploeg", True, ["ploeg"]),
        ("Mulder-Drost", True, ["mulder", "drost"]),
        ("E. Zevenstra", False, ["zevenstra"]),
        ("van Mink v Tol", False, ["mink", "tol"]),
        ("van der Tol Mink", True, ["tol", "mink"]),
        ("Zevenstra, Elke", False, ["zevenstra", "elke"]),
        ("Elke van Zevenstra", False, ["elke", "zevenstra"]),
    ],
)
def test_half_names_are_told_from_whole_ones(name: str, is_half: bool, parts: list[str]) -> None:
    assert is_half_name(name) is is_half
    assert name_parts(name) == parts


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("jannie van houten, yvette", ["jannie van houten", "yvette"]),
        ("Zevenstra, Elke", []),
        ("van der Zevenstra, Elke", []),
        ("Elke Zevenstra", []),
        ("Elke Zevenstra,", []),
    ],
)
def test_place_of_two_persons_is_split_at_its_comma(name: str, parts: list[str]) -> None:
    split = split_at_comma(name, Span(0, len(name), "PERSON", 0.9))
    assert [name[s.start : s.end] for s in split] == parts


def test_full_name_needs_a_whole_given_name() -> None:
    assert full_name_mention("Jan de Vries") == ("full_name", "vries|jan")
    assert full_name_mention("Vries, Jan de") == ("full_name", "vries|jan")
    assert full_name_mention("J. de Vries") is None
    assert full_name_mention("Jan") is None
    assert full_name_mention("van Jan v Vries") == ("full_name", "vries|jan")
    assert full_name_mention("van Vries, Jan") == ("full_name", "vries|jan")


def test_address_and_number_need_what_makes_them_tell() -> None:
    assert address_key("P.C. Hooftstraat 12-b") == "hooftstraat 12b"
    assert address_key("Kerkstraat") is None
    assert address_key("12") is None
    assert number_key("K-1002") == "k1002"
    assert number_key("K-10") is None
