"""Many rows at once, in the one SQL that SQLite and PostgreSQL share.

SQLAlchemy's own rows and bind processors cost several microseconds each, as much as SQLite
itself; here the driver's cursor takes and gives tuples, inside SQLAlchemy's transaction.
Only for columns whose types need no conversion: integers, strings, bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, Table

_T = TypeVar("_T")

CHUNK: Final = 500  # values per IN list; longer ones gain nothing


def chunks(values: Iterable[_T], size: int = CHUNK) -> Iterator[list[_T]]:
    """Lists of at most ``size`` values."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def insert_rows(
    conn: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    ignore: bool = False,
    update_on: Sequence[str] = (),
    keep: Sequence[str] = (),
) -> None:
    """Insert tuples in the order of ``columns``.

    Args:
        conn: In a transaction.
        table: Where to.
        columns: Names of the table's columns.
        rows: One tuple a row.
        ignore: Leave rows that exist as they are.
        update_on: Columns of a unique key; a row that exists takes the new values.
        keep: Columns that such an update leaves alone.
    """
    quote = conn.dialect.identifier_preparer.quote
    names = ", ".join(quote(c) for c in columns)
    sql = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({_marks(conn, len(columns))})"
    if ignore:
        sql += " ON CONFLICT DO NOTHING"
    elif update_on:
        fixed = {*update_on, *keep}
        sets = ", ".join(f"{quote(c)} = excluded.{quote(c)}" for c in columns if c not in fixed)
        sql += f" ON CONFLICT ({', '.join(quote(c) for c in update_on)}) DO UPDATE SET {sets}"
    with closing(conn.connection.cursor()) as cursor:
        cursor.executemany(sql, cast(Sequence[Sequence[Any]], rows))  # any iterable will do


def select_in(
    conn: Connection, sql: str, values: Iterable[Any], *fixed: Any
) -> Iterator[tuple[Any, ...]]:
    """Rows of a query for many values, a list at a time.

    Args:
        conn: Where.
        sql: Written by us, with ``{values}`` where the list goes, and ``{mark}`` for each of
            ``fixed``, all of them after the list.
        values: Looked up in chunks, each of the same size so that one statement serves all.
        fixed: Values for the marks.
    """
    mark = _marks(conn, 1)
    with closing(conn.connection.cursor()) as cursor:
        for chunk in chunks(values):
            padded = chunk + [chunk[-1]] * (_padded(len(chunk)) - len(chunk))
            statement = sql.format(values=_marks(conn, len(padded)), mark=mark)
            cursor.execute(statement, (*padded, *fixed))
            yield from cursor.fetchall()


def execute_in(conn: Connection, sql: str, values: Iterable[Any], *fixed: Any) -> int:
    """Run a statement for many values as :func:`select_in` does; returns the rows touched."""
    mark = _marks(conn, 1)
    touched = 0
    with closing(conn.connection.cursor()) as cursor:
        for chunk in chunks(values):
            statement = sql.format(values=_marks(conn, len(chunk)), mark=mark)
            cursor.execute(statement, (*chunk, *fixed))
            touched += cursor.rowcount
    return touched


def allocate(conn: Connection, name: str, count: int) -> range:
    """The next ``count`` numbers of a counter, which never gives one out twice."""
    mark = _marks(conn, 1)
    row = conn.exec_driver_sql(
        f"INSERT INTO counters (name, value) VALUES ({mark}, {mark}) "
        "ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value "
        "RETURNING value",
        (name, count),
    ).scalar_one()
    return range(row - count + 1, row + 1)


def count_up_to(conn: Connection, name: str, least: int) -> None:
    """Let a counter give out no number up to ``least`` again."""
    mark = _marks(conn, 1)
    value = conn.exec_driver_sql(
        f"SELECT value FROM counters WHERE name = {mark}", (name,)
    ).scalar()
    if (value or 0) < least:
        allocate(conn, name, least - (value or 0))


def instant_param(conn: Connection, instant: datetime) -> str | datetime:
    """A UTC instant as a bound value: SQLAlchemy's own text form on SQLite."""
    if conn.dialect.name == "sqlite":
        return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return instant


def _marks(conn: Connection, count: int) -> str:
    mark = "?" if conn.dialect.paramstyle == "qmark" else "%s"
    return ", ".join([mark] * count)


def _padded(count: int) -> int:
    return next((size for size in (1, 10, 100) if count <= size), CHUNK)
