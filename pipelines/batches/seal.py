"""Seals the originals of new and changed rows and gives their texts with placeholders.

Privacy: canonical rows in; sealed records and mentions into the vault; redacted texts out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.batches.context import Batch
from pipelines.batches.known import RECORD_KIND, NewRows
from pipelines.batches.owners import owners_by_parent, parent_identifiers
from pipelines.batches.persons import Persons
from pipelines.common.entities import Entity
from pipelines.privacy.mentions import mention_identifiers
from pipelines.privacy.redaction import redact
from pipelines.vault.records import NewRecord, add_mentions, save_records
from pipelines.vault.sealing import seal_many
from pipelines.vault.subjects import Subject


def redact_texts(
    batch: Batch, entity: Entity, frame: pl.DataFrame
) -> tuple[dict[str, pl.Series], list[list[tuple[str, bytes]]]]:
    """Texts with placeholders by landed column, and per row the identifiers mentioned (blind)."""
    rules = batch.policy.entities[entity.name]
    columns = [c for c, r in rules.columns.items() if r.action == "redact_text"]
    redacted: dict[str, pl.Series] = {}
    mentions: list[set[tuple[str, bytes]]] = [set() for _ in range(frame.height)]
    for column in columns:
        texts = frame[column].to_list()
        places = [i for i, t in enumerate(texts) if t]
        found = batch.tools.detector.detect([texts[i] for i in places]) if places else []
        made: list[str | None] = list(texts)
        for place, spans in zip(places, found, strict=True):
            if not spans:
                continue
            text = texts[place]
            made[place] = redact(text, spans)
            mentions[place].update(
                (kind, batch.vault.index.of(kind, value))
                for kind, value in mention_identifiers(text, spans)
            )
        redacted[column] = pl.Series(made, dtype=pl.String)
    return redacted, [sorted(m) for m in mentions]


def seal_rows(
    batch: Batch,
    entity: Entity,
    rows: NewRows,
    persons: Persons,
    mentions: Sequence[Sequence[tuple[str, bytes]]],
) -> None:
    """Seal the originals under their owners' keys and save them with their mentions."""
    owners = _owners(batch, entity, rows, persons)
    key_ids = [
        o.key_id if o else (s.key_id if s and s.subject_id is None else None)
        for o, s in zip(owners, rows.states, strict=True)
    ]
    lacking = [i for i, k in enumerate(key_ids) if k is None]
    for place, (key_id, _) in zip(lacking, batch.vault.data_keys.create(len(lacking)), strict=True):
        key_ids[place] = key_id
    keys = batch.vault.data_keys.get({k for k in key_ids if k is not None})
    sealed = list(batch.policy.entities[entity.name].sealed_columns)
    payloads = rows.frame.select(pl.struct(sealed).struct.json_encode()).to_series()
    prefix = f"{entity.name}|{batch.source.name}|".encode()
    blobs = seal_many(
        (keys[k], payload.encode(), prefix + blind)
        for k, payload, blind in zip(key_ids, payloads, rows.blinds, strict=True)
        if k is not None
    )
    rules = batch.policy.entities[entity.name]
    has_text = any(r.action == "redact_text" for r in rules.columns.values())
    version = batch.tools.detector.version if has_text else None
    save_records(
        batch.connection,
        batch.batch_id,
        [
            NewRecord(
                entity=entity.name,
                source=batch.source.name,
                record_blind=blind,
                record_key=record_key,
                subject_id=owner.subject_id if owner and owner.kind != "account" else None,
                account_subject_id=(
                    account.subject_id
                    if account
                    else owner.subject_id
                    if owner and owner.kind == "account"
                    else None
                ),
                key_id=key_id or 0,
                content_mac=mac,
                sealed=blob,
                detector_version=version,
            )
            for blind, record_key, owner, account, key_id, mac, blob in zip(
                rows.blinds, rows.record_keys, owners, persons.accounts, key_ids, rows.macs, blobs,
                strict=True,
            )
        ],
    )  # fmt: skip
    _save_mentions(batch, entity, rows, owners, mentions)


def _owners(batch: Batch, entity: Entity, rows: NewRows, persons: Persons) -> list[Subject | None]:
    owners = list(persons.subjects)
    missing = [i for i, o in enumerate(owners) if o is None]
    if missing:
        for place, owner in owners_by_parent(batch, entity, rows.frame, missing).items():
            owners[place] = owner
    return [o or a for o, a in zip(owners, persons.accounts, strict=True)]


def _save_mentions(
    batch: Batch,
    entity: Entity,
    rows: NewRows,
    owners: Sequence[Subject | None],
    mentions: Sequence[Sequence[tuple[str, bytes]]],
) -> None:
    """Mentions per record; a row without an owner also notes which records it hangs on."""
    by_record = {b: list(own) for b, own in zip(rows.blinds, mentions, strict=True)}
    alone = [i for i, o in enumerate(owners) if o is None]
    if alone:
        parents = parent_identifiers(batch, entity, rows.frame[alone])
        for place, hangs_on in zip(alone, parents, strict=True):
            by_record[rows.blinds[place]] += [
                (RECORD_KIND, batch.vault.index.of(RECORD_KIND, p)) for p in hangs_on
            ]
    add_mentions(batch.connection, entity.name, batch.source.name, by_record)
