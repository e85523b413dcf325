"""Which rows of a sealed entity are new or changed: only those are resolved, read and sealed.

A row is known by the blind index of its key and by a MAC over what is stored of it; nothing is
unsealed to compare. Rows that stood earlier in the same file are kept in a temporary table of
the warehouse's connection, so that memory does not grow with the file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl

from pipelines.batches.context import Batch
from pipelines.common.entities import Entity
from pipelines.common.rejects import Reject
from pipelines.privacy.pseudonymise import qualify
from pipelines.vault.records import RecordState, find_records
from pipelines.vault.suppression import find_suppressed

RECORD_KIND = "record"
"""Kind of identifier of a sealed record itself, ``<entity>|<namespace>|<id>``."""


@dataclass(frozen=True)
class NewRows:
    """New and changed rows with what identifies them, aligned."""

    frame: pl.DataFrame
    record_keys: pl.Series
    blinds: list[bytes]
    macs: list[bytes]
    states: list[RecordState | None]

    def filter(self, keep: pl.Series) -> NewRows:
        """The rows where ``keep`` is true."""
        if keep.all():
            return self
        places = keep.arg_true().to_list()
        return NewRows(
            self.frame.filter(keep),
            self.record_keys.filter(keep),
            [self.blinds[i] for i in places],
            [self.macs[i] for i in places],
            [self.states[i] for i in places],
        )


def key_text(entity: Entity) -> pl.Expr:
    """The key of a row as one text; parts of a composite key are joined by a bar."""
    if len(entity.key) == 1:
        return pl.col(entity.key[0])
    return pl.concat_str(
        [pl.col(c).cast(pl.String).fill_null("") for c in entity.key], separator="|"
    )


def record_keys(batch: Batch, entity: Entity, frame: pl.DataFrame) -> pl.Series:
    """The warehouse's key of each row: the qualified id, or a token where the id is a person's."""
    namespace = batch.namespace(entity.name, entity.key[0])
    rule = batch.policy.entities[entity.name].columns[entity.key[0]]
    if rule.action != "token":
        return frame.select(qualify(key_text(entity), namespace).alias("record_key")).to_series()
    token = batch.vault.index.token
    return pl.Series(
        "record_key",
        [token("record_key", f"{entity.name}|{namespace}|{k}") for k in frame[entity.key[0]]],
        dtype=pl.String,
    )


def split_known(batch: Batch, entity: Entity, frame: pl.DataFrame) -> NewRows:
    """The rows that have to land; counts the unchanged, the suppressed and the repeated."""
    counts = batch.counts_of(entity.name)
    namespace = batch.namespace(entity.name, entity.key[0])
    of = batch.vault.index.of
    keys = frame.select(key_text(entity)).to_series().to_list()
    blinds = [of(RECORD_KIND, f"{entity.name}|{namespace}|{k}") for k in keys]
    macs = _macs(batch, entity, frame)
    known = find_records(batch.connection, entity.name, batch.source.name, blinds)
    suppressed = _suppressed(batch, blinds)
    seen = _Seen(batch, entity)
    places: list[int] = []
    fresh = seen.not_seen(blinds, macs)
    for place, (blind, mac) in enumerate(zip(blinds, macs, strict=True)):
        state = known.get(blind)
        if fresh[place] == "conflict":
            counts.quarantined += 1
            batch.rejects.append(_conflict(entity, frame, place))
        elif fresh[place] == "same" or (state is not None and state.content_mac == mac):
            counts.unchanged += 1
        elif blind in suppressed:
            counts.suppressed += 1
        else:
            places.append(place)
    rows = frame if len(places) == frame.height else frame[places]
    return NewRows(
        rows,
        record_keys(batch, entity, rows),
        [blinds[i] for i in places],
        [macs[i] for i in places],
        [known.get(blinds[i]) for i in places],
    )


class _Seen:
    """Keys of a sealed entity that this file has had so far: ``seen_<entity>``."""

    def __init__(self, batch: Batch, entity: Entity) -> None:
        self._duckdb = batch.duckdb
        self._name = f"seen_{entity.name}"
        self._duckdb.execute(f"create temp table if not exists {self._name} (blind BLOB, mac BLOB)")

    def not_seen(self, blinds: list[bytes], macs: list[bytes]) -> list[str]:
        """Per row ``new``, ``same`` as an earlier row of the file, or ``conflict`` with one."""
        chunk = pl.DataFrame({"blind": blinds, "mac": macs})
        self._duckdb.register("chunk", chunk.to_arrow())
        before: dict[bytes, bytes] = dict(
            self._duckdb.execute(
                f"select s.blind, s.mac from {self._name} s semi join chunk c on c.blind = s.blind"
            ).fetchall()
        )
        found: list[str] = []
        for blind, mac in zip(blinds, macs, strict=True):
            earlier = before.setdefault(blind, mac) if blind in before else None
            if earlier is None:
                before[blind] = mac
                found.append("new")
            else:
                found.append("same" if earlier == mac else "conflict")
        self._duckdb.execute(
            f"insert into {self._name} select blind, mac from chunk "
            f"anti join {self._name} s using (blind)"
        )
        self._duckdb.unregister("chunk")
        return found


def _macs(batch: Batch, entity: Entity, frame: pl.DataFrame) -> list[bytes]:
    rules = batch.policy.entities[entity.name]
    stored = [c for c, r in rules.columns.items() if r.seal or r.action != "drop"]
    texts = frame.select(pl.struct(stored).struct.json_encode()).to_series()
    key = batch.vault.content_key
    return [hashlib.blake2b(t.encode(), key=key, digest_size=16).digest() for t in texts]


def _suppressed(batch: Batch, blinds: list[bytes]) -> set[bytes]:
    if not batch.has_suppressions:
        return set()
    return {b for _, b in find_suppressed(batch.connection, [(RECORD_KIND, b) for b in blinds])}


def _conflict(entity: Entity, frame: pl.DataFrame, place: int) -> Reject:
    row = frame.row(place, named=True)
    return Reject(row.pop("_line"), entity.name, "duplicate_key", entity.key[0], row)
