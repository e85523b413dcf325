"""Mentions come in the one normal form that blind indexes are made of."""

from __future__ import annotations

from pipelines.privacy.detector import PresidioDetector
from pipelines.privacy.mentions import mention_identifiers, own_mentions, third_party_mentions
from pipelines.privacy.spans import Span

TEXT = (
    "Gebeld met Jan de Vries (06-12345678, Jan.deVries@Example.nl), rekening NL91 ABNA 0417 1643 00. "
    "Jan de Vries zegt dat Sanne meekijkt. Kerkstraat 12, 1234 AB Utrecht"
)


def test_mentions_are_normal_forms_each_once_in_order() -> None:
    spans = PresidioDetector().detect([TEXT])[0]
    assert mention_identifiers(TEXT, spans) == [
        ("name", "vries|j"),
        ("phone", "+31612345678"),
        ("email", "jan.devries@example.nl"),
        ("iban", "NL91ABNA0417164300"),
    ]


def test_mentions_bare_given_name_and_other_types_are_none() -> None:
    spans = [Span(0, 5, "PERSON", 0.9), Span(6, 20, "ADDRESS", 0.9)]
    assert mention_identifiers("Sanne Kerkstraat 12a", spans) == []


def test_mentions_initials_and_inverted_names_agree() -> None:
    for name in (
        "Jan v Vries",
        "Jan vd Vries",
        "Jan v.d. Vries",
        "J. de Vries",
        "J.P. de Vries",
        "Vries, Jan de",
        "jan de vries",
    ):
        assert mention_identifiers(name, [Span(0, len(name), "PERSON", 1)])[0][1].startswith(
            "vries|"
        )


def test_own_and_third_party_mentions_divide_all() -> None:
    mentions = [("email", "a@example.nl"), ("name", "vries|j")]
    own = {("email", "a@example.nl"), ("phone", "+31612345678")}
    assert own_mentions(mentions, own) == [("email", "a@example.nl")]
    assert third_party_mentions(mentions, own) == [("name", "vries|j")]
