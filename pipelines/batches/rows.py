"""Brings the rows of one frame through contract, identity, sealing and pseudonymisation.

Privacy: canonical rows in; sealed records into the vault, pseudonymous rows to the writer.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from pipelines.batches.context import Batch
from pipelines.batches.door import turn_away
from pipelines.batches.known import record_blinds, record_keys, split_known
from pipelines.batches.overlay import has_overlays, overlaid
from pipelines.batches.persons import Persons, find_persons
from pipelines.batches.profiles import look_at
from pipelines.batches.seal import owners_of, redact_texts, seal_rows
from pipelines.common.entities import Entity
from pipelines.common.errors import NotAllowedError
from pipelines.privacy.pseudonymise import PERSON_ENTITIES, pseudonymise


def land_rows(batch: Batch, entity: Entity, frame: pl.DataFrame) -> None:
    """Land the rows of one entity of one chunk, counting each of them.

    Args:
        batch: The batch under way.
        entity: Whose rows they are.
        frame: ``_line`` and the canonical columns.

    Raises:
        NotAllowedError: No rule of the entity is approved.
    """
    if not batch.policy.is_live(entity.name):
        raise NotAllowedError(
            "the rules of this entity are not approved, so its rows may not be stored",
            code="rules_not_approved",
            where={"entity": entity.name},
            todo='approve them with klantkluis rules approve --by "NAME"',
        )
    counts = batch.counts_of(entity.name)
    counts.rows_read += frame.height
    look_at(batch, entity, frame)
    accepted, rejects = batch.tools.checker(entity.name).split(frame)
    counts.quarantined += len(rejects)
    accepted, turned_away = turn_away(batch, entity, accepted)
    counts.quarantined += len(turned_away)
    batch.rejects += [*rejects, *turned_away]
    if accepted.is_empty():
        return
    if batch.policy.entities[entity.name].is_sealed:
        _land_sealed(batch, entity, accepted)
    else:
        _land_columnar(batch, entity, accepted)


def _land_columnar(batch: Batch, entity: Entity, frame: pl.DataFrame) -> None:
    """Rows of which the vault keeps nothing; what is new is decided once, set by set."""
    if has_overlays(batch, entity):
        frame = overlaid(batch, entity, frame, record_blinds(batch, entity, frame))
    persons = find_persons(batch, entity, frame, owners=False)
    frame, persons = _without_suppressed(batch, entity, frame, persons)
    keys = record_keys(batch, entity, frame)
    batch.writer.append(entity, _pseudonymous(batch, entity, frame, keys, persons, {}))


def _land_sealed(batch: Batch, entity: Entity, frame: pl.DataFrame) -> None:
    rows = split_known(batch, entity, frame)
    if rows.frame.is_empty():
        return
    rows = replace(rows, frame=overlaid(batch, entity, rows.frame, rows.blinds))
    persons = find_persons(batch, entity, rows.frame, owners=True)
    keep = ~persons.suppressed
    if _discards(batch, entity) and not keep.all():
        batch.counts_of(entity.name).suppressed += int((~keep).sum())
        rows, persons = rows.filter(keep), _filtered(persons, keep)
    if rows.frame.is_empty():
        return
    owners = owners_of(batch, entity, rows, persons)
    redacted = redact_texts(batch, entity, rows.frame, owners, persons.accounts)
    if redacted.cut:
        rows = replace(rows, frame=rows.frame.with_columns(**redacted.cut))
    seal_rows(batch, entity, rows, persons, owners, redacted.mentions, redacted.flags)
    counts = batch.counts_of(entity.name)
    counts.landed += rows.frame.height
    changed = [i for i, s in enumerate(rows.states) if s is not None]
    counts.changed += len(changed)
    batch.writer.write(
        entity,
        _pseudonymous(batch, entity, rows.frame, rows.record_keys, persons, redacted.texts),
        rows.record_keys.gather(changed),
    )


def _pseudonymous(
    batch: Batch,
    entity: Entity,
    frame: pl.DataFrame,
    keys: pl.Series,
    persons: Persons,
    redacted: dict[str, pl.Series],
) -> pl.DataFrame:
    pseudonymous = pseudonymise(
        frame,
        entity,
        batch.policy,
        tokens=persons.tokens,
        redacted=redacted,
        namespaces={c: batch.namespace(entity.name, c) for c in entity.references},
    )
    return pseudonymous.insert_column(0, frame["_line"]).insert_column(1, keys.alias("record_key"))


def _discards(batch: Batch, entity: Entity) -> bool:
    """Whether rows about an erased person are discarded; else they land without the person.

    A row that is the person (its own key is suppressed) is discarded whatever the policy does
    with the facts: landed again it would be the same person under a new pseudonym.
    """
    deletes = batch.policy.entities[entity.name].on_erasure == "delete"
    return deletes or entity.name in PERSON_ENTITIES


def _without_suppressed(
    batch: Batch, entity: Entity, frame: pl.DataFrame, persons: Persons
) -> tuple[pl.DataFrame, Persons]:
    keep = ~persons.suppressed
    if not _discards(batch, entity) or keep.all():
        return frame, persons
    batch.counts_of(entity.name).suppressed += int((~keep).sum())
    return frame.filter(keep), _filtered(persons, keep)


def _filtered(persons: Persons, keep: pl.Series) -> Persons:
    places = keep.arg_true().to_list()
    return Persons(
        {c: t.filter(keep) for c, t in persons.tokens.items()},
        [persons.subjects[i] for i in places],
        [persons.accounts[i] for i in places],
        persons.suppressed.filter(keep),
    )
