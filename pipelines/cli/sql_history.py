"""What the shell of ``sql`` remembers from one day to the next.

Owns ``<home>/sql_history``, mode 0600. A query that somebody typed may hold a name, an address or a
telephone number, and a file outside the vault may not (docs/decisions/0087): of a query that was
answered, texts and long numbers are left out unless they are words that the published figures use,
and comments and quoted names are left out always.

Privacy: a query with its values in, the same without them to the file; all of it only in memory.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import duckdb

MOST: Final = 1_000
LEFT_OUT: Final = "'…'"
_TEXT = re.compile(r"'(?:[^']|'')*'")
_COMMENT = re.compile(r"--|/\*")
_QUOTED = re.compile(r"[\"'$]")
_DAY = re.compile(r"'\d{4}-\d{2}(-\d{2})?'")
_SHORT_NUMBER = re.compile(r"\d{1,5}(\.\d{1,4})?")


def used_words(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Texts of the published key figures: stages, channels, grains; never a pseudonym."""
    columns = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'marts' "
        "AND starts_with(table_name, 'kpi_') AND table_name <> 'kpi_definitions' "
        "AND data_type = 'VARCHAR' AND NOT ends_with(column_name, '_key')"
    ).fetchall()
    words: set[str] = set()
    for table, column in columns:
        rows = connection.execute(f'SELECT DISTINCT "{column}" FROM marts."{table}"').fetchall()
        words |= {str(value) for (value,) in rows if value}
    return frozenset(words)


def kept(query: str, words: frozenset[str]) -> str:
    """A query as one line without what may be somebody's.

    Args:
        query: SQL that was answered, so that its names are those of tables and columns.
        words: Texts that may stand.
    """
    import duckdb

    places = duckdb.tokenize(query)
    ends = [start for start, _ in places[1:]] + [len(query)]
    parts: list[str] = []
    for (start, kind), end in zip(places, ends, strict=True):
        text = query[start:end]
        bare = text.strip()
        gap = " " if text != text.rstrip() else ""
        parts.append(_token(bare, kind, words) + gap)
    return " ".join("".join(parts).split())


def _token(text: str, kind: object, words: frozenset[str]) -> str:
    """One token; DuckDB counts what follows it, a comment too, to it."""
    import duckdb

    if kind == duckdb.token_type.comment:
        return ""
    if kind == duckdb.token_type.string_const:
        found = _TEXT.match(text)
        is_known = found and (
            found[0][1:-1].replace("''", "'") in words or _DAY.fullmatch(found[0])
        )
        return found[0] if found and is_known else LEFT_OUT
    bare = _COMMENT.split(text)[0].strip()
    if kind == duckdb.token_type.numeric_const:
        return bare if _SHORT_NUMBER.fullmatch(bare) else LEFT_OUT
    return LEFT_OUT if _QUOTED.search(bare) else bare  # a quoted name may be any text


class History:
    """Lines of the shell: in memory as they were typed, in the file as they may stand there."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self._path, self._connection = path, connection
        self._words: frozenset[str] | None = None

    def lines(self) -> list[str]:
        """What is remembered of earlier days, oldest first; nothing where it cannot be read."""
        with suppress(OSError, UnicodeDecodeError):
            return self._path.read_text(encoding="utf-8").splitlines()
        return []

    def note(self, query: str) -> None:
        """Remember a query that was answered; silently not, where the home cannot be written."""
        if self._words is None:
            self._words = used_words(self._connection)
        line = kept(query, self._words)
        lines = [*(old for old in self.lines() if old != line), line][-MOST:]
        with suppress(OSError):
            self._path.touch(mode=0o600)
            self._path.chmod(0o600)
            self._path.write_text("\n".join(lines) + "\n", encoding="utf-8")
