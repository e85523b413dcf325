"""``sql``: one query, or a shell, on what is published, with the analyst's key.

Privacy: pseudonymous rows and aggregates to the screen, or to the file, of who asked; a query goes
into no log, and into the shell's history without its values (:mod:`pipelines.cli.sql_history`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from pipelines.cli.output import printable
from pipelines.cli.session import Session, session_of
from pipelines.common.errors import KlantkluisError, NotAllowedError, UsageError

if TYPE_CHECKING:
    import duckdb

    from pipelines.cli.sql_history import History

SHOWN_ROWS = 100
_ABOUT_THE_QUERY = ("ParserException", "SyntaxException", "BinderException", "CatalogException")
"""Errors whose text speaks of names in the query only; of others the text may hold a value."""

_READS_FILES = ("GLOB", "READ_", "PARQUET_", "SNIFF_", "JSON_EXECUTE_")
"""How steps of a plan begin that read files, or run a query that this plan does not show."""


class Answer(NamedTuple):
    """Rows of a query; ``is_cut`` when there are more than were asked for."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    is_cut: bool


def sql(
    context: typer.Context,
    query: Annotated[str | None, typer.Argument()] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1)] = None,
    out: Annotated[Path | None, typer.Option("--out", dir_okay=False)] = None,
) -> None:
    """Answer one query, to the screen or into a file, or open a shell when there is none."""
    from pipelines.cli.sql_files import write
    from pipelines.cli.stores import published

    session = session_of(context)
    connection = published(session)
    try:
        if out is not None:
            asked = query if query is not None else sys.stdin.read()
            written = write(connection, asked, limit, out)
            session.output.document({"rows": written.rows, "about_people": written.about_people})
            session.output.say("rows_written", rows=written.rows, file=out.name)
            if written.about_people:
                session.output.say("about_people", tables=", ".join(written.about_people))
        elif query is not None:
            show(session, answer(connection, query, _limit(session, limit)))
        elif sys.stdin.isatty():
            _shell(session, connection, _limit(session, limit))
        else:
            show(session, answer(connection, sys.stdin.read(), _limit(session, limit)))
    finally:
        connection.close()


def answer(connection: duckdb.DuckDBPyConnection, query: str, limit: int | None) -> Answer:
    """Run one query.

    Args:
        connection: To a published file.
        query: SQL of DuckDB.
        limit: Most rows that are fetched; None is all.

    Raises:
        UsageError: The query is wrong; the text speaks of names, never of values.
        NotAllowedError: The query wants files, network or settings.
    """
    import duckdb

    try:
        cursor = connection.execute(readable(connection, query))
        columns = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchmany(limit + 1) if limit else cursor.fetchall()
    except duckdb.Error as error:
        raise fault(error) from None
    return Answer(columns, rows[:limit] if limit else rows, bool(limit and len(rows) > limit))


def readable(connection: duckdb.DuckDBPyConnection, query: str) -> duckdb.Statement:
    """The one statement of a query, when it reads and does nothing else.

    Raises:
        NotAllowedError: It does something else, or there is not one.
    """
    import duckdb

    statements = connection.extract_statements(query)
    kinds = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
    if len(statements) != 1 or statements[0].type not in kinds:
        raise NotAllowedError(
            "one query that reads is answered, and nothing else",
            code="query_not_allowed",
            todo="write one SELECT or FROM; leave out COPY, ATTACH, SET, PRAGMA and the like",
        )
    if statements[0].type == duckdb.StatementType.SELECT:
        _refuse_files(connection, statements[0].query)
    return statements[0]


def _refuse_files(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """DuckDB lets a query read its temporary folder, whatever else is closed; the plan tells."""
    row = connection.execute(f"EXPLAIN (FORMAT json) {query}").fetchone()
    waiting = json.loads(row[1]) if row else []
    while waiting:
        node = waiting.pop()
        if str(node["name"]).strip().startswith(_READS_FILES):
            raise _out_of_reach()
        waiting += node.get("children", [])


def _out_of_reach() -> NotAllowedError:
    return NotAllowedError(
        "the published data can be read, and nothing else can be opened or set",
        code="query_not_allowed",
        todo="leave out files, network addresses, ATTACH and SET",
    )


def fault(error: duckdb.Error) -> KlantkluisError:
    """What an analyst reads of an error of DuckDB."""
    kind = type(error).__name__
    if kind == "PermissionException":
        return _out_of_reach()
    if kind in _ABOUT_THE_QUERY:
        text = printable(str(error).partition("\n\n")[0].partition("\nLINE ")[0]).strip()
        return UsageError(f"the query is not right: {text}", code="query_wrong")
    if kind == "OutOfMemoryException":
        return UsageError(
            "the query needs more memory and temporary space than a query may use",
            code="query_too_large",
            todo="join on keys, filter or aggregate first, or raise KLANTKLUIS_MEMORY_LIMIT_MB",
        )
    return UsageError(
        f"the query could not be answered: {kind}",
        code="query_failed",
        todo="its values do not fit its functions or types; try_cast may help",
    )


def _limit(session: Session, limit: int | None) -> int | None:
    return limit if limit or session.output.as_json else SHOWN_ROWS


def show(session: Session, found: Answer) -> None:
    """Rows as a table, or as one JSON document."""
    session.output.document([dict(zip(found.columns, row, strict=True)) for row in found.rows])
    if found.columns:
        session.output.table(found.columns, found.rows)
    session.output.say("more_rows" if found.is_cut else "rows", rows=len(found.rows))


def _shell(session: Session, connection: duckdb.DuckDBPyConnection, limit: int | None) -> None:
    from pipelines.cli.sql_history import History

    history = History(session.home.root / "sql_history", connection)
    _line_editing(history, connection)
    session.output.say("shell_hello")
    lines: list[str] = []
    while True:
        try:
            lines.append(input("klantkluis> " if not lines else "       ...> "))
        except EOFError:
            session.output.line("")
            return
        text = "\n".join(lines).strip()
        if text in ("", ".exit", ".quit", "exit", "quit"):
            if text:
                return
            lines.clear()
        elif text.startswith(".") and text not in _SHORTCUTS:
            lines.clear()
            session.output.say("shell_hello")
        elif text in _SHORTCUTS or text.endswith(";"):
            lines.clear()
            try:
                show(session, answer(connection, _SHORTCUTS.get(text, text), limit))
                history.note(text)
            except KlantkluisError as error:
                session.output.line(session.texts.error(error))


_SHORTCUTS = {
    ".tables": "select table_name, estimated_size as about_rows, comment from duckdb_tables() "
    "where schema_name = 'marts' order by 1",
    ".kpis": "select table_name, name, unit, formula from marts.kpi_definitions order by 1, 2",
}


def _line_editing(history: History, connection: duckdb.DuckDBPyConnection) -> None:
    """Arrow keys over what was typed now and before, and names completed with the tab key."""
    try:
        import readline
    except ImportError:
        return
    for line in history.lines():
        readline.add_history(line)
    rows = connection.execute(
        "select distinct unnest([table_name, column_name, 'marts.' || table_name]) "
        "from duckdb_columns() where schema_name = 'marts' order by 1"
    ).fetchall()
    names = [str(name) for (name,) in rows]

    def complete(typed: str, number: int) -> str | None:
        found = [name for name in names if name.startswith(typed)]
        return found[number] if number < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n,()=<>;")
    readline.parse_and_bind("tab: complete")
