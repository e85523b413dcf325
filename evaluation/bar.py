"""The bar that the detector must clear on the test part, and the aims beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from evaluation.scoring import ALL, CHECKED, Figure, SetScore

Measure = Literal[
    "characters_covered", "f2", "person_recall", "checked_recall", "precision",
    "alarms_per_500_words",
]  # fmt: skip
LESS_IS_BETTER = frozenset({"alarms_per_500_words"})


class Limits(BaseModel):
    """The aim and the bar of a measure, by language."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    aim: dict[str, float]
    bar: dict[str, float]


class _Bar(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    measures: dict[Measure, Limits]


class Verdict(NamedTuple):
    """A measure of one language beside its aim and its bar."""

    measure: Measure
    language: str
    figure: Figure
    aim: float
    bar: float

    @property
    def is_over_bar(self) -> bool:
        """Whether the measured value is at least as good as the bar."""
        return self._reaches(self.bar)

    @property
    def is_aim_met(self) -> bool:
        """Whether the measured value is at least as good as the aim."""
        return self._reaches(self.aim)

    def _reaches(self, limit: float) -> bool:
        if self.figure.value is None:
            return False
        if self.measure in LESS_IS_BETTER:
            return self.figure.value <= limit
        return self.figure.value >= limit


def judge(scores: dict[str, SetScore]) -> list[Verdict]:
    """Every measure of every language of the test part, in the order of the bar's file."""
    text = Path(__file__).with_name("bar.yaml").read_text(encoding="utf-8")
    limits = _Bar.model_validate(yaml.safe_load(text)).measures
    return [
        Verdict(measure, language, measured(score)[measure], both.aim[language], both.bar[language])
        for measure, both in limits.items()
        for language, score in scores.items()
    ]


def measured(score: SetScore) -> dict[Measure, Figure]:
    """The measures that have a bar."""
    per_500 = (None if v is None else round(v / 2, 3) for v in score.alarms_per_1000_words)
    return {
        "characters_covered": score.character_recall,
        "f2": score.types[ALL].f2,
        "person_recall": score.types["PERSON"].recall,
        "checked_recall": score.types[CHECKED].recall,
        "precision": score.types[ALL].precision,
        "alarms_per_500_words": Figure(*per_500),
    }
