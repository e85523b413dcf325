"""The truth: spans stand where they say, identifiers and persons are all told."""

from __future__ import annotations

import re
from collections import Counter

import polars as pl

from pipelines.sample import read_spans, text_digest
from tests.sample.conftest import Delivery

COLUMNS = {
    ("interactions", "subject"): (("contactmomenten",), "Nr", "Onderwerp"),
    ("interactions", "body"): (("contactmomenten",), "Nr", "Verslag"),
    ("tasks", "title"): (("taken",), "Taaknr", "Titel"),
    ("consents", "evidence"): (("toestemmingen",), "Nr", "Bewijs"),
    ("tickets", "subject"): (("tickets", "portal_tickets"), "id", "subject"),
    ("tickets", "body"): (("tickets", "portal_tickets"), "id", "description"),
    ("ticket_events", "body"): (("ticket_events",), "id", "body"),
    ("surveys", "comment"): (("surveys", "portal_surveys"), "id", "comment"),
    ("web_events", "search_term"): (("web_events",), "event_id", "search_term"),
}
SHAPES = {
    "EMAIL": r"[^@\s]+@[a-z0-9.-]+\.(example|com|net|org)",
    "PHONE": r"[+(]?\d[\d ()+-]{8,18}\d",
    "IBAN": r"(?i)nl\d\d ?[a-z]{4}[\d ]{10,14}",
    "BSN": r"\d{9}|\d{4}\.\d\d\.\d{3}",
    "POSTCODE": r"\d{4} ?[A-Z]{2}",
    "ADDRESS": r".+ \d+a?",
    "LICENCE_PLATE": r"[A-Z0-9-]{6,8}",
    "CUSTOMER_NUMBER": r"[KW]\d+",
    "IP_ADDRESS": r"[0-9a-f.:]+",
    "URL": r"https://\S+",
    "DATE_OF_BIRTH": r"\d{1,2}[-/ ].+[-/ ]\d{2,4}",
    "PERSON": r"\S(.*\S)?",
    "CITY": r"\S(.*\S)?",
}


def _texts(delivery: Delivery) -> dict[tuple[str, str, str], str]:
    found = {}
    for (entity, column), (stems, key, name) in COLUMNS.items():
        for stem in stems:
            for record, text in delivery.rows(stem).select(key, name).iter_rows():
                if text is not None:
                    found[entity, record, column] = text
    return found


def test_spans_stand_where_they_say(delivery: Delivery) -> None:
    texts, types = _texts(delivery), Counter[str]()
    seen = 0
    for line in read_spans(delivery.folder / "truth"):
        text = texts[line["entity"], line["record_id"], line["column"]]
        assert line["digest"] == text_digest(text)
        end = 0
        for span in line["spans"]:
            value = text[span["start"] : span["end"]]
            assert span["start"] >= end, "spans follow one another"
            end = span["end"]
            assert re.fullmatch(SHAPES[span["type"]], value), span["type"]
            assert value == value.strip()
            types[span["type"]] += 1
        seen += 1
    assert seen == delivery.summary.texts
    assert sum(types.values()) == delivery.summary.spans
    assert set(types) == set(SHAPES)


def test_texts_are_various_and_many_are_without_personal_data(delivery: Delivery) -> None:
    lines = list(read_spans(delivery.folder / "truth"))
    without = sum(not line["spans"] for line in lines) / len(lines)
    english = sum(line["language"] == "en" for line in lines) / len(lines)
    assert 0.35 < without < 0.65
    assert 0.15 < english < 0.35
    people = {s["person"] for line in lines for s in line["spans"]}
    assert {p[0] for p in people} == {"P", "U", "X"}, "subjects, staff and strangers"
    bodies = delivery.rows("contactmomenten")["Verslag"].drop_nulls()
    assert bodies.n_unique() > bodies.len() * 0.6


def test_every_text_of_a_system_is_in_the_truth(delivery: Delivery) -> None:
    told = {
        (s["entity"], s["record_id"], s["column"]) for s in read_spans(delivery.folder / "truth")
    }
    automatic = "We hebben uw bericht ontvangen"
    for place, text in _texts(delivery).items():
        spoiled = re.search(r"-\d+$", place[1]) is not None
        assert place in told or spoiled or text.startswith(automatic)


def test_identifiers_tell_every_value_of_the_columns(delivery: Delivery) -> None:
    told = delivery.truth("identifiers")
    by_kind = {str(k[0]): set(g["value"]) for k, g in told.group_by("kind")}
    contacts = delivery.rows("contactpersonen")
    assert set(contacts["E-mail"].drop_nulls()) <= by_kind["email"]
    assert set(contacts["Mobiel"].drop_nulls()) <= by_kind["phone"]
    assert set(contacts["BSN"].drop_nulls()) <= by_kind["national_id"]
    assert set(contacts["IBAN"].drop_nulls()) <= by_kind["iban"]
    full = contacts.select(
        pl.concat_str("Voornaam", "Tussenvoegsel", "Achternaam", separator=" ", ignore_nulls=True)
    ).to_series()
    assert set(full) <= by_kind["name"]
    assert set(delivery.rows("customers")["email"].drop_nulls()) <= by_kind["email"]
    assert {"column", "text"} == set(told["origin"])


def test_persons_tell_who_is_in_several_systems(delivery: Delivery) -> None:
    persons = delivery.truth("persons").filter(pl.col("entity") == "contacts")
    assert persons.height == delivery.summary.records_of_persons
    assert persons.select("source", "record_id").n_unique() == persons.height
    sources = persons.group_by("person_id").agg(pl.col("source").sort())
    in_both = sources.filter(
        pl.col("source").list.contains("crm") & (pl.col("source").list.len() > 1)
    )
    in_crm = persons.filter(pl.col("source") == "crm").height
    assert 0.04 < in_both.height / in_crm < 0.2
