"""Trends and correlations of published figures, once more, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from itertools import combinations
from statistics import fmean, median, pstdev
from typing import Any

Row = dict[str, Any]
Key = tuple[str, str]
Figures = Mapping[date, tuple[float | None, float]]
"""Per month the figure, and what it was divided by; 1 where it is no ratio."""
Series = Mapping[Key, Figures]


def shifted(month: date, months: int) -> date:
    """The month so many before or after."""
    place = month.year * 12 + month.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def _mean(figures: Figures, month: date, low: int, high: int) -> float | None:
    near = [figures.get(shifted(month, step), (None, 0.0)) for step in range(low, high + 1)]
    counted = [figure * size for figure, size in near if figure is not None]
    return sum(counted) / sum(size for _, size in near) if len(counted) == len(near) else None


def _change(new: float | None, old: float | None) -> float | None:
    return None if new is None or not old else (new - old) / abs(old)


def trends(series: Series, worth: Mapping[Key, float | None]) -> dict[tuple[Any, ...], Row]:
    """kpi_trends by table, figure and month."""
    found: dict[tuple[Any, ...], Row] = {}
    for (table, kpi), figures in series.items():
        errors: dict[date, float] = {}
        for month in sorted(figures):
            figure, previous, year_before = (
                figures.get(shifted(month, step), (None,))[0] for step in (0, -1, -12)
            )
            before, long_before = _mean(figures, month, -12, -1), _mean(figures, month, -24, -13)
            baseline, kind = _mean(figures, month, -6, -1), "half_year"
            if year_before is not None and before is not None and long_before:
                baseline, kind = year_before * (before / long_before), "seasonal"
            usual = 1.4826 * median(map(abs, errors.values())) if len(errors) >= 6 else None
            error = None if figure is None or baseline is None else figure - baseline
            score = None if error is None or not usual else error / usual
            price = worth[(table, kpi)]
            found[(table, kpi, month)] = {
                "figure": figure,
                "previous_figure": previous,
                "month_over_month": _change(figure, previous),
                "year_before_figure": year_before,
                "year_over_year": _change(figure, year_before),
                "moving_mean": _mean(figures, month, -2, 0),
                "baseline": baseline,
                "baseline_kind": None if baseline is None else kind,
                "usual_error": usual,
                "anomaly_score": score,
                "is_anomaly": score is not None and abs(score) > 3.5,
                "size_money": None if error is None or price is None else abs(error) * price,
            }
            if error is not None:
                errors[month] = error
    return found


def correlations(series: Series) -> dict[tuple[str, str], Row]:
    """kpi_correlations by pair of figures."""
    changes: dict[str, dict[date, float]] = {}
    for (table, kpi), figures in series.items():
        for month, (figure, _) in figures.items():
            previous = figures.get(shifted(month, -1), (None,))[0]
            if figure is not None and previous is not None:
                changes.setdefault(f"{table}.{kpi}", {})[month] = figure - previous
    found = {}
    for one, other in combinations(sorted(changes), 2):
        months = sorted(changes[one].keys() & changes[other].keys())
        x, y = ([changes[name][month] for month in months] for name in (one, other))
        if len(months) < 12 or pstdev(x) == 0 or pstdev(y) == 0:
            continue
        r = _pearson(x, y)
        reach = 1.959963984540054 / math.sqrt(len(months) - 3)
        ends = [math.tanh(math.atanh(r) + sign * reach) for sign in (-1, 1)] if abs(r) < 1 else None
        found[(one, other)] = {
            "months": len(months),
            "period_start": months[0],
            "last_month": months[-1],
            "correlation": r,
            "correlation_lower": ends and ends[0],
            "correlation_upper": ends and ends[1],
            "is_notable": bool(ends and (ends[0] > 0 or ends[1] < 0)),
        }
    return found


def _pearson(x: list[float], y: list[float]) -> float:
    mean_x, mean_y = fmean(x), fmean(y)
    both = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return both / math.sqrt(sum((a - mean_x) ** 2 for a in x) * sum((b - mean_y) ** 2 for b in y))
