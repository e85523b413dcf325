"""Builds audiences: addresses for one purpose, only of those who may be addressed, on record.

A segment is a file of SQL that returns ``customer_key``; it runs on the published database without
access to files. The addresses go into the outbox, encrypted, and expire. Whoever objects, withdraws
or is erased takes every audience with them that they are in.

Privacy: one bulk unsealing, written into the audit chain before the file is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import duckdb
import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.errors import InputError
from pipelines.consents import enter_landed
from pipelines.packages.release import new_passphrase, write_archive
from pipelines.rights.addressing import Facts, rule_of, who_may_be_addressed
from pipelines.runs import Deployment
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate, insert_rows, select_in
from pipelines.vault.records import records_of_subjects
from pipelines.vault.sealing import unseal
from pipelines.vault.store import Vault
from pipelines.vault.subjects import survivors
from pipelines.warehouse.connection import connect_published, connect_warehouse

KEEP_DAYS: Final = 14
_COLUMNS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    # the first group of which a person has something is the address; the rest is to greet them
    "email": (("email",),),
    "phone": (("mobile",), ("phone",)),
    "sms": (("mobile",),),
    "post": (("street", "house_number", "postcode", "city", "country"),),
}
_GREETING: Final = ("first_name", "infix", "last_name", "full_name", "language")
_BOUGHT: Final = """
select customer_key, max(bought_at) from (
    select customer_key, ordered_at as bought_at from warehouse.pseudo.orders
    where coalesce(status, '') not in ('cancelled', 'refunded')
    union all select customer_key, started_at from warehouse.pseudo.subscriptions
    union all select customer_key, closed_at from warehouse.pseudo.deals where outcome = 'won')
where customer_key is not null and bought_at is not null group by customer_key
"""
_BUSINESS: Final = (
    "select distinct customer_key from warehouse.pseudo.contacts where account_key is not null"
)


@dataclass(frozen=True)
class Audience:
    """What was built; ``passphrase`` is told once. Privacy: a secret, hidden in ``repr``."""

    audience_id: int
    file_name: str
    selected: int
    addressed: int
    refused: Mapping[str, int]
    grounds: Mapping[str, int]
    expires_at: datetime
    passphrase: str

    def __repr__(self) -> str:
        return f"Audience({self.audience_id})"

    def document(self) -> dict[str, Any]:
        """For programs, the passphrase with it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class _Selected(NamedTuple):
    """Persons of a segment by survivor, and what became of the others."""

    persons: frozenset[int]
    unusable: int


def build_audience(
    deployment: Deployment,
    segment: str,
    sql: str,
    purpose: str,
    channel: str,
    as_of: datetime,
    *,
    actor: str = "marketer",
) -> Audience:
    """Build one audience. The caller holds the home's lock.

    What landed about consent is entered first, so that yesterday's unsubscribe counts.

    Args:
        deployment: Open.
        segment: Name of the segment, for the record.
        sql: One query on the published marts that returns ``customer_key``.
        purpose: A purpose of the policy.
        channel: ``email``, ``phone``, ``sms`` or ``post``.
        as_of: The instant of deciding (UTC).
        actor: Who asks, a role.

    Raises:
        UsageError: The purpose, the channel or the query is wrong; nothing was unsealed.
        NotAllowedError: The purpose has no lawful basis, or the query wants files.
        StorageError: Nothing is published yet, or the outbox cannot be written.

    Privacy: direct identifiers into one encrypted file of the outbox, minimised to the channel.
    """
    rule_of(deployment.policy, purpose, channel)
    if channel not in _COLUMNS:
        raise InputError(
            "there is no such channel", code="channel_unknown",
            todo="use one of " + ", ".join(_COLUMNS),
        )  # fmt: skip
    enter_landed(deployment)
    keys = _run_segment(deployment, sql)
    vault = deployment.vault
    with vault.read() as conn:
        selected = _usable(conn, keys)
        facts = _facts(deployment, conn)
        decided = who_may_be_addressed(
            conn, deployment.policy, purpose, channel, selected.persons, facts, as_of
        )
        rows = _addresses(conn, vault, decided.grounds, channel)
    refused = dict(decided.refused) | {"unusable": selected.unusable}
    refused["no_address"] = len(decided.grounds) - len(rows)
    return _write(
        deployment, segment, purpose, channel, as_of, actor,
        rows, len(keys), {k: n for k, n in refused.items() if n}, decided.grounds,
    )  # fmt: skip


def _run_segment(deployment: Deployment, sql: str) -> list[str]:
    key = deployment.keyring.role_key("analyst")
    with closing(connect_published(deployment.home, key, deployment.settings)) as published:
        try:
            statements = published.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise _segment_wrong()
            cursor = published.execute(statements[0])
            columns = [column[0] for column in cursor.description or ()]
            if columns != ["customer_key"]:
                raise _segment_wrong()
            rows = cursor.fetchall()
        except duckdb.Error:
            raise _segment_wrong() from None
    return sorted({str(key) for (key,) in rows if key is not None})


def _segment_wrong() -> InputError:
    return InputError(
        "the segment is not one query on the published tables that returns customer_key alone",
        code="segment_wrong", todo="try it with klantkluis sql first",
    )  # fmt: skip


def _usable(conn: Connection, keys: Collection[str]) -> _Selected:
    """Survivors that are active; erased, restricted and half erased persons are no audience."""
    sql = "SELECT subject_key, subject_id FROM subjects WHERE subject_key IN ({values})"
    ids = dict(select_in(conn, sql, keys))
    standing = set(survivors(conn, ids.values()).values())
    state = "SELECT subject_id FROM subjects WHERE subject_id IN ({values}) AND state = 'active'"
    active = {i for (i,) in select_in(conn, state, standing)}
    begun = {i for (i,) in conn.execute(sa.select(schema.erasures.c.subject_id))}
    usable = frozenset(active - begun)
    return _Selected(usable, len(keys) - len(usable))


def _facts(deployment: Deployment, conn: Connection) -> Facts:
    if not deployment.home.warehouse.is_file():
        return Facts({}, frozenset())
    key = deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(deployment.home, key, deployment.settings)) as duck:
        bought = dict(duck.execute(_BOUGHT).fetchall())
        business = {k for (k,) in duck.execute(_BUSINESS).fetchall()}
    sql = "SELECT subject_key, subject_id FROM subjects WHERE subject_key IN ({values})"
    ids = dict(select_in(conn, sql, bought.keys() | business))
    person = survivors(conn, ids.values())
    last: dict[int, datetime] = {}
    for key_, at in bought.items():
        if key_ in ids:
            who = person[ids[key_]]
            last[who] = max(at, last.get(who, at))
    return Facts(last, {person[ids[k]] for k in business if k in ids})


def _addresses(
    conn: Connection, vault: Vault, persons: Iterable[int], channel: str
) -> dict[int, dict[str, str]]:
    """The newest address of each person that has one, with what is needed to greet them."""
    persons = set(persons)
    t = schema.subjects
    merged = conn.execute(sa.select(t.c.subject_id).where(t.c.merged_into.is_not(None)))
    of = survivors(conn, [i for (i,) in merged])
    owner = {i: i for i in persons} | {i: s for i, s in of.items() if s in persons}
    records = [r for r in records_of_subjects(conn, owner) if r.entity == "contacts" and r.sealed]
    keys = vault.data_keys.get({r.key_id for r in records})
    found: dict[int, dict[str, str]] = {}
    for record in records:  # ascending: the newest record speaks last
        if record.key_id in keys and record.subject_id in owner:
            fields = orjson.loads(unseal(keys[record.key_id], record.sealed or b"", record.aad))
            row = _row(fields, channel)
            if row:
                found[owner[record.subject_id]] = row
    return found


def _row(fields: Mapping[str, Any], channel: str) -> dict[str, str]:
    for group in _COLUMNS[channel]:
        if fields.get(group[0]):
            return {c: str(fields[c]) for c in (*group, *_GREETING) if fields.get(c)}
    return {}


def _write(
    deployment: Deployment, segment: str, purpose: str, channel: str, as_of: datetime, actor: str,
    rows: Mapping[int, Mapping[str, str]], selected: int, refused: Mapping[str, int],
    grounds: Mapping[int, str],
) -> Audience:  # fmt: skip
    vault, t = deployment.vault, schema.audiences
    expires = as_of + timedelta(days=KEEP_DAYS)
    passphrase = new_passphrase()
    used: dict[str, int] = {}
    for person in rows:
        used[grounds[person]] = used.get(grounds[person], 0) + 1
    with vault.begin() as conn:
        (audience_id,) = allocate(conn, "audiences", 1)
        name = f"audience-{audience_id}.zip"
        conn.execute(
            sa.insert(t).values(
                audience_id=audience_id, segment=segment, purpose=purpose, channel=channel,
                built_at=as_of, expires_at=expires, file_name=name, selected_count=selected,
                addressed_count=len(rows), state="ready",
            )
        )  # fmt: skip
        insert_rows(
            conn, schema.audience_members, ("audience_id", "subject_id"),
            ((audience_id, person) for person in sorted(rows)),
        )  # fmt: skip
        audit.append(
            conn, vault, actor=actor, action="audience_built", purpose=purpose,
            subject_count=len(rows),
            payload={"audience": audience_id, "segment": segment, "channel": channel,
                     "selected": selected, "grounds": used, "refused": dict(refused)},
        )  # fmt: skip
    vault.note_audit_head()
    write_archive(deployment.home.outbox / name, {"audience.csv": _csv(rows, channel)}, passphrase)
    return Audience(audience_id, name, selected, len(rows), refused, used, expires, passphrase)


def _csv(rows: Mapping[int, Mapping[str, str]], channel: str) -> bytes:
    columns = [*dict.fromkeys(c for group in _COLUMNS[channel] for c in group), *_GREETING]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows({c: _harmless(v) for c, v in rows[i].items()} for i in sorted(rows))
    return out.getvalue().encode("utf-8")


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; a telephone number keeps its plus."""
    return f"'{text}" if text[:1] in "=@-\t\r" else text
