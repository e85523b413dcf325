"""Figures for the pages: whole ``kpi_`` tables, read with the dashboards' key.

Owns the one query that a page may ask. A connection lives as long as the question, so that a
new publication, which takes the place of the old file, is seen by the next one.

Privacy: aggregates that satisfy small-cell suppression; there is nothing else in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from pipelines.common.errors import UsageError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.connection import connect_published, quote

if TYPE_CHECKING:
    import pandas as pd

PREFIX = "kpi_"


@dataclass(frozen=True)
class Published:
    """The published file of the dashboards and how to open it."""

    home: Home
    key: SecretStr
    settings: Settings

    def tables(self) -> tuple[str, ...]:
        """Names of the tables that can be shown, in order."""
        with connect_published(self.home, self.key, self.settings, store="dashboards") as found:
            rows = found.execute(
                "select table_name from information_schema.tables "
                "where table_schema = 'marts' and starts_with(table_name, ?) order by 1",
                [PREFIX],
            ).fetchall()
        return tuple(str(name) for (name,) in rows)

    def figures(self, table: str) -> pd.DataFrame:
        """All rows of one table, in the order of its first columns.

        Args:
            table: A name that begins with ``kpi_``.

        Raises:
            UsageError: Another table is asked for.
            StorageError: Nothing has been published yet.
        """
        if not table.startswith(PREFIX):
            raise UsageError(
                "a dashboard shows key figures only", code="not_a_kpi", where={"table": table}
            )
        with connect_published(self.home, self.key, self.settings, store="dashboards") as found:
            frame = found.execute(f"from marts.{quote(table)} order by all").df()
        decimals = [c for c in frame.columns if frame[c].dtype == object]
        return frame.assign(**{c: _readable(frame[c]) for c in decimals})


def _readable(column: pd.Series) -> pd.Series:
    """Objects that a browser's table cannot show become text; missing stays missing."""
    return column.map(
        lambda value: value if value is None or isinstance(value, str) else str(value)
    )
