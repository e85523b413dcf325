"""Numbers of the deployer's own forms."""

from __future__ import annotations

import pytest

from pii_rules.recognizers import own_numbers
from pii_rules.recognizers.own_numbers import (
    NumberPatternFault,
    OwnNumberRecognizer,
    pattern_of,
    read_patterns,
)
from pii_rules.recognizers.scan import TextScan


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        ("KL-999999", "zie KL-204512.", "KL-204512"),
        ("AA 9999 99", "AB 1234 56 en", "AB 1234 56"),
        ("AA 9999 99", "AB123456", "AB123456"),
        ("aa9999", "xy1234", "xy1234"),
        ("X99X9", "A12B3", "A12B3"),
        ("(9)999", "(1)234", "(1)234"),
    ],
)
def test_form_finds_what_it_says(form: str, text: str, value: str) -> None:
    match = pattern_of(form).search(text)
    assert match is not None
    assert match.group() == value


@pytest.mark.parametrize(
    ("form", "text"),
    [("KL-999999", "KL-20451"), ("KL-999999", "KL-2045123"), ("KL-999999", "AKL-204512"),
     ("AA9999", "ab1234"), ("9.99", "1x23")],
)  # fmt: skip
def test_form_leaves_near_misses(form: str, text: str) -> None:
    assert pattern_of(form).search(text) is None


def test_labels_have_to_stand_before(monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = read_patterns(
        'patterns:\n  - {name: contract, form: "999999", labels: [Contract]}\n'
    )
    monkeypatch.setattr(own_numbers, "_patterns", lambda: patterns)
    found = [
        [(f.start, f.end) for f in OwnNumberRecognizer("nl").find(TextScan(text))]
        for text in ("contract 123456", "order 123456", "123456 contract")
    ]
    assert found == [[(9, 15)], [], []]


@pytest.mark.parametrize(
    "text",
    ["patterns: [{name: a}]", 'patterns: [{name: a, form: "99 AA"}]', "patterns: [3]",
     'patterns: [{name: a, form: "9999", colour: red}]'],
)  # fmt: skip
def test_wrong_entry_is_refused_by_its_number(text: str) -> None:
    with pytest.raises(NumberPatternFault, match="entry 1"):
        read_patterns(text)


def test_shipped_file_is_empty_and_good() -> None:
    assert own_numbers._patterns() == ()
