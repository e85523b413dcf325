"""Seals the originals of new and changed rows and gives their texts with placeholders.

Privacy: canonical rows in; sealed records and mentions into the vault; redacted texts out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import polars as pl

from pii_rules.special_categories import Flag
from pipelines.batches.context import Batch
from pipelines.batches.known import RECORD_KIND, NewRows
from pipelines.batches.named import NamedPersons
from pipelines.batches.owners import owners_by_parent, parent_identifiers
from pipelines.batches.persons import Persons
from pipelines.common.entities import Entity
from pipelines.identity.contact_identifiers import TOLD_COLUMNS, told_identifiers
from pipelines.privacy.known_persons import NOBODY, SUBJECT
from pipelines.privacy.mentions import mention_identifiers, split_at_comma, told_mentions
from pipelines.privacy.name_sketches import SKETCHED_COLUMNS, SketchKey
from pipelines.privacy.named_places import NOTHING
from pipelines.privacy.normal_text import normal_text
from pipelines.privacy.redaction import cut, redact_tagged
from pipelines.privacy.spans import Span
from pipelines.privacy.text_words import TextWords, stretches
from pipelines.privacy.value_scan import WORTH_A_LOOK, is_suspicious
from pipelines.vault.records import NewRecord, record_aad, replace_mentions, save_records
from pipelines.vault.sealing import seal_many
from pipelines.vault.subjects import Pair, Subject, add_identifiers, find_identifiers
from pipelines.vault.suppression import find_suppressed
from pipelines.vault.text_flags import seal_flags

WITHHELD = "<WITHHELD>"
Mentions = dict[int, set[Pair]]
"""Identifiers mentioned (blind) by place of the row; most rows mention nobody and are absent."""


class _Found(NamedTuple):
    """A text that mentions somebody, and what was found in it."""

    column: str
    place: int
    text: str
    spans: Sequence[Span]


class _Made(NamedTuple):
    """What becomes of the texts of a frame while they are gone through, by place of the row.

    ``named`` are known persons whom a text names, ``mentions`` what it names of anybody.
    """

    texts: dict[str, list[str | None]]
    mentions: Mentions
    named: Mentions
    flags: dict[int, set[Flag]]
    hits: list[_Found]


class RedactedTexts(NamedTuple):
    """What became of the free texts of a frame.

    ``texts`` have placeholders, by landed column; ``mentions`` are the identifiers named in them;
    ``cut`` are originals, by landed column, where an erased person had to be cut out of one;
    ``flags`` say which rows may hold special categories.
    """

    texts: dict[str, pl.Series]
    mentions: Mentions
    cut: dict[str, pl.Series]
    flags: Mapping[int, set[Flag]]


def redact_texts(
    batch: Batch,
    entity: Entity,
    frame: pl.DataFrame,
    owners: Sequence[Subject | None],
    accounts: Sequence[Subject | None],
) -> RedactedTexts:
    """Find, tag, replace and note what the free texts of a frame hold.

    Args:
        batch: The batch under way.
        entity: Whose rows they are.
        frame: Canonical rows.
        owners: The owner of each row, whose own names become ``<CUSTOMER>``.
        accounts: The account of each row, whose contacts may be named.
    """
    rules = batch.policy.entities[entity.name]
    columns = [c for c, r in rules.columns.items() if r.action == "redact_text"]
    texts = frame.select(columns)
    made = _Made({c: texts[c].to_list() for c in columns}, {}, {}, {}, [])
    for first, behind in stretches(texts):
        rows = range(first, behind)
        filled = {c: [i for i in rows if made.texts[c][i]] for c in columns}
        places = set(chain.from_iterable(filled.values()))
        persons = NamedPersons(batch, owners, accounts, places)
        for column, where in filled.items():
            if where:
                _redact_column(
                    batch, entity, column, texts[column].gather(where), where, persons, made
                )
        made.named.update(persons.mentions())
    redacted = {c: _withheld(pl.Series(t, dtype=pl.String)) for c, t in made.texts.items()}
    cut_texts = _cut_erased(batch, frame, made.mentions, made.hits)
    for place, pairs in made.named.items():
        made.mentions.setdefault(place, set()).update(pairs)
    return RedactedTexts(redacted, made.mentions, cut_texts, made.flags)


def _redact_column(
    batch: Batch,
    entity: Entity,
    column: str,
    texts: pl.Series,
    places: Sequence[int],
    persons: NamedPersons,
    made: _Made,
) -> None:
    """Look at those texts of a column in which something was found or may be found by its words."""
    blind = _blind_pairs(batch)
    detected = batch.tools.detector.detect(texts.to_list())
    words = TextWords(texts)
    cues = batch.tools.cues
    for i in words.where(cues.may_tell):
        if flagged := cues.flags(normal_text(texts[i]).text):
            made.flags.setdefault(places[i], set()).update(flagged)
            batch.flags.update((entity.name, column, *flag) for flag in flagged)
    matcher = batch.tools.matcher(batch.vault)
    clues = matcher.clues(words, persons.groups(places), persons.sketches())
    found = {i for i, spans in enumerate(detected) if spans}
    for i in sorted(found | words.strange | clues.keys()):
        text, place = made.texts[column][places[i]], places[i]
        assert text is not None  # only filled places are looked at
        clue = None if i in words.strange else clues.get(i, NOTHING)
        tagged = matcher.tag(text, detected[i], persons.of(place), clue)
        if not tagged:
            continue
        made.texts[column][place] = redact_tagged(text, tagged)
        for spot in tagged:
            if spot.person > SUBJECT and spot.type == "PERSON":
                persons.note(place, spot.person)
        spans = [spot.span for spot in tagged]
        others = [spot.span for spot in tagged if spot.person == NOBODY]  # others are known by name
        said = (
            *mention_identifiers(text, _both_readings(text, spans)),
            *told_mentions(text, _both_readings(text, others)),
        )
        if named := {blind(kind, v) for kind, v in said}:
            made.mentions.setdefault(place, set()).update(named)
            made.hits.append(_Found(column, place, text, spans))


def _both_readings(text: str, spans: Sequence[Span]) -> list[Span]:
    """Places, and the two persons that one of them may be."""
    return [*spans, *chain.from_iterable(split_at_comma(text, span) for span in spans)]


def _blind_pairs(batch: Batch) -> Callable[[str, str], Pair]:
    """Makes an identifier blind, the same one once: texts name the same few over and over."""
    blind = batch.vault.index.of

    @lru_cache(maxsize=65_536)
    def pair(kind: str, value: str) -> Pair:
        return kind, blind(kind, value)

    return pair


def _withheld(texts: pl.Series) -> pl.Series:
    """Texts in which the check before publication would still find an identifier, withheld whole.

    The detector and that check are two; where they differ the text stays in the vault only, so
    that one cell does not block every publication.
    """
    doubtful = texts.str.contains(WORTH_A_LOOK).fill_null(False).arg_true().to_list()
    places = [i for i in doubtful if is_suspicious(texts[i])]
    return texts.scatter(places, [WITHHELD] * len(places)) if places else texts


def _cut_erased(
    batch: Batch, frame: pl.DataFrame, mentions: Mentions, hits: Sequence[_Found]
) -> dict[str, pl.Series]:
    """Originals without the erased persons they mention, and ``mentions`` without them too.

    What somebody else bears by now, as a number that was given out again, is theirs.
    """
    if not batch.has_suppressions or not mentions:
        return {}
    erased = find_suppressed(batch.connection, set().union(*mentions.values()))
    erased -= set(find_identifiers(batch.connection, erased))
    if not erased:
        return {}
    blind = batch.vault.index.of
    made: dict[str, list[str | None]] = {}
    for column, place, text, spans in hits:
        if mentions[place].isdisjoint(erased):
            continue
        doomed = [
            span
            for span in spans
            if any((k, blind(k, v)) in erased for k, v in mention_identifiers(text, [span]))
        ]
        made.setdefault(column, frame[column].to_list())[place] = cut(text, doomed)
    for place in mentions:
        mentions[place] -= erased
    return {column: pl.Series(texts, dtype=pl.String) for column, texts in made.items()}


def seal_rows(
    batch: Batch,
    entity: Entity,
    rows: NewRows,
    persons: Persons,
    owners: Sequence[Subject | None],
    mentions: Mentions,
    flags: Mapping[int, set[Flag]],
) -> None:
    """Seal the originals under their owners' keys and save them with their mentions."""
    key_ids = _key_ids(batch, owners, rows)
    rules = batch.policy.entities[entity.name]
    has_text = any(r.action == "redact_text" for r in rules.columns.values())
    version = batch.tools.detector.version if has_text else None
    name, source = entity.name, batch.source.name
    ids = save_records(
        batch.connection,
        batch.batch_id,
        (
            NewRecord(
                name, source, blind, record_key,
                owner.subject_id if owner and owner.kind != "account" else None,
                # an owner that is an account is the row's own account, or a parent's
                account.subject_id if account
                else owner.subject_id if owner and owner.kind == "account" else None,
                key_id, mac, blob, version, sketch, noted,
            )
            for blind, record_key, owner, account, key_id, mac, blob, sketch, noted in zip(
                rows.blinds, rows.record_keys.to_list(), owners, persons.accounts, key_ids,
                rows.macs, _sealed(batch, entity, rows, key_ids), _sketches(batch, entity, rows),
                _flags(batch, entity, rows, key_ids, flags), strict=True,
            )
        ),
    )  # fmt: skip
    _note_told(batch, entity, rows, owners)
    record_ids = [s.record_id if s else i for s, i in zip(rows.states, ids, strict=True)]
    noted: dict[int, set[Pair]] = {s.record_id: set() for s in rows.states if s}
    noted |= {record_ids[place]: named for place, named in mentions.items()}
    for place, parents in _parents(batch, entity, rows, owners):
        noted.setdefault(record_ids[place], set()).update(parents)
    replace_mentions(batch.connection, {i: sorted(noted[i]) for i in sorted(noted)})


def _note_told(
    batch: Batch, entity: Entity, rows: NewRows, owners: Sequence[Subject | None]
) -> None:
    """Note of contacts and staff what texts of others may say of them: half names, addresses."""
    if entity.name not in ("contacts", "users"):
        return
    columns = [c for c in TOLD_COLUMNS if c in rows.frame.columns]
    told = [told_identifiers(row) for row in rows.frame.select(columns).iter_rows(named=True)]
    blind = _blind_pairs(batch)
    noted = {
        (*blind(one.kind, one.value), owner.subject_id, batch.source.name): None
        for owner, found in zip(owners, told, strict=True)
        if owner is not None
        for one in found
    }
    add_identifiers(batch.connection, noted, batch.batch_id)


def _key_ids(batch: Batch, owners: Sequence[Subject | None], rows: NewRows) -> list[int]:
    """The owner's data key; a row that is its own owner keeps its key, or gets one."""
    found = [
        o.key_id if o else (s.key_id if s and s.subject_id is None else 0)
        for o, s in zip(owners, rows.states, strict=True)
    ]
    lacking = [i for i, k in enumerate(found) if not k]
    for place, (key_id, _) in zip(lacking, batch.vault.data_keys.create(len(lacking)), strict=True):
        found[place] = key_id
    return found


def _sketches(batch: Batch, entity: Entity, rows: NewRows) -> list[bytes | None]:
    """By what a text may name the contact of a row; None for what is no contact."""
    if entity.name != "contacts":
        return [None] * rows.frame.height
    sketch = SketchKey(batch.vault.sketch_key).sketch
    contacts = rows.frame.select(SKETCHED_COLUMNS).iter_rows(named=True)
    return [sketch(contact, batch.source.region) or None for contact in contacts]


def _flags(
    batch: Batch,
    entity: Entity,
    rows: NewRows,
    key_ids: Sequence[int],
    flags: Mapping[int, set[Flag]],
) -> list[bytes | None]:
    """Which special categories a row's texts may hold, sealed: that alone says much of somebody."""
    made: list[bytes | None] = [None] * rows.frame.height
    keys = batch.vault.data_keys.get({key_ids[place] for place in flags})
    for place, found in flags.items():
        aad = record_aad(entity.name, batch.source.name, rows.blinds[place])
        made[place] = seal_flags(keys[key_ids[place]], aad, found)
    return made


def _sealed(batch: Batch, entity: Entity, rows: NewRows, key_ids: list[int]) -> list[bytes]:
    columns = list(batch.policy.entities[entity.name].sealed_columns)
    keys = batch.vault.data_keys.get(key_ids)
    payloads = rows.frame.select(pl.struct(columns).struct.json_encode().cast(pl.Binary))
    prefix = f"{entity.name}|{batch.source.name}|".encode()
    return seal_many(
        (keys[key_id], payload, prefix + blind)
        for key_id, payload, blind in zip(
            key_ids, payloads.to_series().to_list(), rows.blinds, strict=True
        )
    )


def owners_of(
    batch: Batch, entity: Entity, rows: NewRows, persons: Persons
) -> list[Subject | None]:
    """The owner of each row: its subject, else that of what it hangs on, else its account."""
    owners = list(persons.subjects)
    missing = [i for i, o in enumerate(owners) if o is None]
    if missing:
        for place, owner in owners_by_parent(batch, entity, rows.frame, missing).items():
            owners[place] = owner
    return [o or a for o, a in zip(owners, persons.accounts, strict=True)]


def _parents(
    batch: Batch, entity: Entity, rows: NewRows, owners: Sequence[Subject | None]
) -> Iterator[tuple[int, list[Pair]]]:
    """Which records a row without an owner hangs on, noted as if it mentioned them."""
    alone = [i for i, o in enumerate(owners) if o is None]
    if not alone:
        return
    hanging = parent_identifiers(batch, entity, rows.frame[alone])
    names = sorted(set(chain.from_iterable(hanging)))
    blind = dict(zip(names, batch.vault.index.many(RECORD_KIND, names), strict=True))
    for place, parents in zip(alone, hanging, strict=True):
        if parents:
            yield place, [(RECORD_KIND, blind[name]) for name in parents]
