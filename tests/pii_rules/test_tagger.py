"""The name tagger: same margins in any batch, model and code that belong together, no dead weights."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files

import pytest

from pii_rules.recognizers.lexicon import fold, lexicon
from pii_rules.recognizers.persons import LEAST_MARGIN, RULES, rule_numbers
from pii_rules.recognizers.scan import TextScan
from pii_rules.recognizers.tagger import NameTagger, name_tagger, read_model
from pii_rules.recognizers.word_features import (
    CLASSES,
    GAPS,
    LABELS,
    OFFSETS,
    SIZES,
    TABLES,
    WordColumns,
    coarse_class,
    columns_of,
    echo_classes,
    gap_class,
    line_positions,
    word_attributes,
)

TEXTS = (
    "Gebeld met Jan de Vries, hij wil een offerte.",
    "",
    "niets",
    "groet, sanne",
    "Spoke with Priya Sharma about the invoice. " * 12,
    "12 34 !!",
    "Zargan Vedzizhev heeft gebeld en mevr. Yilmaz ook",
)


WORDS = (
    *[
        "Jan",
        "Vries",
        "offerte",
        "'t",
        "D'Hondt",
        "Jan-Willem",
        "ÉCOLE",
        "A.B.",
        "x",
        "Zargan",
        "yilmaz",
    ],
    "",
)


@pytest.mark.parametrize("word", WORDS)
def test_row_of_a_word_is_the_sum_of_what_the_training_calls_its_attributes(word: str) -> None:
    tagger = name_tagger()
    bits, model = lexicon().features(word), tagger._model
    attributes = word_attributes(word, bits, model.vocabulary)
    assert len(attributes) == len(OFFSETS)
    row = tagger._row(word, bits)
    for order, names in enumerate(attributes):
        known = [model.weights[name] for name in names if name in model.weights]
        wanted = [sum(values) for values in zip(*known, strict=True)] or [0] * len(LABELS)
        assert tagger._words[order, row].tolist() == wanted


def _names(tagger: NameTagger, texts: tuple[str, ...]) -> list[list[tuple[int, int, int]]]:
    scans = [TextScan(text) for text in texts]
    found = tagger.tag(scans, [rule_numbers(scan) for scan in scans], LEAST_MARGIN)
    return [[tuple(name) for name in names] for names in found]  # type: ignore[misc]


def test_tag_alone_equals_any_batch_to_the_last_digit() -> None:
    tagger = name_tagger()
    together = _names(tagger, TEXTS)
    assert together == [_names(tagger, (text,))[0] for text in TEXTS]
    assert together[::-1] == _names(tagger, TEXTS[::-1])
    assert together[1] == together[5] == []
    assert together[0]


def test_tag_forgotten_words_come_back_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    tagger = name_tagger()
    before = _names(tagger, TEXTS)
    monkeypatch.setattr("pii_rules.recognizers.tagger._ROWS", 3)
    assert _names(tagger, TEXTS) == before
    assert _names(tagger, TEXTS) == before


def test_model_fits_the_code_that_reads_it() -> None:
    raw = files("pii_rules.recognizers").joinpath("model", "names.gz").read_bytes()
    assert len(raw) < 1_000_000
    head = json.loads(gzip.decompress(raw).split(b"\n", 1)[0])
    assert tuple(head["labels"]) == LABELS
    model = read_model(raw)
    for attribute in model.weights:
        name, _, values = attribute.partition("=")
        if name in TABLES:
            sizes = [SIZES[column] for column, _ in TABLES[name]]
            parts = [int(value) for value in values.split(".")]
            assert all(0 <= v < size for v, size in zip(parts, sizes, strict=True))


def test_columns_stay_within_their_sizes() -> None:
    assert max(coarse_class(1 << bit) for bit in range(24)) < CLASSES
    assert coarse_class((1 << 24) - 1 & ~(1 << 7 | 1 << 8)) < CLASSES
    assert 2 * len(RULES) < SIZES["r"]
    gaps = [
        "",
        " ",
        ", ",
        " 12 ",
        "12 ",
        " 12",
        "-1-",
        "\n",
        "\n\n",
        "@",
        " (",
        ") ",
        '"',
        "…",
        ". ",
    ]
    assert all(0 <= gap_class(gap) < GAPS for gap in gaps)
    read = columns_of(TextScan("een twee"), [0, 0])
    assert (len(read.classes), len(read.gaps)) == (2, 3)


def test_line_positions_tell_lone_first_and_last_lines() -> None:
    one = line_positions(TextScan("een twee drie vier vijf"))
    assert one == [4, 5, 5, 5, 5]
    several = line_positions(TextScan("een\ntwee drie\n\nvier\nvijf zes"))
    assert several == [6, 12, 13, 11, 12, 13]
    assert max(several) < SIZES["p"]


def test_echo_classes_tell_case_and_name_of_the_other_place() -> None:
    scan = TextScan("Roos belt, de roos van roos bloeit")
    plain = echo_classes(scan, [0] * len(scan.words))
    assert [plain[place] for place in (0, 1, 3, 5)] == [2, 1, 4, 4]
    named = echo_classes(scan, [1, 0, 0, 0, 0, 0, 0])
    assert [named[place] for place in (0, 3, 5)] == [2, 7, 7]


@pytest.mark.parametrize("text", [text for text in TEXTS if text])
def test_scores_of_words_are_the_sums_of_what_the_training_calls_their_attributes(
    text: str,
) -> None:
    """Tables, positions, echoes and words of the vocabulary, all of a text's attributes together."""
    tagger, scan = name_tagger(), TextScan(text)
    if not scan.words:
        return
    model, rules = tagger._model, rule_numbers(scan)
    known = model.vocabulary
    read = WordColumns(
        [word_attributes(w, b, known) for w, b in zip(scan.words, scan.features, strict=True)],
        columns_of(scan, rules),
        rules,
        [key if (key := fold(word)) in known else "" for word in scan.words],
    )
    emissions, _ = tagger._emissions([scan], [rules])
    for place in range(len(scan.words)):
        names = read.of_word(place)
        weights = [model.weights[name] for name in names if name in model.weights]
        assert emissions[place, 0].tolist() == [
            sum(values) for values in zip(*weights, strict=True)
        ]
