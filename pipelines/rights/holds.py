"""Legal holds: what may not be deleted while a case runs, per person, per record or per rule.

A hold keeps nothing in use: when its person is erased, what it covers is sealed under a fresh key
that goes with the hold (:mod:`pipelines.rights.keeping`). Source: GDPR Art. 17(3)(e), 18(1)(c).

Privacy: subject ids, blind indexes and the reference of a case; a name has no place in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy import Connection

from pii_rules.models import Policy
from pipelines.common.clock import now
from pipelines.common.errors import UsageError
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate
from pipelines.vault.noted_rows import note_rows
from pipelines.vault.store import Vault

Scope = Literal["person", "record", "rule"]
REFERENCE: Final = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9./_:-]{0,59}")
_t = schema.holds


@dataclass(frozen=True)
class Hold:
    """One hold; active until it is released or its day has passed."""

    hold_id: int
    number: str
    scope: Scope
    subject_id: int | None
    entity: str | None
    source: str | None
    record_blind: bytes | None
    rule: str | None
    reference: str
    placed_by: str
    placed_at: datetime
    until_on: date | None
    released_at: datetime | None

    def is_active(self, on: date) -> bool:
        """Whether it keeps anything on a day."""
        return self.released_at is None and (self.until_on is None or on <= self.until_on)

    def document(self) -> dict[str, Any]:
        """The hold for programs; no person, no blind index."""
        told = ("scope", "entity", "source", "rule", "reference", "placed_by", "placed_at",
                "until_on", "released_at")  # fmt: skip
        return {"hold": self.number} | {name: getattr(self, name) for name in told}


_COLUMNS = [_t.c[f.name] for f in fields(Hold)]


def hold_person(
    conn: Connection, vault: Vault, subject_id: int, reference: str, *,
    until_on: date | None = None, actor: str = "steward",
) -> Hold:  # fmt: skip
    """Keep all of a person.

    Raises:
        UsageError: The person is erased or being erased, or the reference cannot be kept.
    """
    s, e = schema.subjects, schema.erasures
    state = conn.scalar(sa.select(s.c.state).where(s.c.subject_id == subject_id))
    begun = conn.scalar(sa.select(e.c.state).where(e.c.subject_id == subject_id))
    if state == "erased" or begun is not None:
        raise UsageError(
            "an erased person cannot be held", code="hold_on_erased",
            todo="nothing is left to keep; look for the case's papers elsewhere",
        )  # fmt: skip
    values = {"subject_id": subject_id}
    return _place(conn, vault, "person", values, reference, until_on, actor)


def hold_record(
    conn: Connection, vault: Vault, record_key: str, reference: str, *,
    until_on: date | None = None, actor: str = "steward",
) -> Hold:  # fmt: skip
    """Keep one sealed record, named as ``<entity>/<source>/<id>``.

    Raises:
        UsageError: There is no such record.
    """
    entity, _, rest = record_key.partition("/")
    source, _, record_id = rest.partition("/")
    r = schema.sealed_records
    blind = vault.index.of("record", f"{entity}|{source}|{record_id}")
    found = conn.scalar(sa.select(r.c.record_id).where(r.c.record_blind == blind))
    if found is None:
        raise UsageError(
            "there is no such record", code="record_unknown",
            todo="name it as entity/source/id, such as tickets/desk/T-1042",
        )  # fmt: skip
    values = {"entity": entity, "source": source, "record_blind": blind}
    return _place(conn, vault, "record", values, reference, until_on, actor)


def hold_rule(
    conn: Connection, vault: Vault, rule: str, policy: Policy, reference: str, *,
    until_on: date | None = None, actor: str = "steward",
) -> Hold:  # fmt: skip
    """Keep all that a retention rule, or the rules of an entity, would remove.

    Raises:
        UsageError: There is no such rule.
    """
    if rule not in policy.retention and rule not in policy.entities:
        raise UsageError(
            "there is no such rule", code="rule_unknown",
            todo="name an entity or a retention class of pii_rules/policy",
        )  # fmt: skip
    return _place(conn, vault, "rule", {"rule": rule}, reference, until_on, actor)


def list_holds(conn: Connection, *, released: bool = False) -> list[Hold]:
    """Holds by number; with ``released`` those that are over too."""
    query = sa.select(*_COLUMNS).order_by(_t.c.hold_id)
    if not released:
        query = query.where(_t.c.released_at.is_(None))
    return [Hold(**row._mapping) for row in conn.execute(query)]


def holds_on(conn: Connection, on: date, *, subject_ids: Collection[int] = ()) -> list[Hold]:
    """Holds that keep something on a day: of these persons, and all of records and rules."""
    mine = set(subject_ids)
    return [
        hold
        for hold in list_holds(conn)
        if hold.is_active(on) and (hold.scope != "person" or hold.subject_id in mine)
    ]


def release_hold(conn: Connection, vault: Vault, number: str, actor: str = "steward") -> Hold:
    """End a hold; the caller lets go what it kept.

    Raises:
        UsageError: There is no such hold, or it was released before.
    """
    row = conn.execute(sa.select(*_COLUMNS).where(_t.c.number == number.strip().upper())).first()
    if row is None or row.released_at is not None:
        raise UsageError(
            "there is no such hold that is active", code="hold_unknown",
            todo="klantkluis hold list shows their numbers",
        )  # fmt: skip
    conn.execute(
        sa.update(_t)
        .where(_t.c.hold_id == row.hold_id)
        .values(released_at=now(), released_by=actor)
    )
    note_rows(conn, "hold", [row.hold_id])
    audit.append(conn, vault, actor=actor, action="hold_released", payload={"hold": row.number})
    return Hold(**row._mapping)


def _place(
    conn: Connection, vault: Vault, scope: Scope, values: dict[str, Any], reference: str,
    until_on: date | None, actor: str,
) -> Hold:  # fmt: skip
    if not REFERENCE.fullmatch(reference):
        raise UsageError(
            "the reference of a case is its number: digits, with letters and . / _ : - but no blanks",
            code="reference_unfit", todo="write it as 2026/118 or KG-ZA-22-123, and no name",
        )  # fmt: skip
    placed_at = now()
    if until_on is not None and until_on < placed_at.date():
        raise UsageError(
            "a hold cannot end before it begins", code="hold_past",
            todo="give --until a day to come, or leave it out",
        )  # fmt: skip
    (hold_id,) = allocate(conn, "holds", 1)
    number = f"H-{placed_at.year}-{hold_id:04d}"
    conn.execute(
        sa.insert(_t).values(
            hold_id=hold_id, number=number, scope=scope, reference=reference, placed_by=actor,
            placed_at=placed_at, until_on=until_on, **values,
        )
    )  # fmt: skip
    note_rows(conn, "hold", [hold_id])
    audit.append(
        conn, vault, actor=actor, action="hold_added", payload={"hold": number},
        subject_count=1 if scope == "person" else 0,
    )  # fmt: skip
    return next(hold for hold in list_holds(conn) if hold.hold_id == hold_id)
