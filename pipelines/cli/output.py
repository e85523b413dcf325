"""How results look: sentences and tables for people, one JSON document for programs.

Privacy: values reach a screen only as rows that a query asked for; control characters in them
are replaced, so that a cell of a source file cannot steer the reader's terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Protocol

import typer

from pipelines.cli.texts import Texts

WIDE = 12
"""More columns than this do not stand beside one another on a screen."""
ACROSS = 5
"""Rows of a wide table that are shown side by side."""


class Progress(Protocol):
    """Called with the name of a step, how far it is, and of how much where that is known."""

    def __call__(self, step: str, done: int, total: int | None = None) -> None: ...


class Output:
    """Writes to the terminal; with ``as_json`` only the document goes to standard output."""

    def __init__(self, texts: Texts, as_json: bool) -> None:
        self.texts = texts
        self.as_json = as_json

    def say(self, key: str, **fields: object) -> None:
        """One message of the catalogue as a line."""
        self.line(self.texts(key, **fields))

    def line(self, text: str) -> None:
        """One line for people; with ``--json`` nothing, for the document says it all."""
        if not self.as_json:
            typer.echo(text)

    def document(self, value: object) -> None:
        """The one JSON document of a command; without ``--json`` nothing."""
        if self.as_json:
            import orjson

            typer.echo(orjson.dumps(plain(value), option=orjson.OPT_INDENT_2).decode())

    def listing(self, rows: Sequence[Mapping[str, object]], empty: str) -> None:
        """What there is of one kind: the document, a table, or the sentence that there is nothing."""
        self.document(rows)
        if rows:
            self.rows(rows)
        else:
            self.say(empty)

    def rows(self, rows: Sequence[Mapping[str, object]]) -> None:
        """A table of rows that name their columns; none make no table."""
        if rows:
            self.table(self.heads(rows[0]), [list(row.values()) for row in rows])

    def heads(self, columns: Iterable[str]) -> list[str]:
        """What the columns are called in the reader's language."""
        return [self.texts(f"head_{column}") for column in columns]

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table for people; with ``--json`` nothing."""
        if self.as_json:
            return
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        if len(columns) > WIDE and rows:
            self._across(columns, rows)
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for index, column in enumerate(columns):
            is_number = any(isinstance(r[index], int | float | Decimal) for r in rows)
            table.add_column(Text(printable(column)), justify="right" if is_number else "left")
        for row in rows:
            table.add_row(*(Text(self._cell(value)) for value in row))
        console = Console()
        if not console.is_terminal:
            console.width = 200
        console.print(table)

    def _across(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A wide table on its side, a few rows at a time, so that it can be read."""
        for start in range(0, len(rows), ACROSS):
            some = rows[start : start + ACROSS]
            heads = ["", *(str(start + place + 1) for place in range(len(some)))]
            turned = [[column, *(row[i] for row in some)] for i, column in enumerate(columns)]
            self.table(heads, turned)

    def _cell(self, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return self.texts("yes" if value else "no")
        if isinstance(value, int):
            return str(self.texts.number(value))
        return printable(str(value))

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Bars on a terminal, a plain line per step elsewhere, both on standard error."""
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal and not self.as_json:
            with _bars(console) as report:
                yield report
        else:
            yield _lines()


def _lines() -> Progress:
    seen: set[str] = set()

    def report(step: str, done: int, total: int | None = None) -> None:
        del done, total
        if step not in seen:
            seen.add(step)
            typer.echo(f"  {step}", err=True)

    return report


@contextmanager
def _bars(console: Any) -> Iterator[Progress]:
    from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int | None = None) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield report


def printable(text: str) -> str:
    """The text without characters that a terminal obeys."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c
        for c in text.replace("\n", " ").replace("\t", " ")
    )


def plain(value: object) -> object:
    """A value as JSON knows it: decimals as numbers, instants as ISO 8601, the rest as text."""
    if value is None or isinstance(value, bool | str | float | datetime | date | time):
        return value
    if isinstance(value, int):
        return value if -(2**53) < value < 2**53 else str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    return str(value)
