"""Fits the model with CRFsuite and writes it as whole numbers."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import pycrfsuite

from pii_rules.recognizers.lexicon import fold
from pii_rules.recognizers.persons import rule_numbers
from pii_rules.recognizers.tagger import SCALE, read_model
from pii_rules.recognizers.word_features import (
    LABELS,
    WordColumns,
    columns_of,
    word_attributes,
)
from training.composer import Composer, Example

UNKNOWN_SHARE = 0.25
COMMON_FROM = 12
"""So many times a word of the clauses has to occur before it counts by itself."""


def vocabulary(examples: Iterable[Example]) -> frozenset[str]:
    """Words of the clauses that are common enough; words that fill slots do not count."""
    counts: Counter[str] = Counter()
    for example in examples:
        counts.update(
            fold(word)
            for word, literal in zip(example.scan.words, example.literal, strict=True)
            if literal
        )
    return frozenset(word for word, count in counts.items() if count >= COMMON_FROM)


def columns(example: Example, words: frozenset[str], random: Random) -> WordColumns:
    """An example as the model reads it.

    Some words of the clauses are read as if they were unknown: else the model takes every word
    that it does not know for a name.
    """
    scan = example.scan
    rules = rule_numbers(scan)
    attributes: list[tuple[tuple[str, ...], ...]] = []
    known: list[str] = []
    for word, bits, literal in zip(scan.words, scan.features, example.literal, strict=True):
        seen = () if literal and random.random() < UNKNOWN_SHARE else words
        attributes.append(word_attributes(word, bits, seen))
        known.append(key if (key := fold(word)) in seen else "")
    return WordColumns(attributes, columns_of(scan, rules), rules, known)


class Settings(NamedTuple):
    """Of one fit: how many texts of which seed, what share of them whole, and CRFsuite's."""

    seed: int
    whole: float
    c1: float
    c2: float
    count: int = 40_000
    iterations: int = 100


def fit(settings: Settings, words: frozenset[str]) -> bytes:
    """The model file of one fit, with the words that count by themselves."""
    trainer = pycrfsuite.Trainer(
        algorithm="lbfgs",
        params={
            "c1": settings.c1,
            "c2": settings.c2,
            "max_iterations": settings.iterations,
            "feature.minfreq": 3,
        },
        verbose=False,
    )
    random = Random(settings.seed)
    for example in Composer(settings.seed + 1, settings.whole).examples(settings.count):
        if example.labels:
            read = columns(example, words, random)
            sequence = [read.of_word(place) for place in range(len(example.labels))]
            trainer.append(sequence, example.labels)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        trainer.train(str(path))
        tagger = pycrfsuite.Tagger()
        tagger.open(str(path))
        info = tagger.info()
        return export(info.state_features, info.transitions, words)


def average(models: Sequence[bytes]) -> bytes:
    """One model whose weights are the means of several: they err in different places."""
    read = [read_model(raw) for raw in models]
    names = sorted({name for model in read for name in model.weights})
    none = (0,) * len(LABELS)
    weights = {name: _mean([model.weights.get(name, none) for model in read]) for name in names}
    between = [_mean(rows) for rows in zip(*(model.transitions for model in read), strict=True)]
    return _packed(weights, between)


def _mean(rows: Sequence[Sequence[int]]) -> list[int]:
    return [round(sum(values) / len(rows)) for values in zip(*rows, strict=True)]


def export(
    states: Mapping[tuple[str, str], float],
    transitions: Mapping[tuple[str, str], float],
    words: Iterable[str],
) -> bytes:
    """Weights in whole thousandths; what rounds to nothing is left out; bytes depend on them only.

    Each word of the vocabulary has a line, for a reader knows the vocabulary by them.
    """
    weights: dict[str, list[int]] = {f"0:w={word}": [0] * len(LABELS) for word in words}
    for (attribute, label), weight in states.items():
        rounded = round(weight * SCALE)
        if abs(rounded) >= 20:
            weights.setdefault(attribute, [0] * len(LABELS))[LABELS.index(label)] = rounded
    between = [
        [round(transitions.get((one, other), 0.0) * SCALE) for other in LABELS] for one in LABELS
    ]
    return _packed(weights, between)


def _packed(weights: Mapping[str, Sequence[int]], between: Sequence[Sequence[int]]) -> bytes:
    lines = [json.dumps({"labels": LABELS, "transitions": between})]
    lines += [f"{name}\t{','.join(map(str, values))}" for name, values in sorted(weights.items())]
    return gzip.compress("\n".join(lines).encode(), 9, mtime=0)
