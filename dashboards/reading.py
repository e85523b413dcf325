"""One request: a publication, the choices of a reader, and the words and formats of a language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dashboards.formats import Formats, unit_of
from dashboards.last_run import LastRun
from dashboards.periods import (
    Period,
    is_periodic,
    last_month,
    newest,
    periods_of,
    previous,
    year_before,
)
from dashboards.published import Row, Snapshot, Table
from dashboards.selection import is_hidden, latest, rows_of, series_of, time_of, unheeded
from dashboards.specs import Cards, Grid, Matrix, Page, Part, Trend
from dashboards.texts import Texts
from dashboards.view import DIMENSIONS, View, labels_of

STALE_DAYS = 2
NONE_WHY = {"kpi_trends": "none_why_months"}
"""Tables whose figures are made of cells of others, and lack where one of those is hidden."""
FIGURES = frozenset({"kpi", "figure", "other_figure"})
"""Columns whose words are names of figures."""


@dataclass(frozen=True)
class Cell:
    """What stands in one place of a page."""

    text: str
    kind: str = "text"
    """``text``, ``number``, ``hidden`` or ``none``."""
    href: str = ""
    why: str = "none_why"
    """The sentence that says why there is no figure."""


class Reading:
    """All that a part of a page needs to be drawn; computes no figure."""

    def __init__(
        self, snapshot: Snapshot, view: View, texts: Texts, page: Page, run: LastRun | None = None
    ) -> None:
        self.snapshot, self.texts, self.page = snapshot, texts, page
        self.run = run or LastRun()
        self.periods = periods_of(snapshot)
        self.view = view.within(snapshot, self.periods)
        if page.needs == "campaign" and not self.view.campaign:
            self.view = replace(self.view, campaign=_latest_campaign(snapshot))
        others = {name: "" for name in DIMENSIONS if name not in page.filters}
        self.chosen = replace(self.view, **others)  # type: ignore[arg-type]
        self.opening = self.periods["all"]
        if page.opens_with == "newest":
            carded = frozenset(p.table for p in page.parts if isinstance(p, Cards))
            self.opening = newest(snapshot, self.periods, carded)
            if carded and not any(is_periodic(snapshot.tables[name]) for name in carded):
                self.opening = last_month(snapshot, self.periods) or self.opening
        self.period = self.periods.get(self.view.period) or self.opening
        self.formats = Formats(texts, snapshot.timezone, snapshot.currency, snapshot.first_month)

    def unit(self, table: str, column: str) -> str:
        """The unit of a column."""
        defined = self.snapshot.definitions.get((table, column))
        return unit_of(column, defined.unit if defined else "")

    def _unit_in(self, table: Table, row: Row, column: str) -> str:
        """The unit of a cell: that of the figure that its row is about, where the column says so."""
        defined = self.snapshot.definitions.get((table.name, column))
        if defined is None or defined.unit != "as the figure":
            return self.unit(table.name, column)
        return self.unit(str(row.get("table_name")), str(row.get("kpi")))

    def label(self, column: str, value: Any) -> str:
        """What a reader calls the value of a key or a category."""
        text = str(value)
        if column in FIGURES:
            return self.texts.column(text.rsplit(".", 1)[-1])
        key = "campaign_id" if column == "slice" else column
        return labels_of(self.snapshot, key).get(text) or self.texts.value(text)

    def alias(self, table: str, key: Any) -> str:
        """What a colleague is called: their number, after what they are on this table."""
        alias = labels_of(self.snapshot, "user_key").get(str(key), "")
        return f"{self.texts.column('user_key', table)} {alias.rpartition(' ')[2]}".strip()

    def definition(self, table: str, column: str) -> str:
        """What a column is, in the reader's language where that is published, or nothing."""
        defined = self.snapshot.definitions.get((table, column))
        if defined is None:
            return ""
        return (self.texts.language == "nl" and defined.formula_nl) or defined.formula

    def most(self, table: Table, rows: Iterable[Row], column: str) -> float | None:
        """The largest value of a column of one unit, so that all of it is written alike."""
        defined = self.snapshot.definitions.get((table.name, column))
        if defined is not None and defined.unit == "as the figure":
            return None
        values = [row.get(column) for row in rows]
        return max(
            (abs(float(v)) for v in values if isinstance(v, int | float | Decimal)), default=None
        )

    def cell(self, table: Table, row: Row, column: str, most: float | None = None) -> Cell:
        """One figure as a reader sees it, written as the largest beside it is."""
        if is_hidden(row, column):
            return Cell("●", "hidden")
        value = row.get(column)
        if value is None:
            return Cell("–", "none", why=NONE_WHY.get(table.name, "none_why"))
        if (
            column == "campaign_id"
            or column == "slice"
            or (column in FIGURES and isinstance(value, str))
        ):
            return Cell(self.label(column, value))
        if column == "user_key":
            return Cell(self.alias(table.name, value))
        if column == "period_start":
            grain = str(row.get("period_grain") or "month")
            return Cell(self.formats.period(grain, value))
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        text = self.formats.figure(value, self._unit_in(table, row, column), most)
        return Cell(text, "number" if is_number else "text")

    def rows(self, part: Part) -> list[Row]:
        """The published rows that a part shows."""
        table = self.snapshot.tables[part.table]
        if isinstance(part, Trend | Matrix) or (isinstance(part, Grid) and part.is_series):
            built = self.snapshot.built_at.date() if self.snapshot.built_at else date.max
            rows = series_of(table, self.chosen, self._until_now(), part.where)
            return [row for row in rows if row[time_of(table)] <= built]
        grid = part if isinstance(part, Grid) else Grid("", "")
        is_free = grid.ignores_period or not self.page.has_period
        period = self.periods["all"] if is_free else self.period
        where = {**part.where, **{column: self._campaign(column) for column in part.follows}}
        rows = rows_of(table, self.chosen, period, where, self.snapshot.timezone)
        if grid.follows and (month := self._campaign("closing_month")):
            rows = [row for row in rows if row[time_of(table)] == month] or rows
        return latest(table, rows) if grid.is_latest else rows

    def _campaign(self, column: str) -> Any:
        """What a column says of the chosen campaign."""
        rows = self.snapshot.tables["kpi_campaign"].rows
        return next((r[column] for r in rows if r["campaign_id"] == self.view.campaign), None)

    @property
    def cleared(self) -> str:
        """The query without filters; language and theme stay."""
        return View(lang=self.view.lang, theme=self.view.theme).query()

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What the figures are of, in words: the period and every filter that counts here."""
        found = []
        if self.page.has_period:
            found.append(
                (self.texts("period"), self.formats.period(self.period.grain, self.period.start))
            )
        if self.page.compares:
            found.append(
                (self.texts("compare"), self.texts(f"compare_{self.view.compare or 'both'}"))
            )
        return found + [
            (self.texts(name), self.label(DIMENSIONS[name], value))
            for name in self.page.filters
            if (value := getattr(self.chosen, name))
        ]

    @property
    def says(self) -> str:
        """The same in one line, with the day of the figures; for print, pictures and ears."""
        return self._line(self.choices)

    @property
    def says_of_charts(self) -> str:
        """The same for a picture, in which nothing is compared."""
        compared = self.texts("compare")
        return self._line([one for one in self.choices if one[0] != compared])

    def _line(self, choices: list[tuple[str, str]]) -> str:
        said = [f"{name}: {text[:80]}" for name, text in choices]
        if built := self.snapshot.built_at:
            said.append(self.texts("built", when=self.formats.instant(built)))
        return " · ".join(said)

    @property
    def running_until(self) -> date | None:
        """The day up to which a period that is not over has figures; nothing for one that is."""
        built = self.snapshot.built_at
        is_running = self.page.has_period and built and self.period.runs_on(built.date())
        return built.date() if built and is_running else None

    def unheeded(self, part: Part) -> list[str]:
        """What of the reader's choices a part does not follow, in their words."""
        table = self.snapshot.tables[part.table]
        names = [] if part.follows else unheeded(table, self.chosen)
        if isinstance(part, Grid) and part.ignores_period and self.view.period:
            names.append("period")
        return [self.texts(name) for name in names]

    def has_hidden(self, blocks: list[dict[str, Any]]) -> bool:
        """Whether a page has a hidden figure."""
        return any(cell.kind == "hidden" for block in blocks for cell in _cells(block))

    def defined(self, blocks: list[dict[str, Any]]) -> list[tuple[str, str]]:
        """Names and formulas of all figures of a page that have one."""
        found = {
            one["name"]: one["definition"]
            for block in blocks
            for key in ("cards", "facts", "steps", "columns")
            for one in block.get(key, ())
            if isinstance(one, dict) and one["definition"]
        }
        return sorted(found.items())

    def _until_now(self) -> Period:
        """The period, ending with the publication where it has no end: quotas lie in the future."""
        built = self.snapshot.built_at
        period = self.period if self.page.has_period else self.periods["all"]
        if period.end or not built:
            return period
        return replace(period, end=built.date())

    def comparisons(self) -> list[tuple[str, Period | None]]:
        """What a figure is compared with, by the word for it."""
        wanted = self.view.compare or "both"
        if self.period.start is None:
            return []
        found: list[tuple[str, Period | None]] = []
        if wanted in {"both", "previous"}:
            found.append((self.texts("previous"), previous(self.period, self.periods)))
        is_same = self.period.grain == "year" and bool(found)
        if wanted in {"both", "year"} and not is_same:
            found.append((self.texts("last_year"), year_before(self.period, self.periods)))
        return found

    def stale_days(self, now: datetime) -> int:
        """For how many days the figures have been stale; 0 when they are fresh."""
        built = self.snapshot.built_at
        days = (now - built).days if built else 0
        return days if days >= STALE_DAYS else 0


def _latest_campaign(snapshot: Snapshot) -> str:
    """The campaign that began last among those that were sent, or nothing."""
    table = snapshot.tables.get("kpi_campaign")
    if table is None or not {"campaign_id", "starts_at", "sent"} <= set(table.columns):
        return ""
    begun = [row for row in table.rows if row["sent"] and row["starts_at"]]
    return str(max(begun, key=lambda row: row["starts_at"])["campaign_id"]) if begun else ""


def _cells(block: dict[str, Any]) -> list[Cell]:
    named = [
        one["cell"]
        for key in ("cards", "facts", "steps")
        for one in block.get(key, ())
        if isinstance(one, dict)
    ]
    rows = block.get("rows", ())
    return named + [cell for row in rows for cell in row]
