"""What each source system and each recipient has to do for a request about a person.

A source is told the numbers under which it delivered the person: sealed records of the vault, and
facts of the warehouse, which have no sealed copy. Who has no contact record of theirs is told the
customer numbers of those that have. A recipient knows the person by what was handed out: addresses,
those that were corrected since too, and customer numbers; of an audience the addresses of its channel.
Source: GDPR Art. 7(3), 17(2), 19, 21(3).

Privacy: numbers of records, addresses and corrected values out, to be sealed at once by
:func:`pipelines.rights.others_told.tell_others`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pii_rules.models import ColumnRule
from pipelines.common.entities import load_entities
from pipelines.corrections import Change, is_meant
from pipelines.erasures import facts_of
from pipelines.packages.facts import load_organisation
from pipelines.rights.erasure_plan import ErasurePlan
from pipelines.rights.keeping import HELD, FactRow, Keep, content_of
from pipelines.rights.others_told import Instruction
from pipelines.rights.person import OpenRecord, load_person, open_records
from pipelines.rights.requests import Request
from pipelines.vault import schema
from pipelines.vault.overlays import overlays_of
from pipelines.vault.records import SealedRecord, records_of_subjects
from pipelines.warehouse.connection import connect_warehouse

if TYPE_CHECKING:
    from pipelines.runs import Deployment

PERSONS: Final = {"contacts": "contact_id", "users": "user_id"}
"""Entities whose key is a token everywhere but in the sealed record."""
ADDRESSES: Final = {
    "email": ("email",), "sms": ("mobile", "phone"), "phone": ("phone", "mobile"),
    "post": ("street", "house_number", "postcode", "city"),
}  # fmt: skip
"""Columns of a contact by which a channel reaches them."""

HANDED_OUT: Final = "the copy that was handed out"

Numbers = dict[str, dict[str, set[str]]]
"""Source, entity, numbers of records."""


class _Known(NamedTuple):
    """By what a recipient knows a person: customer numbers by source, fields of contacts."""

    customers: dict[str, list[str]]
    contacts: list[dict[str, Any]]

    def __repr__(self) -> str:
        return f"_Known({len(self.contacts)})"


def facts_about(deployment: Deployment, subject_keys: Sequence[str]) -> list[FactRow]:
    """Rows of the warehouse that bear persons, of all entities."""
    if not deployment.home.warehouse.is_file():
        return []
    key = deployment.keyring.role_key("warehouse")
    with closing(
        connect_warehouse(deployment.home, key, deployment.settings, read_only=True)
    ) as connection:
        return facts_of(connection, deployment.policy, subject_keys, load_entities())


def erasure_instructions(
    deployment: Deployment,
    conn: Connection,
    plan: ErasurePlan,
    facts: Sequence[FactRow],
    kept: Sequence[Keep],
) -> list[Instruction]:
    """Per source what of the person to erase, to unlink, and to keep sealed until when.

    Args:
        deployment: Open.
        conn: The vault, before anything is erased.
        plan: Of the person.
        facts: Of the person, as :func:`facts_about` gives them.
        kept: What a hold or a statutory period keeps: what must stay here must stay there.
    """
    own = [r for r in plan.deleted if r.subject_id is not None]
    opened = open_records(deployment.vault, own)
    numbers = _numbers(own, opened, facts)
    shown = {o.record.record_id: _number(o.record, o) for o in opened}
    stays: dict[tuple[str, str, str], Keep] = {}
    for one in kept:
        if one.record is not None:
            number = shown.get(one.record.record_id) or _number(one.record)
            stays[one.record.source, one.entity, number] = one
        elif one.fact is not None:
            stays[one.fact.source, one.entity, _after_source(one.fact.record_key)] = one
    told = []
    for source, held in sorted(numbers.items()):
        content: dict[str, Any] = defaultdict(lambda: defaultdict(list))
        kept_there = []
        for entity, ids in sorted(held.items()):
            for number in sorted(ids):
                if keep := stays.get((source, entity, number)):
                    kept_there.append(
                        {"entity": entity, "number": number, "ground": keep.ground, "until": keep.until}
                    )  # fmt: skip
                else:
                    content[_action(deployment, entity)][entity].append(number)
        if kept_there:
            content["keep_sealed"] = kept_there
        told.append(Instruction("source", source, content | _known_by(source, numbers)))
    content = {"erase": HANDED_OUT}
    known = _known_as(deployment, conn, opened, numbers)
    return told + _recipients(deployment, conn, plan.subject_ids, content, known)


def release_instructions(
    deployment: Deployment, conn: Connection, kept_ids: Collection[int]
) -> dict[int, list[Instruction]]:
    """By request what each source may not keep any more either, when a hold ends here.

    Of a statutory period the source was told the last day. What another hold or a period keeps on
    stays sealed there too.

    Args:
        deployment: Open.
        conn: The vault, before the records are let go.
        kept_ids: Kept records that are about to go.
    """
    k = schema.kept_records
    held = sa.select(k.c.request_id).where(k.c.kept_id.in_(kept_ids), k.c.ground == HELD)
    rows = conn.execute(sa.select(k).where(k.c.request_id.in_(held)).order_by(k.c.kept_id)).all()
    keys = deployment.vault.data_keys.get({row.key_id for row in rows})
    goes: dict[int, Numbers] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    stays: dict[tuple[int, str, str, str], dict[str, Any]] = {}
    for row in rows:
        if row.key_id not in keys:  # lost with an older copy of the data keys
            continue
        content = content_of(row, keys[row.key_id])
        source, number = content["source"], _number_kept(row.entity, content)
        if row.kept_id not in kept_ids:
            place = {"entity": row.entity, "number": number}
            stays[row.request_id, source, row.entity, number] = place | {
                "ground": row.ground, "until": row.keep_until,
            }  # fmt: skip
        elif number and row.ground == HELD:
            goes[row.request_id][source][row.entity].add(number)
    told: dict[int, list[Instruction]] = defaultdict(list)
    for request_id, sources in goes.items():
        for source, held_there in sorted(sources.items()):
            content = defaultdict(lambda: defaultdict(list))
            kept_on = []
            for entity, numbers in sorted(held_there.items()):
                action = _action(deployment, entity)
                for number in sorted(numbers):
                    if stay := stays.get((request_id, source, entity, number)):
                        kept_on.append(stay)
                    else:
                        content[action][entity].append(number)
            more = {"keep_sealed": kept_on} if kept_on else {}
            told[request_id].append(Instruction("source", source, content | more))
    return told


def _action(deployment: Deployment, entity: str) -> str:
    return "erase" if deployment.policy.entities[entity].on_erasure == "delete" else "unlink"


def _number_kept(entity: str, content: Mapping[str, Any]) -> str:
    """The number of a kept record in its source; empty of one that was kept without it."""
    if entity in PERSONS:
        return str(content["fields"].get(PERSONS[entity]) or "")
    return _after_source(content.get("record") or "")


def restriction_instructions(
    deployment: Deployment, conn: Connection, subject_id: int
) -> list[Instruction]:
    """Per source which records of the person to keep and not to use."""
    ids, numbers, opened = _held(deployment, conn, subject_id)
    told = [
        Instruction("source", source, {"restrict": _sorted(held)} | _known_by(source, numbers))
        for source, held in sorted(numbers.items())
    ]
    known = _known_as(deployment, conn, opened, numbers)
    return told + _recipients(deployment, conn, ids, {"restrict": HANDED_OUT}, known)


def rectification_instructions(
    deployment: Deployment, conn: Connection, subject_id: int, changes: Sequence[Change]
) -> list[Instruction]:
    """Per source what is right, and in which of its records.

    A source without such a record is told what was corrected of the person as a whole, for it may
    have the value without ever having delivered it.
    """
    ids, numbers, opened = _held(deployment, conn, subject_id)
    told = []
    everything = [_correction(change) | {"records": list[str]()} for change in changes]
    for source in sorted(numbers):
        corrections = []
        for change, whole in zip(changes, everything, strict=True):
            found = sorted(
                {
                    _number(o.record, o)
                    for o in opened
                    if o.record.source == source and is_meant(change, o)
                }
                | {
                    n
                    for n in numbers[source].get(change.entity, ())
                    if f"{source}/{n}" == change.record
                }
            )
            whole["records"] += [f"{source}/{number}" for number in found]
            if found or (change.entity == "contacts" and change.record is None):
                corrections.append(_correction(change) | {"numbers": found})
        if corrections:
            content = {"correct": corrections} | _known_by(source, numbers)
            told.append(Instruction("source", source, content))
    known = _known_as(deployment, conn, opened, numbers)
    return told + _recipients(deployment, conn, ids, {"correct": everything}, known)


def stop_instructions(
    deployment: Deployment, conn: Connection, request: Request, purposes: Collection[str]
) -> list[Instruction]:
    """Whoever works for a purpose that was objected to, or whose consent was withdrawn, has to stop.

    That is each source in use that yields rows about persons for the purpose, whether it has delivered
    this one yet or not: what sends next month sends to whom it knows. No warehouse is read, for these
    requests work at once beside a run.
    """
    person = load_person(conn, request.subject_id)
    opened = open_records(deployment.vault, records_of_subjects(conn, person.subject_ids))
    numbers = _numbers([o.record for o in opened], opened, ())
    known = _known_as(deployment, conn, opened, numbers)
    channels = [request.channel] if request.channel in ADDRESSES else list(ADDRESSES)
    stop = {"stop": sorted(purposes), "channel": request.channel or "all"}
    content = stop | {
        "customers": known.customers, "addresses": _addresses(known.contacts, channels),
    }  # fmt: skip
    working = {
        name
        for name, entity in load_entities().items()
        if "contact_id" in entity.columns
        and any(set(purposes) & set(c.purposes) for c in _rules(deployment, name))
    }
    delivering = set(conn.scalars(sa.select(schema.batches.c.source).distinct()))
    told = [
        Instruction("source", name, content)
        for name, source in sorted(deployment.sources.items())
        if source.entities & working and name in delivering
    ]
    return told + _audiences(conn, person.subject_ids, stop, known, purposes)


def _rules(deployment: Deployment, entity: str) -> Iterable[ColumnRule]:
    return deployment.policy.entities[entity].columns.values()


def _held(
    deployment: Deployment, conn: Connection, subject_id: int
) -> tuple[tuple[int, ...], Numbers, list[OpenRecord]]:
    person = load_person(conn, subject_id)
    records = records_of_subjects(conn, person.subject_ids)
    own = [r for r in records if r.subject_id in person.subject_ids]
    opened = open_records(deployment.vault, own)
    facts = facts_about(deployment, person.subject_keys)
    return person.subject_ids, _numbers(own, opened, facts), opened


def _numbers(
    records: Iterable[SealedRecord], opened: Iterable[OpenRecord], facts: Iterable[FactRow]
) -> Numbers:
    """Under which numbers each source has the person."""
    open_by_id = {o.record.record_id: o for o in opened}
    found: Numbers = defaultdict(lambda: defaultdict(set))
    for record in records:
        if number := _number(record, open_by_id.get(record.record_id)):
            found[record.source][record.entity].add(number)
    for fact in facts:
        if fact.entity not in PERSONS:
            found[fact.source][fact.entity].add(_after_source(fact.record_key))
    return found


def _number(record: SealedRecord, one: OpenRecord | None = None) -> str:
    column = PERSONS.get(record.entity)
    if column is not None and one is not None:
        return str(one.fields.get(column) or "")
    return _after_source(record.record_key)


def _after_source(record_key: str) -> str:
    return record_key.partition("/")[2]


def _sorted(held: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {entity: sorted(ids) for entity, ids in sorted(held.items())}


def _customers(numbers: Numbers) -> dict[str, list[str]]:
    return {
        s: sorted(held["contacts"]) for s, held in sorted(numbers.items()) if "contacts" in held
    }


def _known_by(source: str, numbers: Numbers) -> dict[str, Any]:
    """Customer numbers of other sources, for one that has none of its own."""
    return {} if "contacts" in numbers[source] else {"customers": _customers(numbers)}


def _correction(change: Change) -> dict[str, Any]:
    return {"entity": change.entity, "column": change.column, "value": change.value}


def _known_as(
    deployment: Deployment, conn: Connection, opened: Iterable[OpenRecord], numbers: Numbers
) -> _Known:
    """By what the person can have been handed out: as a contact is, and was before corrections."""
    own = [o for o in opened if o.record.entity == "contacts"]
    former: dict[bytes, dict[str, Any]] = defaultdict(dict)
    for overlay in overlays_of(conn, deployment.vault, [o.record.record_blind for o in own]):
        former[overlay.record_blind][overlay.column] = overlay.was
    contacts = [f for o in own for f in (o.fields, o.fields | former[o.record.record_blind])]
    return _Known(_customers(numbers), contacts)


def _addresses(contacts: Iterable[dict[str, Any]], channels: Iterable[str]) -> list[dict[str, Any]]:
    """Each once; a contact that is reached by none of the channels has none."""
    columns = sorted({column for channel in channels for column in ADDRESSES[channel]})
    found = [{c: one[c] for c in columns if one.get(c)} for one in contacts]
    return [one for place, one in enumerate(found) if one and one not in found[:place]]


def _recipients(
    deployment: Deployment,
    conn: Connection,
    subject_ids: Collection[int],
    content: dict[str, Any],
    known: _Known,
) -> list[Instruction]:
    """Who got data from here: each audience with the person, and whom the organisation names.

    What the latter got is written nowhere: they are told the e-mail addresses, and all others of a
    person who has none.
    """
    named = load_organisation(deployment.home.policy)["recipients"]
    names = sorted({str(recipient["name"]) for recipient in named})
    addresses = _addresses(known.contacts, ["email"]) or _addresses(known.contacts, ADDRESSES)
    whole = content | {"customers": known.customers, "addresses": addresses}
    return _audiences(conn, subject_ids, content, known) + [
        Instruction("recipient", name, whole) for name in names
    ]


def _audiences(
    conn: Connection,
    subject_ids: Collection[int],
    content: dict[str, Any],
    known: _Known,
    purposes: Collection[str] | None = None,
) -> list[Instruction]:
    m, a = schema.audience_members, schema.audiences
    query = (
        sa.select(a.c.audience_id, a.c.channel)
        .distinct()
        .join(m, m.c.audience_id == a.c.audience_id)
        .where(m.c.subject_id.in_(subject_ids))
        .order_by(a.c.audience_id)
    )
    if purposes is not None:
        query = query.where(a.c.purpose.in_(purposes))
    return [
        Instruction(
            "recipient",
            f"audience {row.audience_id}",
            content | {"addresses": _addresses(known.contacts, [row.channel])},
        )
        for row in conn.execute(query)
    ]
