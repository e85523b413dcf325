"""Which rows of a sealed entity are new or changed: only those are resolved, read and sealed.

A row is known by the blind index of its key and by a MAC over what is stored of it; nothing is
unsealed to compare. Rows that stood earlier in the same file: :mod:`pipelines.batches.seen`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl

from pipelines.batches.context import Batch
from pipelines.batches.seen import CONFLICT, NEW, SAME
from pipelines.common.entities import Entity
from pipelines.common.rejects import Reject
from pipelines.privacy.pseudonymise import qualify
from pipelines.vault.batches import has_landed
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
    prefix = f"{entity.name}|{namespace}|"
    return pl.Series(
        "record_key",
        [token("record_key", prefix + k) for k in frame[entity.key[0]].to_list()],
        dtype=pl.String,
    )


def record_blinds(batch: Batch, entity: Entity, frame: pl.DataFrame) -> list[bytes]:
    """The blind index of each row's key."""
    namespace = batch.namespace(entity.name, entity.key[0])
    keys = frame.select(pl.concat_str([pl.lit(f"{entity.name}|{namespace}|"), key_text(entity)]))
    return batch.vault.index.many(RECORD_KIND, keys.to_series().to_list())


def split_known(batch: Batch, entity: Entity, frame: pl.DataFrame) -> NewRows:
    """The rows that have to land; counts the unchanged, the suppressed and the repeated."""
    counts = batch.counts_of(entity.name)
    blinds = record_blinds(batch, entity, frame)
    macs = _macs(batch, entity, frame)
    fresh = batch.seen_of(entity).standing(blinds, macs)
    known = _known(batch, entity, blinds)
    suppressed = _suppressed(batch, blinds)
    if not known and not suppressed and fresh is None:
        return NewRows(frame, record_keys(batch, entity, frame), blinds, macs, [None] * len(blinds))
    places: list[int] = []
    for place, (blind, mac) in enumerate(zip(blinds, macs, strict=True)):
        state = known.get(blind)
        standing = fresh[place] if fresh else NEW
        if standing == CONFLICT:
            counts.quarantined += 1
            batch.rejects.append(_conflict(entity, frame, place))
        elif standing == SAME or (state is not None and state.content_mac == mac):
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


def _known(batch: Batch, entity: Entity, blinds: list[bytes]) -> dict[bytes, RecordState]:
    if not has_landed(batch.connection, entity.name, batch.source.name):
        return {}  # what this very file brought is told by what was seen of it
    return find_records(batch.connection, entity.name, batch.source.name, blinds)


def _macs(batch: Batch, entity: Entity, frame: pl.DataFrame) -> list[bytes]:
    rules = batch.policy.entities[entity.name]
    stored = [c for c, r in rules.columns.items() if r.seal or r.action != "drop"]
    texts = frame.select(pl.struct(stored).struct.json_encode().cast(pl.Binary)).to_series()
    keyed = hashlib.blake2b(key=batch.vault.content_key, digest_size=16)
    return [_digest(keyed.copy(), text) for text in texts.to_list()]


def _digest(keyed: hashlib.blake2b, text: bytes) -> bytes:
    keyed.update(text)
    return keyed.digest()


def _suppressed(batch: Batch, blinds: list[bytes]) -> set[bytes]:
    if not batch.has_suppressions:
        return set()
    return {b for _, b in find_suppressed(batch.connection, [(RECORD_KIND, b) for b in blinds])}


def _conflict(entity: Entity, frame: pl.DataFrame, place: int) -> Reject:
    row = frame.row(place, named=True)
    return Reject(row.pop("_line"), entity.name, "duplicate_key", entity.key[0], row)
