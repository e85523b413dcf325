"""Placeholders are typed and stable, offsets hold, nothing that a span covers is left."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.privacy.redaction import CUSTOMER, cut, redact
from pipelines.privacy.spans import Span, resolve

KINDS = ("PERSON", "EMAIL", "PHONE", "ADDRESS", "IBAN", "SOMETHING")
# letters that the placeholders do not have, so that a leak shows; and what shifts offsets
ALPHABET = "абвгд\u0301\u0308🙂👩\u200d👧\r\n\u202e\u0000 é"


def _span(text: str, value: str, kind: str, score: float = 0.9) -> Span:
    start = text.index(value)
    return Span(start, start + len(value), kind, score)


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(ALPHABET, max_size=60))
    places = st.integers(0, len(text))
    spans = draw(
        st.lists(
            st.builds(
                lambda a, b, kind, score: Span(min(a, b), max(a, b), kind, score),
                places, places, st.sampled_from(KINDS), st.sampled_from((0.4, 0.6, 0.9, 1.0)),
            ),
            max_size=8,
        )
    )  # fmt: skip
    return text, spans


def _uncovered(text: str, spans: list[Span]) -> str:
    covered = {p for s in spans for p in range(s.start, s.end)}
    return "".join(c for p, c in enumerate(text) if p not in covered)


@given(texts_with_spans())
def test_resolve_covers_all_without_overlap(case: tuple[str, list[Span]]) -> None:
    _, spans = case
    resolved = resolve(spans)
    assert resolved == sorted(resolved)
    assert all(a.end <= b.start for a, b in pairwise(resolved))
    before = {p for s in spans for p in range(s.start, s.end)}
    assert {p for s in resolved for p in range(s.start, s.end)} == before


@given(texts_with_spans())
def test_resolve_does_not_depend_on_order(case: tuple[str, list[Span]]) -> None:
    _, spans = case
    assert resolve(spans) == resolve(list(reversed(spans)))


@given(texts_with_spans())
def test_redact_leaves_only_what_no_span_covers(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    kept = [c for c in redact(text, spans) if c in ALPHABET]
    assert kept == list(_uncovered(text, spans))


@given(texts_with_spans())
def test_cut_leaves_only_what_no_span_covers(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    assert cut(text, spans).replace("[…]", "") == _uncovered(text, spans)


def test_redact_same_value_has_the_same_number() -> None:
    text = "Jan de Vries en Sanne Bakker; jan de vries mailt a@example.nl en A@example.nl"
    spans = [
        _span(text, "Jan de Vries", "PERSON"),
        _span(text, "Sanne Bakker", "PERSON"),
        _span(text, "jan de vries", "PERSON"),
        _span(text, "a@example.nl", "EMAIL"),
        _span(text, "A@example.nl", "EMAIL"),
    ]
    assert redact(text, spans) == (
        "<PERSON_1> en <PERSON_2>; <PERSON_1> mailt <EMAIL_1> en <EMAIL_1>"
    )


def test_redact_part_of_a_name_is_the_same_person_unless_two_bear_it() -> None:
    text = "Sanne de Boer belt. Groet, Sanne. J. Smit, Jan Smit, Jo Smit, Smit"
    names = ("Sanne de Boer", "J. Smit", "Jan Smit", "Jo Smit")
    spans = [_span(text, name, "PERSON") for name in names]
    second = text.index("Sanne", 10)
    spans += [
        Span(second, second + 5, "PERSON", 0.9),
        Span(len(text) - 4, len(text), "PERSON", 0.9),
    ]
    assert redact(text, spans) == (
        "<PERSON_1> belt. Groet, <PERSON_1>. <PERSON_2>, <PERSON_2>, <PERSON_3>, <PERSON_4>"
    )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Jan de Vries", "PERSON"), ("jan", "PERSON"), ("J. de Vries", "PERSON"), ("De Vries", "PERSON"),
        ("JAN@example.nl", "EMAIL"), ("06 1234 5678", "PHONE"), ("+31612345678", "PHONE"),
    ],
)  # fmt: skip
def test_redact_subject_is_the_customer(value: str, kind: str) -> None:
    known = ["Jan de Vries", "jan@example.nl", "0612345678", ""]
    assert redact(f"x {value} y", [_span(f"x {value} y", value, kind)], known) == f"x {CUSTOMER} y"


def test_redact_other_person_of_that_surname_is_not_the_customer() -> None:
    text = "Piet de Vries"
    assert redact(text, [_span(text, text, "PERSON")], ["Jan de Vries"]) == "<PERSON_1>"


def test_redact_inner_span_gives_way_to_the_outer() -> None:
    text = "zie jan.bakker@example.nl hier"
    spans = [_span(text, "jan", "PERSON", 1.0), _span(text, "jan.bakker@example.nl", "EMAIL", 0.5)]
    assert redact(text, spans) == "zie <EMAIL_1> hier"


def test_cut_joins_adjacent_places() -> None:
    text = "abcdef"
    assert cut(text, [Span(1, 3, "PERSON", 1), Span(3, 5, "PHONE", 1)]) == "a[…]f"
    assert cut(text, [Span(0, 2, "PERSON", 1), Span(4, 6, "PHONE", 1)]) == "[…]cd[…]"
