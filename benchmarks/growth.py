"""Grows a landed home into one many times its size, in bulk: landing a million contacts takes an hour.

Persons and their companies, with all that hangs on them, stand N times: each copy with subjects,
random data keys, blind indexes, sealed records (sealed anew under those keys) and pseudonymous rows
of its own. Campaigns, products, staff and rates stand once. What a copy does not have: texts say the
names of the first one, whose blind indexes are others, so a mention in a copy is noted as if it
were found and is not cut where somebody of that copy is erased. So only persons of the
first copy are erased one by one; the store around them is N times as large. Bare SQL and the
vault's own sealing; the code that erases runs unchanged.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from benchmarks.homes import settings_of
from pipelines.common.entities import load_entities
from pipelines.common.settings import Home
from pipelines.runs import Deployment
from pipelines.vault.keyring import KeyRing
from pipelines.vault.records import record_aad
from pipelines.vault.sealing import seal, unseal
from pipelines.warehouse.connection import connect_warehouse, quote

ONCE: Final = frozenset(
    {
        "users", "products", "pipeline_stages", "quotas", "campaigns", "costs", "sla_policies",
        "exchange_rates",
    }
)  # fmt: skip
"""Entities that do not grow with the number of persons."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_NEVER_FIRST: Final = "0189"
"""Pseudonyms are base32, which has none of these: a copy's name begins no pseudonym there is."""


def grow(root: str, times: int) -> dict[str, Any]:
    """Make the home under a folder ``times`` as large; the next run builds and publishes it.

    Returns:
        Subjects, sealed records and pseudonymous rows that stand there now.
    """
    with Deployment.open(settings_of(Path(root))) as deployment:
        home, keyring = deployment.home, deployment.keyring
        with closing(
            connect_warehouse(home, keyring.role_key("warehouse"), deployment.settings)
        ) as d:
            rows = _grow_warehouse(d, times)
        with closing(sqlite3.connect(home.vault)) as db:
            base = _Base(db)
        opened = _opened(deployment.vault, base)
    subjects, records = _grow_vault(home, keyring, base, opened, times)  # nobody has it open now
    return {"subjects": subjects, "sealed_records": records, "warehouse_rows": rows}


def grow_warehouse(root: str, times: int) -> dict[str, Any]:
    """Make the pseudonymous rows alone ``times`` as many: enough for a build, not for an erasure."""
    with Deployment.open(settings_of(Path(root))) as deployment:
        key = deployment.keyring.role_key("warehouse")
        with closing(connect_warehouse(deployment.home, key, deployment.settings)) as duck:
            return {"warehouse_rows": _grow_warehouse(duck, times)}


def mark(copy: int) -> str:
    """Three characters that name a copy, up to 2,703 of them.

    With letters alone a pseudonym that happened to begin as a copy's name was its own copy.
    """
    first, rest = divmod(copy, 26 * 26)
    return _NEVER_FIRST[first] + _LETTERS[rest // 26] + _LETTERS[rest % 26]


def _grow_warehouse(duck: Any, times: int) -> int:
    copies = ", ".join(f"('{mark(k)}')" for k in range(1, times))
    duck.execute(f"create temp table copies as select * from (values {copies}) as t(mark)")
    rows = 0
    duck.execute("begin")
    for entity in load_entities().values():
        table = f"warehouse.pseudo.{quote(entity.name)}"
        if entity.name not in ONCE:
            names = [c[0] for c in duck.execute(f"select * from {table} limit 0").description]
            columns = ", ".join(_column(name, entity.references) for name in names)
            duck.execute(f"insert into {table} select {columns} from {table} t cross join copies")
        rows += duck.execute(f"select count(*) from {table}").fetchone()[0]
    duck.execute(
        "insert into warehouse.pseudo.subjects select mark || substr(subject_key, 4), kind, "
        "subject_bucket, staff_alias, batch_id from warehouse.pseudo.subjects cross join copies "
        "where kind <> 'user'"
    )
    for schema in ("marts", "sealed", "intermediate", "staging"):
        duck.execute(f"drop schema if exists warehouse.{schema} cascade")
    duck.execute("drop table if exists warehouse.ops.builds")
    grown = ", ".join(f"'{name}'" for name in load_entities() if name not in ONCE)
    counts = ", ".join(f"{c} = {c} * {times}" for c in ("rows_read", "landed", "unchanged"))
    duck.execute(f"update warehouse.ops.batch_counts set {counts} where entity in ({grown})")
    duck.execute("commit")
    return rows


def _column(name: str, references: Any) -> str:
    """A column of a copy: whom and what it is about is the copy's own."""
    if name == "user_key":
        return name
    if name.endswith("_key") and name != "record_key":
        return f"mark || substr({quote(name)}, 4) as {quote(name)}"
    if name in ("record_key", "visitor_id", "session_id"):
        return f"{quote(name)} || mark as {quote(name)}"
    target = references.get(name)
    if target is not None and target not in ONCE and name.endswith("_id"):
        return f"{quote(name)} || mark as {quote(name)}"
    return quote(name)


def _grow_vault(
    home: Home, keyring: KeyRing, base: _Base, opened: dict[int, bytes], times: int
) -> tuple[int, int]:
    with closing(sqlite3.connect(home.vault, isolation_level=None)) as db:
        for pragma in ("journal_mode=off", "synchronous=off", "cache_size=-200000"):
            db.execute(f"pragma {pragma}")
        indexes = _drop_indexes(db)
        with closing(sqlite3.connect(home.data_keys, isolation_level=None)) as keys_db:
            keys_db.execute("pragma synchronous=off")
            for copy in range(1, times):
                db.execute("begin")
                keys_db.execute("begin")
                keys = {k: (secrets.randbits(63) | 1, os.urandom(32)) for k in base.own_keys}
                keys_db.executemany(
                    "insert into data_keys (key_id, wrapped) values (?, ?)",
                    ((i, keyring.wrap(key, b"data key %d" % i)) for i, key in keys.values()),
                )
                _write_copy(db, base, opened, copy, keys)
                keys_db.execute("commit")
                db.execute("commit")
        for sql in indexes:
            db.execute(sql)
        grown = ", ".join(f"'{name}'" for name in load_entities() if name not in ONCE)
        db.execute(
            f"update batch_counts set rows_read = rows_read * {times}, landed = landed * {times}, "
            f"unchanged = unchanged * {times} where entity in ({grown})"
        )
        db.execute("delete from runs")
        for name, ids in (
            ("subjects", base.subjects),
            ("records", base.records),
            ("consents", base.consents),
        ):
            db.execute("update counters set value = max(value, ?) where name = ?",
                       (ids * times, name))  # fmt: skip
        db.execute("analyze")
        db.execute("pragma journal_mode=wal")
        subjects = db.execute("select count(*) from subjects").fetchone()[0]
        records = db.execute("select count(*) from sealed_records").fetchone()[0]
    return int(subjects), int(records)


class _Base:
    """The rows of the first copy, read once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.subject_rows = _rows(db, "subjects where kind <> 'user'")
        users = {r["subject_id"] for r in _rows(db, "subjects where kind = 'user'")}
        self.users = users
        once = ", ".join(f"'{name}'" for name in ONCE)
        self.record_rows = _rows(db, f"sealed_records where entity not in ({once})")
        kept = {r["record_id"] for r in self.record_rows}
        self.identifier_rows = [r for r in _rows(db, "identifiers") if r["subject_id"] not in users]
        self.mention_rows = [r for r in _rows(db, "mentions") if r["record_id"] in kept]
        self.consent_rows = _rows(db, "consents")
        user_keys = {k for (k,) in db.execute("select key_id from subjects where kind = 'user'")}
        every = {r["key_id"] for r in (*self.subject_rows, *self.record_rows)}
        self.own_keys = sorted(every - user_keys - {0})
        self.subjects = _most(db, "subjects", "subject_id")
        self.records = _most(db, "sealed_records", "record_id")
        self.consents = _most(db, "consents", "consent_id")


def _write_copy(
    db: sqlite3.Connection, base: _Base, opened: dict[int, bytes], copy: int,
    keys: dict[int, tuple[int, bytes]],
) -> None:  # fmt: skip
    name = mark(copy)
    salt = copy.to_bytes(4, "big")

    def subject(i: int | None) -> int | None:
        return i if i is None or i in base.users else i + copy * base.subjects

    def blind(old: bytes) -> bytes:
        return blake2b(old + salt, digest_size=16).digest()

    def record(row: dict[str, Any]) -> dict[str, Any]:
        fresh = blind(row["record_blind"])
        key_id, key = keys.get(row["key_id"], (row["key_id"], None))
        content = opened.get(row["record_id"])
        sealed = row["sealed"]
        if key is not None and content is not None:
            sealed = seal(key, content, record_aad(row["entity"], row["source"], fresh))
        return row | {
            "record_id": row["record_id"] + copy * base.records, "record_blind": fresh,
            "record_key": row["record_key"] + name, "subject_id": subject(row["subject_id"]),
            "account_subject_id": subject(row["account_subject_id"]), "key_id": key_id,
            "sealed": sealed,
        }  # fmt: skip

    _insert(db, "subjects", (
        r | {"subject_id": subject(r["subject_id"]), "subject_key": name + r["subject_key"][3:],
             "key_id": keys.get(r["key_id"], (0, b""))[0], "merged_into": subject(r["merged_into"])}
        for r in base.subject_rows
    ))  # fmt: skip
    _insert(db, "sealed_records", map(record, base.record_rows))
    _insert(db, "identifiers", (
        r | {"blind": blind(r["blind"]), "subject_id": subject(r["subject_id"])}
        for r in base.identifier_rows
    ))  # fmt: skip
    _insert(db, "mentions", (
        r | {"record_id": r["record_id"] + copy * base.records, "blind": blind(r["blind"])}
        for r in base.mention_rows
    ))  # fmt: skip
    _insert(db, "consents", (
        r | {"consent_id": r["consent_id"] + copy * base.consents,
             "subject_id": subject(r["subject_id"]), "evidence": None,
             "reference": r["reference"] and r["reference"] + name}
        for r in base.consent_rows
    ))  # fmt: skip


def _opened(vault: Any, base: _Base) -> dict[int, bytes]:
    """What the sealed records of the first copy say. Privacy: a synthetic sample, in memory."""
    keys = vault.data_keys.get({r["key_id"] for r in base.record_rows})
    return {
        r["record_id"]: unseal(
            keys[r["key_id"]], r["sealed"], record_aad(r["entity"], r["source"], r["record_blind"])
        )
        for r in base.record_rows
        if r["sealed"] is not None and r["key_id"] in keys
    }


def _drop_indexes(db: sqlite3.Connection) -> list[str]:
    """Drop what can be made again in one sort; returns the statements that do."""
    found = db.execute(
        "select name, sql from sqlite_master where type = 'index' and sql is not null and "
        "tbl_name in ('subjects', 'sealed_records', 'identifiers', 'mentions', 'consents')"
    ).fetchall()
    for name, _ in found:
        db.execute(f'drop index "{name}"')
    return [sql for _, sql in found]


def _rows(db: sqlite3.Connection, what: str) -> list[dict[str, Any]]:
    cursor = db.execute(f"select * from {what}")
    names = [d[0] for d in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _insert(db: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    names = [d[0] for d in db.execute(f"select * from {table} limit 0").description]
    marks = ", ".join("?" * len(names))
    db.executemany(
        f"insert into {table} ({', '.join(names)}) values ({marks})",
        (tuple(row[n] for n in names) for row in rows),
    )


def _most(db: sqlite3.Connection, table: str, column: str) -> int:
    return int(db.execute(f"select coalesce(max({column}), 0) from {table}").fetchone()[0])
