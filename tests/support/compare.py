"""Two homes with the same keys, equal up to the renaming of random pseudonyms.

Pseudonyms, data keys and sealed texts are random; blind indexes are not, since both homes have
one index key. A subject is named after the least of its blind indexes, a sealed text is opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipelines.common.settings import Home, Settings
from pipelines.vault.keyring import KeyRing
from pipelines.vault.records import record_aad
from pipelines.vault.sealing import unseal
from pipelines.vault.store import Vault
from pipelines.vault.text_flags import FLAGS_PURPOSE
from tests.support.stores import duckdb_relations, sqlite_tables, stores_of

RANDOM_OR_TIME = {
    "started_at", "landed_at", "finished_at", "created_at", "expires_at", "key_id", "sealed",
    "subject_bucket", "run_id", "at", "mac", "payload_digest", "published_at", "wrapped",
    "sealed_at", "loaded_at", "as_of", "completed_at", "closed_at", "opened_at",
    "audit_sequence", "recorded_at",
}  # fmt: skip
SEALED_COLUMNS = {"sealed": b"", "sealed_flags": FLAGS_PURPOSE}
"""Sealed columns of a record, with what their sealing is bound to beside the record."""
UNSEALED = (
    "warehouse.intermediate.int_customer_months",
    "warehouse.intermediate.int_customer_segments_disclosed",
    "warehouse.intermediate.int_campaign_disclosure",
    "warehouse.intermediate.int_campaign_periods_disclosed",
)
"""Follow what was sealed when the build began: customers leave sealed months out (decision 0082), and
campaigns decide on sealed periods again, knowing what their seals show. The marts above them, which
have sealed periods from the seal, are compared."""
HASHED = {("intermediate.int_campaign_patterns", "persons")}
"""Lists of hashes of pseudonyms: only how many there are can be compared."""
SKIPPED = {
    "meta",
    "audit_entries",
    "audit_payloads",
    "counters",
    "key_epochs",
    "alembic_version",
    "runs",
}


def contents(home: Home) -> dict[str, list[str]]:
    """Every relation of vault and warehouse as sorted canonical rows."""
    names = _subject_names(home)
    found: dict[str, list[str]] = {}
    opened = _opened(home)
    for table, columns, rows in sqlite_tables(home.vault):
        if table not in SKIPPED:
            found[f"vault.{table}"] = _canonical(table, columns, rows, names, opened)
    for path, key in stores_of(home):
        for table, columns, rows in duckdb_relations(path, key, home.spill):
            if not table.startswith("ops."):
                found[f"{path.stem}.{table}"] = _canonical(table, columns, rows, names, {})
    return found


def differences(one: Home, other: Home) -> dict[str, tuple[int, int]]:
    """Relations that differ: how many rows only one or only the other has; no values."""
    a, b = contents(one), contents(other)
    found: dict[str, tuple[int, int]] = {}
    for table in sorted(a.keys() | b.keys()):
        left, right = list(a.get(table, ())), list(b.get(table, ()))
        if left != right:
            common = _common(left, right)
            found[table] = (len(left) - common, len(right) - common)
    return found


def differences_of_marts(one: Home, other: Home) -> dict[str, tuple[int, int]]:
    """The same of homes of which one was built once more than the other."""
    return {t: n for t, n in differences(one, other).items() if t not in UNSEALED}


def _common(left: list[str], right: list[str]) -> int:
    from collections import Counter

    return sum((Counter(left) & Counter(right)).values())


def _subject_names(home: Home) -> dict[Any, str]:
    """Random subject_key to a name that both homes share."""
    tables = {t: (c, r) for t, c, r in sqlite_tables(home.vault)}
    columns, rows = tables["identifiers"]
    kind, blind, subject = (columns.index(c) for c in ("kind", "blind", "subject_id"))
    least: dict[int, str] = {}
    for row in rows:
        name = f"{row[kind]}:{row[blind].hex()}"
        least[row[subject]] = min(least.get(row[subject], name), name)
    columns, rows = tables["subjects"]
    key, subject = columns.index("subject_key"), columns.index("subject_id")
    return {row[key]: f"subject<{least.get(row[subject], row[subject])}>" for row in rows}


def _opened(home: Home) -> dict[bytes, str]:
    """Sealed text to its content, for sealed records."""
    settings = Settings(home=home.root)
    vault = Vault.open(home, settings, KeyRing.open(home, settings))
    try:
        tables = {t: (c, r) for t, c, r in sqlite_tables(home.vault)}
        columns, rows = tables["sealed_records"]
        at = {c: i for i, c in enumerate(columns)}
        keys = vault.data_keys.get({row[at["key_id"]] for row in rows})
        return {
            row[at[column]]: unseal(
                keys[row[at["key_id"]]],
                row[at[column]],
                record_aad(row[at["entity"]], row[at["source"]], row[at["record_blind"]]) + purpose,
            ).decode()
            for row in rows
            for column, purpose in SEALED_COLUMNS.items()
            if row[at[column]] is not None
        }
    finally:
        vault.close()


def _canonical(
    table: str,
    columns: list[str],
    rows: list[tuple[Any, ...]],
    names: Mapping[Any, str],
    opened: Mapping[bytes, str],
) -> list[str]:
    made: list[str] = []
    for row in rows:
        values: dict[str, Any] = {}
        for column, value in zip(columns, row, strict=True):
            if column in SEALED_COLUMNS and table == "sealed_records":
                values[column] = opened.get(value)
            elif (column in RANDOM_OR_TIME and "." not in table) or column in {
                "subject_bucket",
                "published_at",
                "run_id",
                "sealed_at",
                "batch_run",
            }:
                continue
            elif (table, column) in HASHED and value is not None:
                values[column] = len(value)
            elif isinstance(value, bytes):
                values[column] = value.hex()
            else:
                values[column] = names.get(value, value) if isinstance(value, str) else value
        made.append(json.dumps(values, sort_keys=True, default=str))
    return sorted(made)
