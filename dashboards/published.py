"""Figures for the pages: whole ``kpi_`` tables, read once per publication with the dashboards' key.

Owns the one connection that the web server ever makes. A connection lives as long as one reading;
a new publication takes the place of the old file and is noticed by the next request. All tables
are read in one go, so that a page never mixes two publications.

Privacy: aggregates that satisfy small-cell suppression; there is nothing else in the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from pydantic import SecretStr

from dashboards.requirements import lacking
from pipelines.common.errors import StorageError, UsageError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.connection import connect_published, quote
from pipelines.warehouse.errors import store_errors

PREFIX = "kpi_"
DEFINITIONS = "kpi_definitions"
METADATA = "metadata"
MOST_NAMED = 12

Row = dict[str, Any]
Identity = tuple[int, int, int]


@dataclass(frozen=True)
class Table:
    """One published table, rows in the order of their columns."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Definition:
    """What a figure means, as ``marts.kpi_definitions`` says."""

    formula: str
    unit: str
    formula_nl: str = ""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All that one publication shows."""

    tables: dict[str, Table]
    definitions: dict[tuple[str, str], Definition] = field(default_factory=dict)
    metadata: Row = field(default_factory=dict)

    @property
    def threshold(self) -> int:
        """The smallest number of persons that a cell may be about."""
        return int(self.metadata.get("small_cell_k") or 10)

    @property
    def built_at(self) -> datetime | None:
        """The instant as of which everything was computed."""
        found = self.metadata.get("as_of")
        return found if isinstance(found, datetime) else None

    @property
    def timezone(self) -> str:
        """The reporting time zone."""
        return str(self.metadata.get("reporting_timezone") or "Europe/Amsterdam")

    @property
    def first_month(self) -> int:
        """The month in which the fiscal year begins."""
        return int(self.metadata.get("fiscal_year_start_month") or 1)

    @property
    def currency(self) -> str:
        """The reporting currency, ISO 4217."""
        return str(self.metadata.get("reporting_currency") or "EUR")


class Published:
    """The published file of the dashboards and how to open it; safe for many threads."""

    def __init__(self, home: Home, key: SecretStr, settings: Settings) -> None:
        self.home, self.key, self.settings = home, key, settings
        self._lock = Lock()
        self._read: tuple[Identity, Snapshot] | None = None

    def tables(self) -> tuple[str, ...]:
        """Names of the tables that can be shown, in order."""
        return tuple(self.snapshot().tables)

    def table(self, name: str) -> Table:
        """One table.

        Args:
            name: A name that begins with ``kpi_``.

        Raises:
            UsageError: Another table is asked for, or one that is not published.
            StorageError: Nothing has been published yet.
        """
        if not name.startswith(PREFIX):
            raise UsageError("a dashboard shows key figures only", code="not_a_kpi")
        found = self.snapshot().tables.get(name)
        if found is None:
            raise UsageError(
                "this table is not published in this version",
                code="table_not_published",
                todo="run klantkluis run",
            )
        return found

    def snapshot(self) -> Snapshot:
        """The newest publication; while one reader opens it, others keep the one before.

        Raises:
            KeyWrongError: The key does not open the file.
            StorageError: The home is gone, nothing has been published yet, the file is damaged, or
                another version wrote it and it lacks what the pages read.
        """
        if not self.home.root.is_dir():
            raise StorageError(
                "the home is not there any more",
                code="home_gone",
                todo="put it back, or start klantkluis dashboards with --home",
            )
        identity = self._identity()
        read = self._read
        if read is not None and read[0] == identity:
            return read[1]
        if not self._lock.acquire(blocking=read is None):
            assert read is not None
            return read[1]
        try:
            read = self._read
            if read is None or read[0] != identity:
                read = self._read = self._newest()
            return read[1]
        except BaseException:
            self._read = None  # figures whose file opens no longer are not shown
            raise
        finally:
            self._lock.release()

    def _newest(self) -> tuple[Identity, Snapshot]:
        while True:
            before = self._identity()
            try:
                snapshot = self._load()
            except StorageError:
                if self._identity() != before:
                    continue  # it was replaced while being opened
                raise
            if self._identity() == before:
                return before, snapshot

    def _identity(self) -> Identity:
        try:
            found = self.home.dashboards.stat()
        except OSError:
            return (0, 0, 0)  # opening it says what is wrong
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def _load(self) -> Snapshot:
        with (
            connect_published(self.home, self.key, self.settings, store="dashboards") as found,
            store_errors("dashboards"),
        ):
            columns: dict[str, dict[str, str]] = {}
            for table, column, kind in found.execute(
                "select table_name, column_name, data_type from information_schema.columns "
                "where table_schema = 'marts' and (starts_with(table_name, ?) or table_name = ?) "
                "order by table_name, ordinal_position",
                [PREFIX, METADATA],
            ).fetchall():
                columns.setdefault(table, {})[column] = kind
            missing = lacking(columns)
            tables = {} if missing else {name: _table(found, name) for name in columns}
        if missing or not tables[METADATA].rows:
            raise _of_another_version(missing or (METADATA,))
        definitions, metadata = tables.pop(DEFINITIONS), tables.pop(METADATA)
        return Snapshot(tables, _definitions(definitions), metadata.rows[0])


def _of_another_version(missing: tuple[str, ...]) -> StorageError:
    named = ", ".join(missing[:MOST_NAMED])
    more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
    return StorageError(
        "the published file was written by another version of Klantkluis",
        code="published_of_another_version",
        where={"lacking": named + more},
        todo="run klantkluis run, which writes it anew",
    )


def _table(connection: Any, name: str) -> Table:
    cursor = connection.execute(f"from marts.{quote(name)} order by all")
    columns = tuple(str(column[0]) for column in cursor.description)
    return Table(
        name, columns, tuple(dict(zip(columns, r, strict=True)) for r in cursor.fetchall())
    )


def _definitions(table: Table) -> dict[tuple[str, str], Definition]:
    return {
        (str(row["table_name"]), str(row["name"])): Definition(
            str(row["formula"] or ""), str(row["unit"] or ""), str(row.get("formula_nl") or "")
        )
        for row in table.rows
    }
