"""Subjects and the blind identifiers by which they are found. Everything in bulk.

Privacy: blind indexes and pseudonyms only. Who merges whom is decided in
``pipelines.identity``; a merge leaves both rows and can be undone.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.vault import schema
from pipelines.vault.blind_index import keys_from
from pipelines.vault.bulk import allocate, insert_rows, select_in

if TYPE_CHECKING:
    from pipelines.vault.store import Vault

BUCKETS: Final = 64
FORMER: Final = "former_"
"""Before the kind of an identifier that was corrected away; its blind index stays that of the kind,
so that it is looked up and rotated as before (docs/decisions/0095)."""
_COLUMNS = (
    "subject_id", "subject_key", "kind", "subject_bucket", "key_id", "state", "staff_alias",
    "created_batch",
)  # fmt: skip

Pair = tuple[str, bytes]
"""Kind of identifier and its blind index."""


class Subject(NamedTuple):
    """One person, account or user of staff, under a pseudonym."""

    subject_id: int
    subject_key: str
    kind: str
    subject_bucket: int
    key_id: int


def create_subjects(
    conn: Connection, vault: Vault, kind: str, count: int, batch_id: int | None
) -> list[Subject]:
    """New subjects, each with a data key and a random pseudonym and bucket.

    Args:
        conn: In a transaction; data keys are committed before it (orphans harm nobody).
        vault: Whose subjects they are.
        kind: ``account``, ``contact`` or ``user``; users get the next staff aliases.
        count: How many.
        batch_id: The batch that brought them.
    """
    if not count:
        return []
    keys = vault.data_keys.create(count)
    ids = allocate(conn, "subjects", count)
    aliases = allocate(conn, "staff_aliases", count) if kind == "user" else [None] * count
    names = new_subject_keys(count)
    buckets = [byte % BUCKETS for byte in os.urandom(count)]
    made = [
        Subject(subject_id, name, kind, bucket, key_id)
        for subject_id, name, bucket, (key_id, _) in zip(ids, names, buckets, keys, strict=True)
    ]
    rows = [
        (*subject, "active", alias, batch_id) for subject, alias in zip(made, aliases, strict=True)
    ]
    insert_rows(conn, schema.subjects, _COLUMNS, rows)
    return made


def create_erased(conn: Connection) -> int:
    """A subject as an erasure leaves it, for the closed request of who is erased and not known here."""
    (subject_id,) = allocate(conn, "subjects", 1)
    (blank,) = new_subject_keys(1)
    row = (subject_id, blank, "contact", 0, 0, "erased", None, None)
    insert_rows(conn, schema.subjects, _COLUMNS, [row])
    return subject_id


def blank_pseudonyms(conn: Connection, subject_ids: Collection[int]) -> None:
    """Let only the ledger know under which pseudonym subjects were erased; their data key is gone.

    SQLite overwrites what it deletes, and leaves copies of some index entries in pages that it once
    split (one in some hundreds): ``secure_delete`` knows nothing of these. So the index is made anew.
    """
    t = schema.subjects
    for subject_id, blank in zip(subject_ids, new_subject_keys(len(subject_ids)), strict=True):
        conn.execute(
            sa.update(t).where(t.c.subject_id == subject_id).values(subject_key=blank, key_id=0)
        )
    if subject_ids and conn.dialect.name == "sqlite":
        conn.exec_driver_sql(f"REINDEX {t.name}")


def new_subject_keys(count: int) -> list[str]:
    """Random pseudonyms, 12 characters of ``a-z2-7``, 60 bits each."""
    return keys_from(os.urandom(15 * ((count + 1) // 2)))[:count]


def find_identifiers(conn: Connection, pairs: Iterable[Pair]) -> dict[Pair, tuple[int, ...]]:
    """Subjects that bear each identifier, ascending; a merged subject counts as its survivor.

    Identifiers that nobody bears are absent.
    """
    sql = (
        "SELECT i.blind, s.subject_id, s.merged_into FROM identifiers i "
        "JOIN subjects s ON s.subject_id = i.subject_id "
        "WHERE i.blind IN ({values}) AND i.kind = {mark}"
    )
    one: dict[Pair, int] = {}  # nearly all have one bearer, who needs no set
    several: dict[Pair, set[int]] = {}
    merged: set[int] = set()
    for kind, blinds in by_kind(pairs).items():
        for blind, subject_id, merged_into in select_in(conn, sql, blinds, kind):
            first = one.setdefault((kind, blind), subject_id)
            if first != subject_id:
                several.setdefault((kind, blind), {first}).add(subject_id)
            if merged_into is not None:
                merged.add(subject_id)
    survivor = survivors(conn, merged) if merged else {}
    bearers = {pair: (survivor.get(i, i),) for pair, i in one.items()}
    return bearers | {
        pair: tuple(sorted({survivor.get(i, i) for i in ids})) for pair, ids in several.items()
    }


def has_former(conn: Connection) -> bool:
    """Whether any identifier may be a former one; corrections alone make them."""
    sql = "SELECT 1 FROM overlays WHERE entity = 'contacts' LIMIT 1"
    return conn.exec_driver_sql(sql).first() is not None


def find_former(conn: Connection, pairs: Iterable[Pair]) -> dict[Pair, tuple[int, ...]]:
    """As :func:`find_identifiers`, by what was corrected away.

    Ask it only for identifiers that nobody bears: a former one yields to whoever has it as theirs.
    """
    wanted = [(FORMER + kind, blind) for kind, blind in pairs]
    found = find_identifiers(conn, wanted) if wanted else {}
    return {(kind.removeprefix(FORMER), blind): ids for (kind, blind), ids in found.items()}


def bearers_up_to(conn: Connection, pair: Pair, most: int) -> dict[int, str]:
    """The kind of each subject that bears an identifier, ``most`` at most; merged ones as survivors.

    For what very many may share: whoever asks need not pay for all of them.
    """
    sql = (
        "SELECT DISTINCT coalesce(s.merged_into, s.subject_id), s.kind FROM identifiers i "
        "JOIN subjects s ON s.subject_id = i.subject_id "
        "WHERE i.blind IN ({values}) AND i.kind = {mark} LIMIT {mark}"
    )
    return dict(select_in(conn, sql, [pair[1]], pair[0], most))


def find_oldest_bearers(conn: Connection, pairs: Iterable[Pair]) -> dict[Pair, tuple[int, ...]]:
    """The oldest subject that bears each identifier, for those that very many may share."""
    sql = (
        "SELECT i.blind, min(coalesce(s.merged_into, s.subject_id)) FROM identifiers i "
        "JOIN subjects s ON s.subject_id = i.subject_id "
        "WHERE i.blind IN ({values}) AND i.kind = {mark} GROUP BY i.blind"
    )
    oldest = {
        (kind, blind): subject_id
        for kind, blinds in by_kind(pairs).items()
        for blind, subject_id in select_in(conn, sql, blinds, kind)
    }
    survivor = survivors(conn, oldest.values())
    return {pair: (survivor[subject_id],) for pair, subject_id in oldest.items()}


def names_of(conn: Connection, subject_ids: Iterable[int]) -> Iterator[tuple[int, str, bytes]]:
    """(subject_id, kind, blind) of the names that subjects bear."""
    sql = (
        "SELECT subject_id, kind, blind FROM identifiers "
        "WHERE subject_id IN ({values}) AND kind IN ('name', 'full_name')"
    )
    yield from select_in(conn, sql, subject_ids)


def add_identifiers(
    conn: Connection, rows: Iterable[tuple[str, bytes, int, str]], batch_id: int | None
) -> None:
    """Note (kind, blind, subject_id, source) rows; those that are known stay as they are."""
    epoch = current_epoch(conn)
    rows = sorted(rows, key=itemgetter(1))  # in the order of the index: each page is met once
    insert_rows(
        conn, schema.identifiers,
        ("kind", "blind", "subject_id", "source", "epoch", "batch_id"),
        ((kind, blind, subject, source, epoch, batch_id) for kind, blind, subject, source in rows),
        ignore=True,
    )  # fmt: skip


def identifiers_of(conn: Connection, subject_ids: Iterable[int]) -> set[Pair]:
    """Every identifier that subjects bear, former ones under kinds of their own."""
    sql = "SELECT kind, blind FROM identifiers WHERE subject_id IN ({values})"
    return {(kind, blind) for kind, blind in select_in(conn, sql, subject_ids)}


def load_subjects(conn: Connection, ids: Iterable[int]) -> dict[int, Subject]:
    """Subjects by the id asked for; a merged one is answered with its survivor."""
    wanted = set(ids)
    survivor = survivors(conn, wanted)
    found = load_exact(conn, survivor.values())
    return {i: found[s] for i, s in survivor.items() if s in found}


def load_exact(conn: Connection, ids: Iterable[int]) -> dict[int, Subject]:
    """Subjects by id as they are, merged ones too."""
    sql = (
        "SELECT subject_id, subject_key, kind, subject_bucket, key_id FROM subjects "
        "WHERE subject_id IN ({values})"
    )
    return {row[0]: Subject._make(row) for row in select_in(conn, sql, set(ids))}


def has_merged(conn: Connection) -> bool:
    """Whether anybody is merged at all; spares look-ups where nobody is."""
    sql = "SELECT 1 FROM subjects WHERE merged_into IS NOT NULL LIMIT 1"
    return conn.exec_driver_sql(sql).first() is not None


def merged_bearers(conn: Connection, pairs: Iterable[Pair]) -> dict[Pair, int]:
    """The merged subject that itself bears an identifier, the oldest where several do.

    New rows of somebody who was merged are kept under their own key, so that undoing the merge
    gives each their rows back.
    """
    sql = (
        "SELECT i.blind, min(s.subject_id) FROM identifiers i "
        "JOIN subjects s ON s.subject_id = i.subject_id "
        "WHERE i.blind IN ({values}) AND i.kind = {mark} AND s.merged_into IS NOT NULL "
        "GROUP BY i.blind"
    )
    return {
        (kind, blind): subject_id
        for kind, blinds in by_kind(pairs).items()
        for blind, subject_id in select_in(conn, sql, blinds, kind)
    }


def survivors(conn: Connection, ids: Iterable[int]) -> dict[int, int]:
    """The subject that each id stands for after merges, itself when it was not merged."""
    sql = (
        "SELECT subject_id, merged_into FROM subjects "
        "WHERE subject_id IN ({values}) AND merged_into IS NOT NULL"
    )
    answer = {i: i for i in ids}
    step = dict(select_in(conn, sql, answer))
    while step:
        answer = {i: step.get(s, s) for i, s in answer.items()}
        step = dict(select_in(conn, sql, set(step.values())))
    return answer


def members(conn: Connection, subject_id: int) -> list[int]:
    """A subject's survivor and everybody merged into it, the survivor first."""
    found = [survivors(conn, [subject_id])[subject_id]]
    sql = "SELECT subject_id FROM subjects WHERE merged_into IN ({values})"
    layer = found
    while layer:
        layer = [i for (i,) in select_in(conn, sql, layer)]
        found += layer
    return found


def current_epoch(conn: Connection) -> int:
    """The epoch of the index key in use."""
    return int(conn.exec_driver_sql("SELECT max(epoch) FROM key_epochs").scalar_one())


def by_kind(pairs: Iterable[Pair]) -> Mapping[str, set[bytes]]:
    """Blind indexes grouped by kind."""
    grouped: dict[str, set[bytes]] = defaultdict(set)
    for kind, blind in pairs:
        grouped[kind].add(blind)
    return grouped
