"""Rewrites the warehouse into a new file, so that deleted rows leave their bytes behind.

DELETE, CHECKPOINT and VACUUM keep the old bytes of a row in a DuckDB file until the file is
rewritten. Views keep the alias under which they were made, so the old and the new file are
used under the same one.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
from pydantic import SecretStr

from pipelines.common.errors import StorageError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.connection import WAREHOUSE, attach, literal, open_instance, quote
from pipelines.warehouse.replacement import replaced

_COMPACTED = "compacted"


def compact_warehouse(home: Home, key: SecretStr, settings: Settings) -> None:
    """Copy the warehouse into a new encrypted file and put that in its place.

    The caller holds the home's lock and has no connection to the warehouse open.

    Args:
        home: The deployment's places; needs as much free space as the warehouse takes.
        key: The warehouse key; the new file has the same.
        settings: Memory limit (MB).

    Raises:
        StorageError: No space, read-only, damaged or absent; the old file stays as it was.
        KeyWrongError: The key does not open the warehouse.

    Privacy: pseudonymous in, pseudonymous out; deleted rows are gone afterwards.
    """
    if not home.warehouse.is_file():
        raise StorageError(
            "there is no warehouse yet", code="store_missing", todo="run klantkluis run"
        )
    with replaced(home.warehouse) as beside, closing(open_instance(home.spill, settings)) as duck:
        # Opened for writing: a WAL that a kill has left is part of the warehouse.
        attach(duck, home.warehouse, key, alias=WAREHOUSE)
        attach(duck, beside, key, alias=_COMPACTED)
        duck.execute(f"COPY FROM DATABASE {WAREHOUSE} TO {_COMPACTED}")
        duck.execute(f"DETACH {_COMPACTED}")
        duck.execute(f"DETACH {WAREHOUSE}")


def recrypt_store(
    spill: Path, path: Path, key: SecretStr, fresh: SecretStr, settings: Settings
) -> None:
    """Copy a store into a new file under another key and put that in its place.

    Args:
        spill: Folder for temporary files.
        path: The warehouse, or a published file; nobody has it open for writing.
        key: What opens it.
        fresh: What is to open it.
        settings: Memory limit (MB).

    Raises:
        StorageError: No space, read-only or damaged; the old file stays as it was.
        KeyWrongError: The key does not open it.

    Privacy: pseudonymous in, pseudonymous out.
    """
    alias = path.stem
    with replaced(path) as beside, closing(open_instance(spill, settings)) as duck:
        attach(duck, path, key, alias=alias)
        attach(duck, beside, fresh, alias=_COMPACTED)
        duck.execute(f"COPY FROM DATABASE {alias} TO {_COMPACTED}")
        _copy_comments(duck, alias)
        duck.execute(f"DETACH {_COMPACTED}")
        duck.execute(f"DETACH {alias}")


def _copy_comments(duck: duckdb.DuckDBPyConnection, alias: str) -> None:
    """COPY FROM DATABASE leaves what is said about tables behind."""
    said = duck.execute(
        "SELECT schema_name, table_name, comment FROM duckdb_tables() "
        "WHERE database_name = ? AND comment IS NOT NULL",
        [alias],
    ).fetchall()
    for schema, table, comment in said:
        name = f"{_COMPACTED}.{quote(schema)}.{quote(table)}"
        duck.execute(f"COMMENT ON TABLE {name} IS {literal(comment)}")
