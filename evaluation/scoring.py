"""Figures of many texts, with confidence intervals by resampling texts.

Source: Efron, B. (1979), Bootstrap methods, Annals of Statistics 7(1): whole texts are drawn with
replacement, since errors within a text hang together; percentile interval of 95 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evaluation.matching import Counts, Matched
from evaluation.types import load_types

_DRAWS, _SEED = 1_000, 20_261_123
_INTERVAL = (2.5, 97.5)
ALL = "all types"
CHECKED = "checked identifiers"

Sums = npt.NDArray[np.float64]
"""Counts by draw (rows, one row for the measured set) and column."""


class Figure(NamedTuple):
    """A share, and the bounds of its interval; None where nothing was there to count."""

    value: float | None
    low: float | None = None
    high: float | None = None


class TypeScore(NamedTuple):
    """The figures of one type, or of a group of types."""

    true: int
    found: int
    strict_precision: Figure
    strict_recall: Figure
    strict_f1: Figure
    strict_f2: Figure
    precision: Figure
    recall: Figure
    f1: Figure
    f2: Figure


class SetScore(NamedTuple):
    """The figures of a set of texts in one language.

    ``alarms_per_1000_words`` is over the ``plain_words`` of texts without personal data.
    """

    texts: int
    plain_words: int
    alarms: int
    alarms_per_1000_words: Figure
    character_recall: Figure
    character_precision: Figure
    types: dict[str, TypeScore]


def score_set(matched: Sequence[Matched]) -> SetScore:
    """The figures of scored texts; the same texts give the same figures."""
    weights = _weights(len(matched))
    rows = np.array(
        [
            (
                m.personal_characters,
                m.covered_characters,
                m.covered_personal_characters,
                m.alarms,
                m.plain_words,
            )
            for m in matched
        ],
        dtype=np.float64,
    )
    sums = weights @ rows
    present = sorted({kind for m in matched for kind in m.by_type})
    groups = {ALL: set(present), CHECKED: set(load_types().checked)}
    groups |= {kind: {kind} for kind in present}
    return SetScore(
        len(matched),
        int(rows[:, 4].sum()),
        int(rows[:, 3].sum()),
        _figure(sums, lambda s: _share(1_000 * s[:, 3], s[:, 4])),
        _figure(sums, lambda s: _share(s[:, 2], s[:, 0])),
        _figure(sums, lambda s: _share(s[:, 2], s[:, 1])),
        {name: _type_score(weights, matched, kinds) for name, kinds in groups.items()},
    )


def _weights(texts: int) -> npt.NDArray[np.float64]:
    """How often each text is in each draw; the first row is the set itself."""
    chance = np.random.default_rng(_SEED)
    drawn = chance.multinomial(texts, np.full(texts, 1 / texts), size=_DRAWS)
    return np.vstack([np.ones(texts), drawn])


def _type_score(
    weights: npt.NDArray[np.float64], matched: Sequence[Matched], kinds: set[str]
) -> TypeScore:
    rows = np.array(
        [
            np.sum([Counts(), *(c for k, c in m.by_type.items() if k in kinds)], axis=0)
            for m in matched
        ],
        dtype=np.float64,
    )
    sums = weights @ rows
    figures = [
        _figure(sums, measure)
        for right in (2, 3)
        for measure in (_precision(right), _recall(right), _f(right, 1), _f(right, 2))
    ]
    return TypeScore(int(rows[:, 0].sum()), int(rows[:, 1].sum()), *figures)


def _precision(right: int) -> Callable[[Sums], Sums]:
    return lambda s: _share(s[:, right], s[:, 1])


def _recall(right: int) -> Callable[[Sums], Sums]:
    return lambda s: _share(s[:, right], s[:, 0])


def _f(right: int, beta: int) -> Callable[[Sums], Sums]:
    square = beta * beta
    return lambda s: _share((1 + square) * s[:, right], square * s[:, 0] + s[:, 1])


def _share(part: Sums, whole: Sums) -> Sums:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _figure(sums: Sums, measure: Callable[[Sums], Sums]) -> Figure:
    values = measure(sums)
    if np.isnan(values[0]):
        return Figure(None)
    low, high = np.nanpercentile(values[1:], _INTERVAL)
    return Figure(*(round(float(v), 4) for v in (values[0], low, high)))
