"""Gathers what is held about a person, whatever store it is in.

Everything is looked up first, the audit entry written, and only then anything unsealed: one entry
for the whole package. Privacy: any class out, of the person; names of people around their records
for blacking out.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.normalise import iban_key
from pipelines.common.rejects import Reject
from pipelines.rights.person import OpenRecord, Person, load_person, open_records
from pipelines.vault import audit, quarantine, schema
from pipelines.vault.records import SealedRecord, records_mentioning, records_of_subjects
from pipelines.vault.subjects import Pair, find_identifiers
from pipelines.warehouse.person_rows import (
    Row,
    companies_and_staff,
    derived_of_person,
    names_of_campaigns,
    rows_of_person,
)

if TYPE_CHECKING:
    from pipelines.runs import Deployment

PURPOSE: Final = "accountability"
CERTAIN_KINDS: Final = frozenset({"email", "phone", "iban"})
QUARANTINE_KINDS: Final = frozenset({"email", "phone", "source_key"})
_COLLEAGUES: Final = 200
"""Names of at most so many people of the same company are looked up."""


@dataclass
class Held:
    """What the stores hold of a person; ``mentions`` are other people's records."""

    person: Person
    rows: dict[str, list[Row]] = field(default_factory=dict)
    sealed: dict[tuple[str, str, str], OpenRecord] = field(default_factory=dict)
    mentions: list[tuple[OpenRecord, bool]] = field(default_factory=list)
    mention_pairs: frozenset[Pair] = frozenset()
    put_aside: list[Reject] = field(default_factory=list)
    derived: dict[str, list[Row]] = field(default_factory=dict)
    names_around: list[str] = field(default_factory=list)
    called: dict[str, str] = field(default_factory=dict)
    consents: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    audiences: list[Row] = field(default_factory=list)

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """The sealed fields of the person's own contact records."""
        return [r.fields for (entity, _, _), r in self.sealed.items() if entity == "contacts"]


def gather(deployment: Deployment, subject_id: int, *, actor: str, request: str | None) -> Held:
    """Everything held about a person.

    Args:
        deployment: Open; the caller holds the lock.
        subject_id: Any id of the person.
        actor: Who looks, a role.
        request: Number of the request.

    Raises:
        InputError: There is no such person.
    """
    vault = deployment.vault
    with vault.begin() as conn:
        person = load_person(conn, subject_id)
        records = records_of_subjects(conn, person.subject_ids)
        held = Held(person)
        with closing(_Warehouse(deployment)) as warehouse:
            warehouse.read(held, records)
        around = _records_around(conn, held, records)
        by_pairs = _mentioning(conn, person.identifiers, records, held)
        aside = quarantine.rows_with(
            conn, (p for p in person.identifiers if p[0] in QUARANTINE_KINDS)
        )
        others = {r.subject_id for r in (*around, *by_pairs) if r.subject_id is not None}
        audit.append(
            conn, vault, actor=actor, action="package_gathered", purpose=PURPOSE, request=request,
            subject_count=1 + len(others),
            payload={
                "subject_keys": person.subject_keys,
                "record_ids": [r.record_id for r in (*records, *around, *by_pairs)],
                "quarantine_ids": aside,
            },
        )  # fmt: skip
    with vault.begin() as conn:
        opened = open_records(vault, records)
        held.sealed = {(o.record.entity, o.record.source, o.record.record_key): o for o in opened}
        held.names_around = _names(open_records(vault, around))
        mentioning = _with_iban(conn, deployment, held, records, by_pairs)
        known = {r.record_id for r in records}
        held.mentions = [
            (o, by_pairs.get(o.record, True))
            for o in open_records(vault, mentioning)
            if o.record.record_id not in known
        ]
        held.names_around += _owner_names(conn, deployment, held)
        held.put_aside = quarantine.read_rows(conn, vault, aside)
        held.consents = _consents(conn, person)
        held.requests = _requests(conn, person)
        held.audiences = _audiences(conn, person)
    return held


class _Warehouse:
    """The warehouse for reading, where there is one."""

    def __init__(self, deployment: Deployment) -> None:
        from pipelines.warehouse.connection import connect_warehouse

        self._connection = None
        if deployment.home.warehouse.is_file():
            key = deployment.keyring.role_key("warehouse")
            self._connection = connect_warehouse(
                deployment.home, key, deployment.settings, read_only=True
            )

    def read(self, held: Held, records: list[SealedRecord]) -> None:
        """Fill in what the warehouse has."""
        if self._connection is None:
            return
        sealed: dict[str, list[tuple[str, str]]] = {}
        for record in records:
            sealed.setdefault(record.entity, []).append((record.source, record.record_key))
        person = held.person
        held.rows = rows_of_person(self._connection, person.subject_keys, person.kind, sealed)
        held.derived = derived_of_person(self._connection, person.subject_keys[:1])
        every = [row for rows in held.rows.values() for row in rows]
        keys = {
            row[c]
            for row in every
            for c in ("account_key", "user_key", "manager_user_key")
            if row.get(c)
        }
        campaigns = {row["campaign_id"] for row in every if row.get("campaign_id")}
        held.called = companies_and_staff(self._connection, keys)
        held.called |= names_of_campaigns(self._connection, campaigns)

    def close(self) -> None:
        """Let the file go."""
        if self._connection is not None:
            self._connection.close()


def _records_around(
    conn: Connection, held: Held, records: list[SealedRecord]
) -> list[SealedRecord]:
    """Records of staff who dealt with the person and of colleagues: their names are blacked out."""
    rows = [row for rows in held.rows.values() for row in rows]
    keys = sorted({row["user_key"] for row in rows if row.get("user_key")})
    t = schema.subjects
    staff = list(conn.scalars(sa.select(t.c.subject_id).where(t.c.subject_key.in_(keys))))
    accounts = {i.account_subject_id for i in records if i.account_subject_id is not None}
    colleagues = sorted(_colleagues(conn, accounts))[:_COLLEAGUES]
    own = set(held.person.subject_ids)
    ids = {i for i in (*staff, *colleagues) if i is not None and i not in own}
    found = records_of_subjects(conn, sorted(ids))
    return [record for record in found if record.entity in ("users", "contacts")]


def _colleagues(conn: Connection, accounts: set[int]) -> set[int]:
    """Contacts of the same companies."""
    r = schema.sealed_records
    query = sa.select(r.c.subject_id).where(
        r.c.account_subject_id.in_(sorted(accounts)), r.c.entity == "contacts"
    )
    return {i for i in conn.scalars(query) if i is not None}


def _mentioning(
    conn: Connection, pairs: frozenset[Pair], own: list[SealedRecord], held: Held
) -> dict[SealedRecord, bool]:
    """Others' records that mention the person, and whether it is certainly them.

    A bare name says it where nobody else bears it, or within the same company.
    """
    certain = {p for p in pairs if p[0] in CERTAIN_KINDS}
    names = {p for p in pairs if p[0] == "name"}
    bearers = find_identifiers(conn, names)
    certain |= {p for p in names if set(bearers.get(p, ())) <= set(held.person.subject_ids)}
    held.mention_pairs = frozenset(certain | names)
    accounts = {r.account_subject_id for r in own if r.account_subject_id is not None}
    colleagues = _colleagues(conn, accounts)
    known = {r.record_id for r in own}
    found: dict[SealedRecord, bool] = {}
    for pair in sorted(certain | names):
        for record in records_mentioning(conn, [pair]):
            if record.record_id not in known:
                is_near = record.account_subject_id in accounts or record.subject_id in colleagues
                is_sure = pair in certain or is_near
                found[record] = found.get(record, False) or is_sure
    return found


def _with_iban(
    conn: Connection,
    deployment: Deployment,
    held: Held,
    own: list[SealedRecord],
    found: dict[SealedRecord, bool],
) -> list[SealedRecord]:
    """The same, with records that mention an account number, known only from what was opened."""
    numbers = {iban_key(fields.get("iban")) for fields in held.contacts} - {None}
    pairs = {("iban", deployment.vault.index.of("iban", str(n))) for n in numbers}
    held.mention_pairs |= pairs
    known = {r.record_id for r in own}
    more = [r for r in records_mentioning(conn, pairs) if r.record_id not in known]
    return sorted({*found, *more}, key=lambda r: r.record_id)


def _owner_names(conn: Connection, deployment: Deployment, held: Held) -> list[str]:
    """Names of those in whose records the person is mentioned."""
    ids = {o.record.subject_id for o, _ in held.mentions if o.record.subject_id is not None}
    records = [r for r in records_of_subjects(conn, sorted(ids)) if r.entity == "contacts"]
    return _names(open_records(deployment.vault, records))


def _names(opened: list[OpenRecord]) -> list[str]:
    return sorted(
        {
            str(o.fields[column])
            for o in opened
            for column in ("full_name", "first_name", "last_name")
            if o.fields.get(column)
        }
    )


def _consents(conn: Connection, person: Person) -> list[Row]:
    t = schema.consents
    columns = (
        t.c.purpose, t.c.channel, t.c.status, t.c.lawful_basis, t.c.occurred_at, t.c.expires_at,
        t.c.notice_version, t.c.origin,
    )  # fmt: skip
    query = sa.select(*columns).where(t.c.subject_id.in_(person.subject_ids))
    return [dict(r) for r in conn.execute(query.order_by(t.c.occurred_at)).mappings()]


def _requests(conn: Connection, person: Person) -> list[Row]:
    t = schema.requests
    columns = (t.c.number, t.c.right, t.c.state, t.c.received_on, t.c.due_on, t.c.closed_at)
    query = sa.select(*columns).where(t.c.subject_id.in_(person.subject_ids))
    return [dict(r) for r in conn.execute(query.order_by(t.c.request_id)).mappings()]


def _audiences(conn: Connection, person: Person) -> list[Row]:
    t, m = schema.audiences, schema.audience_members
    query = (
        sa.select(t.c.purpose, t.c.channel, t.c.built_at)
        .join(m, m.c.audience_id == t.c.audience_id)
        .where(m.c.subject_id.in_(person.subject_ids))
        .distinct()
    )
    return [dict(r) for r in conn.execute(query.order_by(t.c.built_at)).mappings()]
