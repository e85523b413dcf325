"""The answer of a query as a file: CSV, Parquet or Excel, by its name.

Privacy: what the query asked for, pseudonymous rows or aggregates, into a file of who asked, mode
0600; which tables about people it read is told, for such a file is personal data.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pipelines.cli.sql import fault, readable
from pipelines.common.errors import StorageError, UsageError

if TYPE_CHECKING:
    import duckdb
    import polars as pl

KINDS: Final = (".csv", ".parquet", ".xlsx")
_AGGREGATES: Final = ("kpi_", "metadata", "dim_date", "dim_campaign", "dim_product")


class Written(NamedTuple):
    """How many rows went into a file, and which tables about people they came from."""

    rows: int
    about_people: list[str]


def write(
    connection: duckdb.DuckDBPyConnection, query: str, limit: int | None, path: Path
) -> Written:
    """Run one query and write its rows.

    Args:
        connection: To a published file.
        query: SQL of DuckDB.
        limit: Most rows; None is all.
        path: Ends in ``.csv``, ``.parquet`` or ``.xlsx``; replaced as a whole.

    Raises:
        UsageError: Another ending, too many rows for Excel, or a wrong query.
        NotAllowedError: The query wants files, network or settings.
        StorageError: The file cannot be written.
    """
    import duckdb

    if path.suffix not in KINDS:
        raise UsageError(
            "an answer is written as CSV, Parquet or Excel", code="out_kind",
            todo="let the name end in .csv, .parquet or .xlsx",
        )  # fmt: skip
    try:
        tables = sorted(t.rpartition(".")[2] for t in connection.get_table_names(query))
        frame = connection.execute(readable(connection, query)).pl()
    except duckdb.Error as error:
        raise fault(error) from None
    rows = frame.head(limit) if limit else frame
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.touch(mode=0o600)
        _put(rows, path.suffix, beside)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StorageError(
            "the file cannot be written", code="out_not_writable",
            where={"file": path.name, "error": type(error).__name__},
            todo="name a file in a folder that is yours",
        ) from None  # fmt: skip
    return Written(rows.height, [t for t in tables if not t.startswith(_AGGREGATES)])


def _put(rows: pl.DataFrame, kind: str, path: Path) -> None:
    from pipelines.common.sheets import MOST_ROWS, csv_bytes, xlsx_bytes

    if kind == ".parquet":
        rows.write_parquet(path)
        return
    if kind == ".xlsx" and rows.height > MOST_ROWS:
        raise UsageError(
            "Excel holds no more than 1,048,575 rows", code="out_too_long",
            todo="aggregate, give --limit, or write CSV or Parquet",
        )  # fmt: skip
    make = csv_bytes if kind == ".csv" else xlsx_bytes
    path.write_bytes(make(rows.columns, rows.iter_rows()))
