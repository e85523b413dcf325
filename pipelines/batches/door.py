"""What is turned away at the door: identifiers where none belong, and rejected rows of the erased.

A cell that leaves as it is (an id, a category) and holds an address, a number or the name of a
known person would block every later publication; its row goes into quarantine instead. A row that
is rejected although it is an erased person's is discarded, not kept for thirty days.

Privacy: canonical rows in; rows that may go on, and rejects, out.
"""

from __future__ import annotations

import polars as pl

from pipelines.batches.context import Batch
from pipelines.batches.report import UNREADABLE
from pipelines.common.entities import Entity
from pipelines.common.normalise import email_key, phone_key
from pipelines.common.rejects import Reject
from pipelines.identity.contact_identifiers import contact_identifiers, source_key
from pipelines.privacy.value_scan import is_suspicious
from pipelines.vault.subjects import Pair, find_identifiers
from pipelines.vault.suppression import find_suppressed

RULE = "identifier_in_value"
_ID = r"@|^0[1-9]\d{8}$|^\+\d{9,}$|^00\d{9,}$|^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$"
"""Ids that may be identifiers; a plain number of another shape is somebody's numbering."""
_CATEGORY = r"@|%40|\d[\d \-().]{6,}\d|[A-Z]{2}\d{2} ?[A-Z0-9]{4}"
_NAME = r"^\p{L}[\p{L}.']*(?: [\p{L}.'-]+)* \p{L}[\p{L}.'-]+$"
_MOST_NAMES = 5_000
"""Distinct cells of a chunk that are looked up; a column with more is no category."""


def turn_away(
    batch: Batch, entity: Entity, frame: pl.DataFrame
) -> tuple[pl.DataFrame, list[Reject]]:
    """Split off the rows of which a kept cell holds a direct identifier.

    Returns:
        The rows that may go on, and one reject per other row, naming the first such column.
    """
    rejects: list[Reject] = []
    for column in _kept_texts(batch, entity):
        pattern = _ID if entity.columns[column].type == "id" else _CATEGORY
        found = _holding(batch, frame[column], pattern, is_id=pattern is _ID)
        if not found:
            continue
        is_bad = frame[column].is_in(pl.Series(sorted(found)).implode()).fill_null(False)
        rejects += [
            Reject(int(row.pop("_line")), entity.name, RULE, column, row)
            for row in frame.filter(is_bad).iter_rows(named=True)
        ]
        frame = frame.filter(~is_bad)
    return frame, rejects


def discard_erased(batch: Batch, rejects: list[Reject]) -> list[Reject]:
    """The rejects that are not an erased person's; the others are counted as suppressed."""
    if not batch.has_suppressions or not rejects:
        return rejects
    pairs = [_suppressing(batch, reject) for reject in rejects]
    suppressed = find_suppressed(batch.connection, {p for found in pairs for p in found})
    kept: list[Reject] = []
    for reject, found in zip(rejects, pairs, strict=True):
        if suppressed.isdisjoint(found):
            kept.append(reject)
        elif reject.rule != "unmapped_column":  # whose row was counted when it landed
            counts = batch.counts_of(reject.entity or UNREADABLE)
            counts.quarantined -= 1
            counts.suppressed += 1
    return kept


def identifiers_of(batch: Batch, reject: Reject) -> list[Pair]:
    """Blind e-mail addresses, telephone numbers and the customer's number in a rejected row."""
    values = [v for v in reject.row.values() if isinstance(v, str) and len(v) < 200]
    emails = {email_key(v) for v in values if "@" in v}
    phones = {phone_key(v, batch.source.region) for v in values if sum(c.isdigit() for c in v) > 8}
    found = [("email", v) for v in emails if v] + [("phone", v) for v in phones if v]
    blinds = [(kind, batch.vault.index.of(kind, value)) for kind, value in found]
    return sorted([*blinds, *_customer_of(batch, reject)])


def _customer_of(batch: Batch, reject: Reject) -> list[Pair]:
    """The source key of the contact that a row names, or is."""
    contact = reject.row.get("contact_id") if reject.entity else None
    if contact is None or reject.entity is None:
        return []
    namespace = batch.namespace(reject.entity, "contact_id")
    return [batch.resolver.blind(source_key("contacts", namespace, str(contact)))]


def _suppressing(batch: Batch, reject: Reject) -> list[Pair]:
    return [p for p in identifiers_of(batch, reject) if p[0] in ("email", "source_key")]


def _kept_texts(batch: Batch, entity: Entity) -> list[str]:
    rules = batch.policy.entities[entity.name].columns
    return [
        c.name
        for c in entity.columns.values()
        if rules[c.name].action == "keep"
        and c.values is None
        and c.type in ("id", "category", "country", "currency")
    ]


def _holding(batch: Batch, column: pl.Series, pattern: str, *, is_id: bool) -> set[str]:
    values = column.drop_nulls().unique()
    found = {v for v in values.filter(values.str.contains(pattern)) if is_suspicious(v)}
    names = values.filter(values.str.contains(_NAME)) if not is_id else values.clear()
    if 0 < len(names) <= _MOST_NAMES:
        blinds: dict[Pair, str] = {
            batch.resolver.blind(identifier): name
            for name in names
            for identifier in contact_identifiers({"full_name": name})
            if identifier.kind == "full_name"
        }
        found |= {blinds[p] for p in find_identifiers(batch.connection, blinds)}
    return found
