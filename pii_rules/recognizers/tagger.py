"""A conditional random field over the words of a text that marks names of persons.

Owns the model file and its arithmetic: whole numbers only, so that a text gets the same margins on
every machine, alone or in a batch of any shape. Knows nothing of training (``training/``).

Source: Lafferty, McCallum, Pereira 2001 (conditional random fields); max-marginals by the
forward-backward scheme over (max, +).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from operator import add
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pii_rules.recognizers.lexicon import fold
from pii_rules.recognizers.scan import TaggedName, TextScan
from pii_rules.recognizers.word_features import (
    CLASSES,
    LABELS,
    OFFSETS,
    SIZES,
    TABLES,
    WORD_TABLES,
    class_attributes,
    columns_of,
    outside_attribute,
    spelling_attributes,
    word_shape,
)

Integers = npt.NDArray[np.int32]

SCALE: Final = 1_000
"""Weights are whole thousandths of a natural logarithm of odds."""

_ROWS = 60_000
_BATCH_WORDS = 40_000
_BEGIN, _INSIDE = LABELS.index("B"), LABELS.index("I")
_PERSON = [_BEGIN, _INSIDE]
_OTHERS = [i for i in range(len(LABELS)) if i not in _PERSON]


class Model(NamedTuple):
    """Weights of attributes by label, of label pairs, and the words that count by themselves."""

    weights: Mapping[str, tuple[int, ...]]
    transitions: tuple[tuple[int, ...], ...]
    vocabulary: frozenset[str]


def read_model(raw: bytes) -> Model:
    """A model file: one line of JSON with the transitions, then one line for each attribute."""
    head, *lines = gzip.decompress(raw).decode("utf-8").splitlines()
    weights: dict[str, tuple[int, ...]] = {}
    for line in lines:
        name, _, values = line.rpartition("\t")
        weights[name] = tuple(map(int, values.split(",")))
    vocabulary = frozenset(
        name[4:] for name in weights if name.startswith("0:w=") and "|" not in name
    )
    transitions = json.loads(head)["transitions"]
    return Model(weights, tuple(tuple(row) for row in transitions), vocabulary)


class NameTagger:
    """Marks names in scanned texts, many at a time.

    Words' own weights are looked up once per word and kept in a table of bounded size; texts are
    sorted by length, so that one step of the forward and backward passes serves them all.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._transitions = np.array(model.transitions, dtype=np.int32)
        self._tables = _tables(model.weights)
        self._numbers = {word: n for n, word in enumerate(sorted(model.vocabulary), 1)}
        self._word_tables = _word_tables(model.weights, self._numbers)
        self._by_offset = _by_offset(model.weights)
        self._alike: dict[tuple[int, str], list[int]] = {}
        self._rows: dict[str, int] = {}
        self._words = np.zeros((len(OFFSETS), 1_024, len(LABELS)), dtype=np.int32)
        self._vocabulary = np.zeros(1_024, dtype=np.int64)
        self._forget()

    def tag(
        self, scans: Sequence[TextScan], rules: Sequence[Sequence[int]], least: int
    ) -> list[list[TaggedName]]:
        """The names of each text, in order.

        Args:
            scans: Texts, empty ones too.
            rules: For each text the number of the grammar's rule for each word, 0 for none.
            least: Margin from which a word counts as part of a name, in thousandths; below 0 also
                words that are rather no name count.
        """
        found: list[list[TaggedName]] = [[] for _ in scans]
        order = sorted(range(len(scans)), key=lambda i: -len(scans[i].words))
        for batch in _batches(order, scans):
            margins, begins = self._margins([scans[i] for i in batch], [rules[i] for i in batch])
            for row, place in enumerate(batch):
                length = len(scans[place].words)
                if length:
                    found[place] = _names(margins[:length, row], begins[:length, row], least)
        return found

    def _margins(
        self, scans: Sequence[TextScan], rules: Sequence[Sequence[int]]
    ) -> tuple[Integers, npt.NDArray[np.bool_]]:
        """For each word (axis 0) of each text (axis 1) the margin, and whether it begins a name."""
        emissions, lengths = self._emissions(scans, rules)
        steps = len(emissions)
        active = [int(np.count_nonzero(lengths > step)) for step in range(steps + 1)]
        forward = emissions.copy()
        for step in range(1, steps):
            n = active[step]
            before = forward[step - 1, :n, :, None] + self._transitions
            forward[step, :n] += before.max(axis=1)
        backward = np.zeros_like(emissions)
        for step in range(steps - 2, -1, -1):
            n = active[step + 1]
            behind = (emissions[step + 1, :n] + backward[step + 1, :n])[:, None, :]
            backward[step, :n] = (behind + self._transitions).max(axis=2)
        best = forward + backward
        margins = best[..., _PERSON].max(axis=2) - best[..., _OTHERS].max(axis=2)
        return margins, best[..., _BEGIN] >= best[..., _INSIDE]

    def _emissions(
        self, scans: Sequence[TextScan], rules: Sequence[Sequence[int]]
    ) -> tuple[Integers, npt.NDArray[np.int64]]:
        """Scores of each word's labels, padded behind each text's end."""
        lengths = np.array([len(scan.words) for scan in scans])
        rows: list[int] = []
        columns: dict[str, list[int]] = {name: [] for name in SIZES}
        if len(self._rows) > _ROWS:
            self._forget()
        row_of = self._row
        for scan, rule in zip(scans, rules, strict=True):
            # two entries more at both ends of a text, so that neighbours are a shift away
            read = columns_of(scan, rule)
            rows += (0, 0, *map(row_of, scan.words, scan.features), 0, 0)
            columns["k"] += (0, 0, *read.classes, 0, 0)
            columns["g"] += (0, 0, *read.gaps, 0)
            columns["r"] += (0, 0, *rule, 0, 0)
            columns["p"] += (0, 0, *read.positions, 0, 0)
            columns["e"] += (0, 0, *read.echoes, 0, 0)
            columns["t"] += (read.case,) * (len(read.classes) + 4)
        starts = np.cumsum(lengths + 4) - lengths - 2
        places = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths) + np.arange(
            lengths.sum()
        )
        ids = np.array(rows)
        total = self._words[0][ids[places]]
        for order, offset in enumerate(OFFSETS[1:], 1):
            total += self._words[order][ids[places + offset]]
        arrays = {name: np.array(values) for name, values in columns.items()}
        for name, parts in TABLES.items():
            index = np.zeros(len(places), dtype=np.int64)
            for column, offset in parts:
                index = index * SIZES[column] + arrays[column][places + offset]
            total += self._tables[name][index]
        known = self._vocabulary[ids]
        for name, (word, other) in WORD_TABLES.items():
            index = known[places + word] * CLASSES + arrays["k"][places + other]
            total += self._word_tables[name][index]
        padded = np.zeros((int(lengths.max()), len(scans), len(LABELS)), dtype=np.int32)
        texts = np.repeat(np.arange(len(scans)), lengths)
        steps = np.arange(len(places)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        padded[steps, texts] = total
        return padded, lengths

    def _row(self, word: str, bits: int) -> int:
        row = self._rows.get(word)
        if row is None:
            row = len(self._rows) + 1
            if row >= self._words.shape[1]:
                self._words = np.concatenate([self._words, np.zeros_like(self._words)], axis=1)
                self._vocabulary = np.concatenate([self._vocabulary] * 2)
            shape = word_shape(word, bits)
            alike = self._alike.get((bits, shape))
            if alike is None:
                alike = self._alike[bits, shape] = self._packed(class_attributes(bits, shape))
            spelt = self._packed(spelling_attributes(word, shape, self._model.vocabulary))
            self._words[:, row] = _unpacked(map(add, alike, spelt))
            self._vocabulary[row] = self._numbers.get(fold(word), 0)
            self._rows[word] = row
        return row

    def _forget(self) -> None:
        """Empty the table of words but for the row that stands for outside a text."""
        self._rows.clear()
        outside = [self._model.weights.get(outside_attribute(offset)) for offset in OFFSETS]
        self._words[:, 0] = [weights or (0,) * len(LABELS) for weights in outside]

    def _packed(self, names: tuple[tuple[str, ...], ...]) -> list[int]:
        """The sums of attributes by offset, those of all labels in one number."""
        return [
            sum([known[name] for name in names[abs(offset)] if name in known])
            for offset, known in zip(OFFSETS, self._by_offset, strict=True)
        ]


_LANE: Final = 64
_BIAS: Final = sum(1 << (_LANE * label + 62) for label in range(len(LABELS)))


def _by_offset(weights: Mapping[str, tuple[int, ...]]) -> list[dict[str, int]]:
    """Words' own weights by offset; those of all labels in one number, a lane of 64 bits each.

    So a sum of them takes one addition instead of one a label. Lanes borrow from one another
    where weights are negative; :func:`_unpacked` gives back what was borrowed.
    """
    found: list[dict[str, int]] = [{} for _ in OFFSETS]
    order = {str(offset): place for place, offset in enumerate(OFFSETS)}
    for name, values in weights.items():
        offset, colon, attribute = name.partition(":")
        if colon and offset in order:
            packed = sum(value << (_LANE * label) for label, value in enumerate(values))
            found[order[offset]][attribute] = packed
    return found


def _unpacked(sums: Iterable[int]) -> npt.NDArray[np.int64]:
    """Sums by offset (axis 0) and label (axis 1)."""
    size = len(LABELS) * _LANE // 8
    raw = b"".join((packed + _BIAS).to_bytes(size, "little") for packed in sums)
    return np.frombuffer(raw, dtype="<i8").reshape(-1, len(LABELS)) - (1 << 62)


def _tables(weights: Mapping[str, tuple[int, ...]]) -> dict[str, Integers]:
    """For each kind of pair the weights of its values, addressed by their place in the product."""
    sizes = {name: [SIZES[column] for column, _ in parts] for name, parts in TABLES.items()}
    tables = {
        name: np.zeros((int(np.prod(size)), len(LABELS)), dtype=np.int32)
        for name, size in sizes.items()
    }
    for attribute, row in weights.items():
        name, _, values = attribute.partition("=")
        if name in tables:
            index = 0
            for size, value in zip(sizes[name], values.split("."), strict=True):
                index = index * size + int(value)
            tables[name][index] = row
    return tables


def _word_tables(
    weights: Mapping[str, tuple[int, ...]], numbers: Mapping[str, int]
) -> dict[str, Integers]:
    """For each table of words the weights, addressed by the word's number and the class."""
    rows = (len(numbers) + 1) * CLASSES
    tables = {name: np.zeros((rows, len(LABELS)), dtype=np.int32) for name in WORD_TABLES}
    for attribute, row in weights.items():
        name, _, values = attribute.partition("=")
        if name in tables:
            word, _, coarse = values.rpartition("|")
            tables[name][numbers[word] * CLASSES + int(coarse)] = row
    return tables


def _batches(order: Sequence[int], scans: Sequence[TextScan]) -> Iterator[Sequence[int]]:
    """Stretches of the order with a bounded number of words, padding counted."""
    first = 0
    while first < len(order):
        longest = max(1, len(scans[order[first]].words))
        last = min(len(order), first + max(1, _BATCH_WORDS // longest))
        if not scans[order[first]].words:
            return
        yield order[first:last]
        first = last


def _names(margins: Integers, begins: npt.NDArray[np.bool_], least: int) -> list[TaggedName]:
    """Stretches of words that count, cut where one begins anew."""
    found: list[TaggedName] = []
    for place in np.nonzero(margins >= least)[0].tolist():
        margin = int(margins[place])
        last = found[-1] if found else None
        if last is not None and last.last == place - 1 and not begins[place]:
            found[-1] = TaggedName(last.first, place, max(last.margin, margin))
        else:
            found.append(TaggedName(place, place, margin))
    return found


@lru_cache(maxsize=1)
def name_tagger() -> NameTagger:
    """The tagger of this process, with the shipped model."""
    folder = files("pii_rules.recognizers").joinpath("model")
    return NameTagger(read_model(folder.joinpath("names.gz").read_bytes()))
