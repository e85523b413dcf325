"""What stewards and persons did in the ledger, so that no older backup loses it.

A word by hand or on request, a withholding word of an import, every step of a request, restrictions,
holds, merges, corrections, tasks of others and what is kept of the erased (:mod:`pipelines.vault.noted_rows`)
are noted there when their transaction is committed (:func:`pipelines.vault.store.to_ledger`). A home that is
older enters what it lacks when it is opened, and may be opened for everything else at once: unlike
an erasure, a word that is entered late brings nobody back.

Privacy: pseudonyms, purposes, days and codes of ours, sealed in the ledger. Evidence of a consent and
details of a request are sealed under keys of their persons and are not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.clock import now
from pipelines.rights.states import OPEN_STATES
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate, count_up_to, select_in
from pipelines.vault.ledger import LedgerEntry
from pipelines.vault.noted_rows import (
    APART,
    KEPT_OF,
    MERGE,
    RESTRICTION,
    apart_again,
    merge_again,
    parsed,
    put_back,
    restrict_again,
)
from pipelines.vault.store import Vault, drop_pending, to_ledger
from pipelines.vault.subjects import create_erased

WORD: Final = "word"
REQUEST: Final = "request"
_HARMLESS: Final = frozenset({"noted", "audit"})
"""Kinds of entries after which a home knows its ledger, once what was noted is entered."""
_ERASED: Final = frozenset({"intent", "completed"})
_r = schema.requests
_LEFT_OUT: Final = frozenset({"subject_id", "key_id", "sealed"})


class CaughtUp(NamedTuple):
    """What a home lacked: what was entered, and what is of persons whom it does not know.

    ``rows`` are restrictions, holds, corrections, tasks, merges and kept records; of those of unknown
    persons ``unknown_numbers`` are the holds and the requests that they belong to. Nothing is unknown of
    who was erased since: nothing of theirs is to be entered again.
    """

    words: int = 0
    requests: int = 0
    unknown_words: int = 0
    unknown_requests: tuple[str, ...] = ()
    rows: int = 0
    unknown_rows: int = 0
    unknown_numbers: tuple[str, ...] = ()


def note_word(conn: Connection, subject_key: str, word: Mapping[str, Any]) -> None:
    """Have a word in the ledger. Privacy: ``word`` has no evidence."""
    to_ledger(conn, WORD, {"subject_key": subject_key, **word})


def note_request(conn: Connection, number: str) -> None:
    """Have a request as it stands in this transaction in the ledger."""
    s = schema.subjects
    columns = [c for c in _r.c if c.name not in _LEFT_OUT]
    row = conn.execute(
        sa.select(s.c.subject_key, *columns)
        .join(s, s.c.subject_id == _r.c.subject_id)
        .where(_r.c.number == number)
    ).first()
    if row is not None:  # nobody's pseudonym, nothing to find it by
        to_ledger(conn, REQUEST, {str(name): value for name, value in row._mapping.items()})


def catch_up(vault: Vault) -> CaughtUp:
    """Enter what the ledger noted and this home lacks; without anything it only reads.

    Args:
        vault: Open for writing.
    """
    vault.tell_ledger()
    missed = vault.missed()
    if not any(entry.kind == "noted" for entry in missed):
        return CaughtUp()
    with vault.begin() as conn:
        done = enter_noted(conn, vault, missed)
        if all(entry.kind in _HARMLESS for entry in missed):
            vault.note_ledger(conn, missed[-1])
    return done


def enter_noted(conn: Connection, vault: Vault, missed: Iterable[LedgerEntry]) -> CaughtUp:
    """Enter the words and the newest state of each request of ledger entries, once each.

    Args:
        conn: In a writing transaction.
        vault: Whose.
        missed: Entries that this home does not know, oldest first; of any kind.
    """
    from pipelines.rights.consent import Word, enter

    words: dict[str, dict[str, Any]] = {}
    requests: dict[str, dict[str, Any]] = {}
    owners: dict[str, list[str]] = {}  # a blank one, once its person is erased
    erased: set[str] = set()
    rows: dict[tuple[str, Any], dict[str, Any]] = {}
    for entry in missed:
        if entry.kind in _ERASED:
            erased.update(entry.subject_keys)
        if entry.kind == "noted":
            for kind, body in vault.noted_in(entry):
                if kind == WORD:
                    words[body["reference"]] = body
                elif kind == REQUEST:
                    requests[body["number"]] = body
                    owners.setdefault(body["number"], []).append(body["subject_key"])
                elif kind != KEPT_OF:
                    place = kind, _place(kind, body)
                    body["owners"] = [
                        body.get("subject_key"),
                        *rows.get(place, {}).get("owners", ()),
                    ]
                    rows[place] = body
    sql = "SELECT subject_key, subject_id FROM subjects WHERE subject_key IN ({values})"
    said = {body["subject_key"] for body in words.values()}
    said |= {key for body in rows.values() for key in _keys(body)}
    said |= {key for keys in owners.values() for key in keys}
    persons: dict[str, int] = dict(select_in(conn, sql, sorted(said)))
    known = [body for body in words.values() if body["subject_key"] in persons]
    entered = enter(conn, vault, [_word(Word, persons, body) for body in known], as_noted=True)
    sql = "SELECT number, subject_id FROM requests WHERE number IN ({values})"
    stands: dict[str, int] = dict(select_in(conn, sql, sorted(owners)))
    owned = {
        n: next((persons[k] for k in keys if k in persons), stands.get(n))
        for n, keys in owners.items()
    }
    for number in (n for n, i in owned.items() if i is None and erased.intersection(owners[n])):
        if requests[number]["state"] not in OPEN_STATES:
            owned[number] = create_erased(conn)
    unknown = tuple(number for number, subject_id in owned.items() if subject_id is None)
    changed = sum(
        _restore(conn, subject_id, requests[number])
        for number, subject_id in owned.items()
        if subject_id is not None
    )
    # also those of nobody: a number that was told to somebody is given to nobody else
    count_up_to(conn, "requests", max((b["request_id"] for b in requests.values()), default=0))
    in_order = sorted(rows.items(), key=lambda row: _turn(row[0][0], row[1]))
    stood = [_stand(conn, vault, kind, body, persons, erased) for (kind, _), body in in_order]
    lost = [
        body
        for (_, body), stands_now in zip(in_order, stood, strict=True)
        if stands_now is None and not _keys(body) & erased
    ]
    told = (body.get("number") or body.get("request") for body in lost)
    done = CaughtUp(
        entered,
        changed,
        sum(b["subject_key"] not in persons.keys() | erased for b in words.values()),
        unknown,
        stood.count(True),
        len(lost),
        tuple(sorted({number for number in told if number})),
    )
    if any(done):
        audit.append(
            conn, vault, actor="restore", action="noted_entered",
            subject_count=len(said & persons.keys()), payload=done._asdict(),
        )  # fmt: skip
    drop_pending(conn)
    return done


def kept_of(vault: Vault, missed: Iterable[LedgerEntry]) -> set[str]:
    """Pseudonyms of those of whom all that is kept was noted."""
    return {
        key
        for entry in missed
        if entry.kind == "noted"
        for kind, body in vault.noted_in(entry)
        if kind == KEPT_OF
        for key in body["subject_keys"]
    }


def _place(kind: str, body: Mapping[str, Any]) -> Any:
    """What a later entry of the same kind and place says anew."""
    if kind == RESTRICTION:
        return body["subject_key"]
    if kind == APART:
        return tuple(body["subject_keys"])
    return body["merge_id" if kind == MERGE else "row_id"]


def _keys(body: Mapping[str, Any]) -> set[str]:
    """Pseudonyms that a row was ever noted under, and those that it names."""
    named = {body.get("into_key"), *body["owners"], *body.get("subject_keys", ())}
    return named - {None}


def _turn(kind: str, body: Mapping[str, Any]) -> tuple[int, int]:
    """Who was taken apart is restricted by themselves; a merge that stands hides its subject's state."""
    if kind == MERGE:
        return (2 if body["undone_at"] is None else 0), body["merge_id"]
    return (3 if kind == APART else 1), 0


def _stand(
    conn: Connection,
    vault: Vault,
    kind: str,
    body: dict[str, Any],
    persons: Mapping[str, int],
    erased: Set[str],
) -> bool | None:
    if kind == MERGE:
        return merge_again(conn, body, persons)
    if kind == APART:
        return apart_again(conn, body, persons)
    if kind != RESTRICTION:
        return put_back(conn, vault, kind, body, persons, erased)
    if body["subject_key"] not in persons:
        return None
    return restrict_again(conn, persons[body["subject_key"]], body["state"])


def _word(make: Any, persons: Mapping[str, int], body: dict[str, Any]) -> Any:
    fields = {k: v for k, v in body.items() if k != "subject_key"}
    for name in ("occurred_at", "expires_at"):
        if fields[name] is not None:
            fields[name] = datetime.fromisoformat(fields[name])
    return make(subject_id=persons[body["subject_key"]], **fields)


def _restore(conn: Connection, subject_id: int, body: dict[str, Any]) -> bool:
    """Bring a request to the state that was noted; returns whether that changed anything."""
    values = {
        name: parsed(_r.c[name], value) for name, value in body.items() if name != "subject_key"
    }
    before = conn.execute(sa.select(_r).where(_r.c.number == body["number"])).first()
    if before is None:
        conn.execute(sa.insert(_r).values(subject_id=subject_id, **values))
    elif all(before._mapping[name] == value for name, value in values.items()):
        return False
    else:
        conn.execute(sa.update(_r).where(_r.c.number == body["number"]).values(**values))
    (event_id,) = allocate(conn, "request_events", 1)
    conn.execute(
        sa.insert(schema.request_events).values(
            event_id=event_id, request_id=values["request_id"], at=now(), actor="restore",
            action="restore", from_state=before.state if before else None,
            to_state=values["state"], audit_sequence=audit.head(conn)[0] + 1,
        )
    )  # fmt: skip
    return True
