"""What is still kept of a person who was erased: under which ground, until when, whose.

Kept copies bear neither subject nor pseudonym, so they are known again by what is sealed in them, by
the batch of the ledger in which an identifier was erased, and by their request. Opened here only to
be compared by blind index: nothing of their content goes out.

Privacy: blind indexes in; entities, grounds, days and counts out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.identity.contact_identifiers import (
    SHARED_KINDS,
    contact_identifiers,
    source_key,
)
from pipelines.rights.keeping import content_of
from pipelines.vault import audit, schema
from pipelines.vault.subjects import Pair
from pipelines.vault.suppression import find_suppressed

if TYPE_CHECKING:
    from pipelines.vault.store import Vault

_k, _r, _s = schema.kept_records, schema.requests, schema.subjects


class KeptLine(NamedTuple):
    """Rows of one entity that are kept; ``until`` None: until the hold is released."""

    entity: str
    ground: str
    until: date | None
    rows: int

    def __str__(self) -> str:
        return f"{self.rows} {self.entity} {self.ground} {self.until or '-'}"


class KeptOf(NamedTuple):
    """What is known of an erased person's kept copies.

    Attributes:
        lines: What is theirs, by entity, ground and day.
        subject_id: Whose it is; None where no request, or more than one person, comes into question.
        is_unclear: Something is kept of persons erased in the same batch, and what was asked does not
            tell whose it is.
        agrees: Where a name alone led here: the fields that agree with what is kept, the name first.
        differs: The fields of whoever bears that name which do not; then there are no lines.
    """

    lines: tuple[KeptLine, ...] = ()
    subject_id: int | None = None
    is_unclear: bool = False
    agrees: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()


def kept_of(
    conn: Connection, vault: Vault, pairs: Collection[Pair], subject_key: str | None = None
) -> KeptOf:
    """What is kept of whoever bore an identifier, or had a pseudonym, before they were erased.

    Args:
        conn: The vault.
        vault: Whose.
        pairs: Identifiers that were asked for, any of which may agree.
        subject_key: The pseudonym of then.
    """
    rows = conn.execute(sa.select(_k)).all()
    if not rows:
        return KeptOf()
    # what several may share tells who it was only if it was erased as nobody else's
    telling = {p for p in pairs if p[0] not in SHARED_KINDS} | find_suppressed(conn, pairs)
    bearing = _bearing(vault, rows)
    mine = {kept_id for kept_id, borne in bearing.items() if borne & telling}
    somebody_elses: set[int | None] = set()
    if any(kind == "source_key" for kind, _ in telling):
        somebody_elses = _with_all_numbers(conn, rows, bearing) - {None}
    doubtful = {r.request_id for r in rows} - somebody_elses
    numbers: set[str] = set()
    is_unclear = False
    for candidates in _batches(conn, vault, telling, subject_key):
        if len(candidates) == 1 and "" not in candidates:
            numbers |= candidates
            continue
        possible: set[int | None] = {*_ids(conn, candidates)}
        if "" in candidates:  # erased without a request, by a rule of retention
            possible.add(None)
        is_unclear = is_unclear or bool(possible & doubtful)
    theirs = _theirs(rows, mine, _ids(conn, numbers))
    subjects = _subjects(conn, {r.request_id for r in theirs})
    whose = next(iter(subjects)) if len(subjects) == 1 else None
    return KeptOf(_lines(theirs), whose, is_unclear and not theirs)


def kept_of_named(
    conn: Connection, vault: Vault, name: str, told: Mapping[str, str | None]
) -> KeptOf:
    """What is kept of erased persons of a name, for a steward to judge: a namesake may be meant.

    A copy whose birth date or postcode is another is held back while it differs: it is somebody
    else's, or the person moved. Many copies have neither; then the name alone agrees.

    Args:
        conn: The vault.
        vault: Whose.
        name: A full name.
        told: ``birth_date`` and ``postcode`` as they were given; None where they were not.
    """
    wanted = {i for i in contact_identifiers({"full_name": name}) if i.kind == "full_name"}
    asked = {field: _compared(value) for field, value in told.items() if value}
    rows = conn.execute(sa.select(_k)).all()
    fitting: dict[int, set[str]] = {}
    differing: set[str] = set()
    for kept_id, contacts in _contacts(vault, rows).items():
        for contact in contacts:
            if wanted.isdisjoint(contact_identifiers(contact)):
                continue
            known = {field for field in asked if contact.get(field)}
            agreeing = {f for f in known if _compared(str(contact[f])) == asked[f]}
            if agreeing == known:
                fitting.setdefault(kept_id, set()).update(agreeing)
            else:
                differing |= known - agreeing
    if not fitting:
        return KeptOf(differs=tuple(sorted(differing)))
    agrees = ("name", *sorted(set.intersection(*fitting.values())))
    return KeptOf(_lines(_theirs(rows, fitting.keys())), agrees=agrees)


def kept_of_subject(conn: Connection, subject_id: int) -> tuple[KeptLine, ...]:
    """What is kept by the requests of a person."""
    query = sa.select(_k).join(_r, _r.c.request_id == _k.c.request_id)
    return _lines(conn.execute(query.where(_r.c.subject_id == subject_id)).all())


def is_erased(conn: Connection, subject_id: int) -> bool:
    """Whether a person was erased."""
    return conn.scalar(sa.select(_s.c.state).where(_s.c.subject_id == subject_id)) == "erased"


def _compared(text: str) -> str:
    return "".join(c for c in text if c.isalnum()).upper()


def _theirs(
    rows: Sequence[Any], mine: Collection[int], requests: Collection[int] = ()
) -> list[Any]:
    """All that the requests and the keys of some kept copies, or these requests, keep."""
    chosen = {r.request_id for r in rows if r.kept_id in mine} | {*requests}
    keys = {r.key_id for r in rows if r.kept_id in mine}
    return [r for r in rows if r.request_id in chosen - {None} or r.key_id in keys]


def _bearing(vault: Vault, rows: Sequence[Any]) -> dict[int, set[Pair]]:
    """The identifiers in each kept copy, by its id."""
    return {
        kept_id: {pair for contact in contacts for pair in _pairs(vault, contact)}
        for kept_id, contacts in _contacts(vault, rows).items()
    }


def _contacts(vault: Vault, rows: Sequence[Any]) -> dict[int, list[dict[str, Any]]]:
    """The contacts in each kept copy, by its id: the contact, or whom an invoice is made out to."""
    keys = vault.data_keys.get({r.key_id for r in rows})
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if row.key_id in keys:
            content = content_of(row, keys[row.key_id])
            found[row.kept_id] = list(content.get("identity", ()))
            if row.entity == "contacts":
                found[row.kept_id].append({"source": content["source"]} | content["fields"])
    return found


def _with_all_numbers(
    conn: Connection, rows: Sequence[Any], bearing: dict[int, set[Pair]]
) -> set[int | None]:
    """Requests whose copies name every customer number of their person: another is not theirs.

    The hold of one record may keep one contact of several; an invoice and any other hold keep all.
    """
    h = schema.holds
    single = set(conn.scalars(sa.select(h.c.hold_id).where(h.c.scope == "record")))
    return {
        r.request_id
        for r in rows
        if r.hold_id not in single
        and any(kind == "source_key" for kind, _ in bearing.get(r.kept_id, ()))
    }


def _pairs(vault: Vault, contact: dict[str, Any]) -> set[Pair]:
    """The identifiers of a contact."""
    found = contact_identifiers(contact)
    if number := contact.get("contact_id"):
        found.append(source_key("contacts", contact["source"], str(number)))
    return {(i.kind, vault.index.of(i.kind, i.value)) for i in found}


def _batches(
    conn: Connection, vault: Vault, pairs: set[Pair], subject_key: str | None
) -> list[set[str]]:
    """Per erased batch that comes into question the requests of which one is the person's."""
    found: list[set[str]] = []
    for entry in vault.ledger.entries():
        if entry.kind != "intent":
            continue
        is_named = subject_key is not None and subject_key in entry.subject_keys
        if not is_named and not pairs & vault.identifiers_in(entry):
            continue
        payload = audit.payload_of(conn, vault, entry.audit_sequence) or {}
        by_request: dict[str, list[str]] = payload.get("requests") or {entry.request or "": []}
        if is_named:
            exact = {n for n, keys in by_request.items() if subject_key in keys}
            found.append(exact or set(by_request))
        else:
            found.append(set(by_request))
    return found


def _ids(conn: Connection, numbers: Collection[str]) -> set[int]:
    return set(conn.scalars(sa.select(_r.c.request_id).where(_r.c.number.in_(numbers))))


def _subjects(conn: Connection, request_ids: Collection[int | None]) -> set[int]:
    ids = [i for i in request_ids if i is not None]
    return set(conn.scalars(sa.select(_r.c.subject_id).where(_r.c.request_id.in_(ids))))


def _lines(rows: Iterable[Any]) -> tuple[KeptLine, ...]:
    counts = Counter((r.entity, r.ground, r.keep_until) for r in rows)
    return tuple(KeptLine(*what, n) for what, n in sorted(counts.items(), key=str))
