"""What a hold or a statutory period keeps of a person who is erased: sealed, out of all use.

Each kept record is sealed under a fresh key before the person's own is destroyed, and bears neither
subject nor pseudonym. It goes when its day comes or its hold is released: the key is destroyed.

Source: GDPR Art. 17(3)(b), 17(3)(e); AWR 52(4); Wet OB 35a(1) for what an invoice names.

Privacy: unsealed fields in, sealed out; plans give counts and days.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pii_rules.models import Policy, Retention
from pipelines.common.errors import InputError, NotAllowedError
from pipelines.rights.deadlines import end_of_financial_year_period
from pipelines.rights.erasure_plan import ErasurePlan
from pipelines.rights.holds import Hold, holds_on
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate
from pipelines.vault.noted_rows import note_kept_of, note_rows
from pipelines.vault.records import SealedRecord
from pipelines.vault.sealing import seal, unseal
from pipelines.vault.store import Vault

INVOICE_FIELDS: Final = (
    "contact_id", "first_name", "infix", "last_name", "full_name", "street", "house_number",
    "postcode", "city", "country",
)  # fmt: skip
"""Who an invoice is made out to, and no more. Source: Wet OB 35a(1)(e)."""
STATUTORY: Final = "legal_obligation"
HELD: Final = "legal_claims"
_OPENED_FOR: Final = {
    STATUTORY: ("accounting", "accountability"),
    HELD: ("accountability",),
}
"""Purposes for which a kept record is opened, by its ground."""
_t = schema.kept_records


class FactRow(NamedTuple):
    """A row of the warehouse that bears a person: a fact that has no sealed copy."""

    entity: str
    source: str
    record_key: str
    subject_key: str
    at: datetime | None
    fields: dict[str, Any]


class Keep(NamedTuple):
    """One thing that is kept: of a sealed record or of a fact, and why until when."""

    entity: str
    ground: str
    until: date | None
    hold_id: int | None
    record: SealedRecord | None = None
    fact: FactRow | None = None


def kept_entities(policy: Policy, holds: Sequence[Hold]) -> set[str]:
    """Entities of which facts may have to be kept, so that they are read from the warehouse."""
    found = {e.name for e in policy.entities.values() if e.on_erasure == "restrict"}
    if any(hold.scope == "person" for hold in holds):
        found |= {e.name for e in policy.entities.values() if not e.is_sealed}
    return found | {
        e.name for e in policy.entities.values() if any(_covers(h, e.name, policy) for h in holds)
    }


def what_is_kept(
    plan: ErasurePlan, policy: Policy, holds: Sequence[Hold], facts: Iterable[FactRow], on: date
) -> list[Keep]:
    """What of an erasure has to be kept, without opening anything.

    Args:
        plan: Of one person.
        policy: Says which entities are restricted instead of deleted.
        holds: Active ones of this person, of records and of rules.
        facts: Rows of the warehouse of :func:`kept_entities`.
        on: Day of the erasure; a statutory period that is over keeps nothing.
    """
    keeps: list[Keep] = []
    mine = set(plan.subject_keys)
    facts = [fact for fact in facts if fact.subject_key in mine]
    for fact in facts:
        rules = policy.entities[fact.entity]
        if rules.on_erasure == "restrict" and fact.at is not None:
            until = kept_until(fact.at.date(), _period(policy, fact.entity))
            if until >= on:
                keeps.append(Keep(fact.entity, STATUTORY, until, None, fact=fact))
    for hold in holds:
        keeps += [
            Keep(r.entity, HELD, hold.until_on, hold.hold_id, record=r)
            for r in plan.deleted
            if _holds_record(hold, r, policy)
        ]
        keeps += [
            Keep(f.entity, HELD, hold.until_on, hold.hold_id, fact=f)
            for f in facts
            if hold.scope == "person" or _covers(hold, f.entity, policy)
        ]
    return keeps


def kept_until(happened_on: date, retention: Retention) -> date:
    """The last day on which a record is kept. Source: AWR 52(4)."""
    return end_of_financial_year_period(happened_on, retention.period_months)


def active_holds(conn: Connection, plan: ErasurePlan, on: date) -> list[Hold]:
    """Holds that keep something of a person on a day, of records only those of this person."""
    blinds = {record.record_blind for record in plan.deleted}
    return [
        hold
        for hold in holds_on(conn, on, subject_ids=plan.subject_ids)
        if hold.scope != "record" or hold.record_blind in blinds
    ]


def keep(
    conn: Connection, vault: Vault, plan: ErasurePlan, keeps: Sequence[Keep], request: str | None
) -> None:
    """Seal what is kept under a fresh key per ground and hold; one entry in the audit chain."""
    note_kept_of(conn, plan.subject_keys)
    if not keeps:
        return
    identity = _identity(vault, plan)
    groups = sorted({(k.ground, k.hold_id or 0) for k in keeps})
    keys = dict(zip(groups, vault.data_keys.create(len(groups)), strict=True))
    ids = allocate(conn, "kept_records", len(keeps))
    request_id = conn.scalar(
        sa.select(schema.requests.c.request_id).where(schema.requests.c.number == request)
    )
    for kept_id, item in zip(ids, keeps, strict=True):
        key_id, key = keys[item.ground, item.hold_id or 0]
        content = orjson.dumps(_content(vault, item, identity), default=str)
        conn.execute(
            sa.insert(_t).values(
                kept_id=kept_id, request_id=request_id, hold_id=item.hold_id, ground=item.ground,
                entity=item.entity, keep_until=item.until, key_id=key_id,
                sealed=seal(key, content, _aad(kept_id)),
            )
        )  # fmt: skip
    note_rows(conn, "kept", ids)
    audit.append(
        conn, vault, actor="steward", action="records_kept", purpose="accounting",
        request=request, subject_count=1, payload={"records": len(keeps)},
    )  # fmt: skip


def list_kept(conn: Connection, request_id: int | None = None) -> list[dict[str, Any]]:
    """What is kept, oldest first: kept_id, request, hold, entity, ground and keep_until.

    Args:
        conn: The vault.
        request_id: Only what this erasure left; all by default.
    """
    r, h = schema.requests, schema.holds
    query = (
        sa.select(
            _t.c.kept_id, r.c.number.label("request"), h.c.number.label("hold"), _t.c.entity,
            _t.c.ground, _t.c.keep_until,
        )
        .outerjoin(r, r.c.request_id == _t.c.request_id)
        .outerjoin(h, h.c.hold_id == _t.c.hold_id)
        .order_by(_t.c.kept_id)
    )  # fmt: skip
    if request_id is not None:
        query = query.where(_t.c.request_id == request_id)
    return [dict(row) for row in conn.execute(query).mappings()]


def open_kept(
    conn: Connection, vault: Vault, kept_ids: Collection[int], *, actor: str, purpose: str
) -> list[dict[str, Any]]:
    """Unseal kept records for whom the law lets look; on record.

    That is the tax inspector (``accounting``, of tax records), and the person themselves, a court
    or an authority (``accountability``).

    Returns:
        kept_id, entity, source and fields of each, and of a tax record whose invoice it is.

    Raises:
        NotAllowedError: They are not kept for this purpose.
        InputError: There is no such record.
        StorageError: The key of one is lost.

    Privacy: direct identifiers out.
    """
    rows = conn.execute(
        sa.select(_t).where(_t.c.kept_id.in_(kept_ids)).order_by(_t.c.kept_id)
    ).all()
    if missing := set(kept_ids) - {row.kept_id for row in rows}:
        raise InputError(
            "no such record is kept", code="unknown_kept", where={"number": min(missing)},
            todo="klantkluis kept list gives their numbers",
        )  # fmt: skip
    allowed = set.intersection(*(set(_OPENED_FOR[row.ground]) for row in rows))
    if purpose not in allowed:
        raise NotAllowedError(
            "what is kept is opened for what it is kept for alone", code="kept_purpose",
            todo=f"give --purpose {' or '.join(sorted(allowed))}",
        )  # fmt: skip
    keys = vault.data_keys.all_of({row.key_id for row in rows})
    audit.append(
        conn, vault, actor=actor, action="kept_opened", purpose=purpose,
        subject_count=len(rows), payload={"kept_ids": [row.kept_id for row in rows]},
    )  # fmt: skip
    return [
        {"kept_id": row.kept_id, "entity": row.entity} | content_of(row, keys[row.key_id])
        for row in rows
    ]


def content_of(row: Any, key: bytes) -> dict[str, Any]:
    """What a row of ``schema.kept_records`` seals; who shows it writes the audit.

    Privacy: direct identifiers out.
    """
    found: dict[str, Any] = orjson.loads(unseal(key, row.sealed, _aad(row.kept_id)))
    return found


def due_kept(conn: Connection, on: date) -> list[int]:
    """Kept records whose last day is over, or whose hold was released when a kill came between."""
    h = schema.holds
    released = sa.select(h.c.hold_id).where(h.c.released_at.is_not(None))
    is_due = sa.or_(_t.c.keep_until < on, _t.c.hold_id.in_(released))
    return list(conn.scalars(sa.select(_t.c.kept_id).where(is_due).order_by(_t.c.kept_id)))


def kept_by_hold(conn: Connection, hold_id: int) -> list[int]:
    """Kept records of one hold."""
    return list(conn.scalars(sa.select(_t.c.kept_id).where(_t.c.hold_id == hold_id)))


def let_go(vault: Vault, kept_ids: Collection[int], *, actor: str = "retention") -> None:
    """Delete kept records and destroy the keys that seal nothing else any more."""
    ids = sorted(kept_ids)
    if not ids:
        return
    with vault.begin() as conn:
        key_ids = set(conn.scalars(sa.select(_t.c.key_id).where(_t.c.kept_id.in_(ids))))
        conn.execute(sa.delete(_t).where(_t.c.kept_id.in_(ids)))
        note_rows(conn, "kept", ids)
        key_ids -= set(conn.scalars(sa.select(_t.c.key_id).where(_t.c.key_id.in_(key_ids))))
        audit.append(conn, vault, actor=actor, action="kept_let_go", payload={"records": len(ids)})
    vault.data_keys.destroy(key_ids)


def _content(vault: Vault, item: Keep, identity: list[dict[str, Any]]) -> dict[str, Any]:
    if item.record is not None:
        keys = vault.data_keys.get([item.record.key_id])
        sealed = item.record.sealed
        key = keys.get(item.record.key_id)
        opened = orjson.loads(unseal(key, sealed, item.record.aad)) if key and sealed else {}
        return {
            "source": item.record.source, "record": item.record.record_key, "fields": opened,
        }  # fmt: skip
    if item.fact is None:
        return {}
    content = {
        "source": item.fact.source, "record": item.fact.record_key, "fields": item.fact.fields,
    }  # fmt: skip
    return content | ({"identity": identity} if item.ground == STATUTORY else {})


def _identity(vault: Vault, plan: ErasurePlan) -> list[dict[str, Any]]:
    """Who the invoices of a person are made out to, per source."""
    records = [r for r in plan.deleted if r.entity == "contacts" and r.sealed is not None]
    keys = vault.data_keys.get({r.key_id for r in records})
    found: list[dict[str, Any]] = []
    for record in records:
        if record.key_id in keys:
            opened = orjson.loads(unseal(keys[record.key_id], record.sealed or b"", record.aad))
            fields = {name: opened[name] for name in INVOICE_FIELDS if opened.get(name)}
            found.append({"source": record.source} | fields)
    return found


def _holds_record(hold: Hold, record: SealedRecord, policy: Policy) -> bool:
    if hold.scope == "record":
        return hold.record_blind == record.record_blind
    return hold.scope == "person" or _covers(hold, record.entity, policy)


def _covers(hold: Hold, entity: str, policy: Policy) -> bool:
    if hold.scope != "rule":
        return False
    columns = policy.entities[entity].columns.values()
    return hold.rule == entity or any(c.retention == hold.rule for c in columns)


def _period(policy: Policy, entity: str) -> Retention:
    rules = policy.entities[entity]
    (name,) = {c.retention for c in rules.columns.values()}
    return policy.retention[name]


def _aad(kept_id: int) -> bytes:
    return b"kept %d" % kept_id
