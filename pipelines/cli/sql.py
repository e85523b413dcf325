"""``sql``: one query, or a shell, on what is published, with the analyst's key.

Privacy: pseudonymous rows and aggregates to the screen of who asked; a query and its values go
into no log and no file, the shell's history lives in memory only.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from pipelines.cli.output import printable
from pipelines.cli.session import Session, session_of
from pipelines.common.errors import KlantkluisError, NotAllowedError, UsageError

if TYPE_CHECKING:
    import duckdb

SHOWN_ROWS = 100
_ABOUT_THE_QUERY = ("ParserException", "SyntaxException", "BinderException", "CatalogException")
"""Errors whose text speaks of names in the query only; of others the text may hold a value."""


class Answer(NamedTuple):
    """Rows of a query; ``is_cut`` when there are more than were asked for."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    is_cut: bool


def sql(
    context: typer.Context,
    query: Annotated[str | None, typer.Argument()] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1)] = None,
) -> None:
    """Answer one query, or open a shell when there is none."""
    from pipelines.cli.stores import published

    session = session_of(context)
    connection = published(session)
    try:
        if query is not None:
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
        statements = connection.extract_statements(query)
        readable = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
        if len(statements) != 1 or statements[0].type not in readable:
            raise NotAllowedError(
                "one query that reads is answered, and nothing else",
                code="query_not_allowed",
                todo="write one SELECT or FROM; leave out COPY, ATTACH, SET, PRAGMA and the like",
            )
        cursor = connection.execute(statements[0])
        columns = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchmany(limit + 1) if limit else cursor.fetchall()
    except duckdb.Error as error:
        raise fault(error) from None
    return Answer(columns, rows[:limit] if limit else rows, bool(limit and len(rows) > limit))


def fault(error: duckdb.Error) -> KlantkluisError:
    """What an analyst reads of an error of DuckDB."""
    kind = type(error).__name__
    if kind == "PermissionException":
        return NotAllowedError(
            "the published data can be read, and nothing else can be opened or set",
            code="query_not_allowed",
            todo="leave out files, network addresses, ATTACH and SET",
        )
    if kind in _ABOUT_THE_QUERY:
        text = printable(str(error).partition("\n\n")[0].partition("\nLINE ")[0]).strip()
        return UsageError(f"the query is not right: {text}", code="query_wrong")
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
    import contextlib

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - gives input() its line editing; nothing is written
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
        elif text.endswith(";"):
            lines.clear()
            try:
                show(session, answer(connection, text, limit))
            except KlantkluisError as error:
                session.output.line(session.texts.error(error))
