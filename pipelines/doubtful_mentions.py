"""Names in texts of others of which nobody could tell whether they are an erased person's.

The erasure left them, because a namesake is near by: a contact of the same account, or of the same
thread. A steward looks at the text and says whose the name is.

Privacy: pseudonyms, sources and record keys; one text, redacted but for the name, when a steward
asks for it, after the audit entry.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.errors import InputError
from pipelines.privacy.cut_persons import PersonCutter
from pipelines.privacy.detector import Detector, make_detector
from pipelines.privacy.redaction import redact
from pipelines.rights.erasure_rows import DOUBT, free_texts
from pipelines.rights.person import open_records
from pipelines.vault import audit, schema
from pipelines.vault.records import SealedRecord, load_records, mentions_of, replace_mentions
from pipelines.vault.sealing import seal
from pipelines.vault.sketches import Around
from pipelines.vault.subjects import Pair, identifiers_of, members

if TYPE_CHECKING:
    from pipelines.runs import Deployment

PURPOSE: Final = "accountability"
_q = schema.identity_queue


class Doubt(NamedTuple):
    """One question: is the name that stands in a record that of the person erased by a request?

    ``namesake`` is the pseudonym of a living person near by who bears it too.
    """

    number: int
    request: str | None
    namesake: str
    entity: str
    source: str
    record: str


class _Open(NamedTuple):
    """A question with what its answer needs."""

    doubt: Doubt
    sealed: SealedRecord
    names: frozenset[Pair]


def open_doubts(conn: Connection, limit: int) -> list[Doubt]:
    """Questions that wait, the oldest first; without those whose name is gone by now."""
    return [found.doubt for found in _open(conn)[:limit]]


def show_doubt(
    deployment: Deployment, number: int, *, detector: Detector | None = None, actor: str = "steward"
) -> dict[str, Any]:
    """The question with the record's texts, redacted but for the name it is about.

    Args:
        deployment: Open.
        number: Of the question.
        detector: Finds what is to be redacted; made when needed.
        actor: Who looks, a role.

    Raises:
        InputError: No such question waits.
    """
    vault = deployment.vault
    with vault.begin() as conn:
        (found,) = _chosen(conn, [number])
        audit.append(
            conn, vault, actor=actor, action="mention_shown", purpose=PURPOSE,
            request=found.doubt.request, subject_count=1,
            payload={"record_ids": [found.sealed.record_id]},
        )  # fmt: skip
    cutter = PersonCutter(vault.index.of, detector or make_detector())
    texts: dict[str, str] = {}
    for opened in open_records(vault, [found.sealed]):
        for column, text in free_texts(deployment.policy, found.sealed, opened.fields).items():
            theirs, others = cutter.told(text, found.names)
            if theirs:
                texts[column] = redact(text, others)
    return found.doubt._asdict() | {"texts": texts}


def decide_doubts(
    deployment: Deployment,
    numbers: Sequence[int],
    *,
    are_theirs: bool,
    detector: Detector | None = None,
    actor: str = "steward",
) -> int:
    """Answer questions, all or none: the names are the erased person's and go, or they stay.

    Args:
        deployment: Open; the caller holds the lock.
        numbers: Of the questions.
        are_theirs: Whether the names are cut.
        detector: Finds the names; made when needed.
        actor: Who decides, a role.

    Returns:
        How many texts were cut.

    Raises:
        InputError: One of them does not wait; none is answered.
    """
    vault = deployment.vault
    cut: list[int] = []
    with vault.begin() as conn:
        chosen = _chosen(conn, numbers)
        if are_theirs:
            cutter = PersonCutter(vault.index.of, detector or make_detector())
            cut = [f.sealed.record_id for f in chosen if _cut(conn, deployment, cutter, f)]
        conn.execute(
            sa.update(_q)
            .where(_q.c.queue_id.in_([f.doubt.number for f in chosen]))
            .values(state="cut" if are_theirs else "kept")
        )
        audit.append(
            conn, vault, actor=actor, action="mentions_decided", purpose=PURPOSE,
            subject_count=len({f.sealed.subject_id for f in chosen}),
            payload={"questions": [f.doubt.number for f in chosen], "cut_record_ids": cut},
        )  # fmt: skip
    return len(cut)


def _open(conn: Connection, numbers: Collection[int] | None = None) -> list[_Open]:
    s, e = schema.subjects, schema.erasures
    query = (
        sa.select(
            _q.c.queue_id, e.c.request, _q.c.other_subject_id, s.c.subject_key, _q.c.record_id
        )
        .join(s, s.c.subject_id == _q.c.other_subject_id)
        .outerjoin(e, e.c.subject_id == _q.c.subject_id)
        .where(_q.c.state == "open", _q.c.reason == DOUBT)
        .order_by(_q.c.queue_id)
    )
    if numbers is not None:
        query = query.where(_q.c.queue_id.in_(numbers))
    rows = conn.execute(query).all()
    records = {r.record_id: r for r in load_records(conn, [row.record_id for row in rows])}
    noted = mentions_of(conn, records)
    found: list[_Open] = []
    for row in rows:
        borne = identifiers_of(conn, members(conn, row.other_subject_id))
        names = {p for p in borne if p[0] == "name"} & noted.get(row.record_id, set())
        if names and (record := records.get(row.record_id)) is not None:
            doubt = Doubt(
                row.queue_id, row.request, row.subject_key, record.entity, record.source,
                record.record_key.partition("/")[2],
            )  # fmt: skip
            found.append(_Open(doubt, record, frozenset(names)))
    return found


def _chosen(conn: Connection, numbers: Sequence[int]) -> list[_Open]:
    found = _open(conn, numbers)
    missing = set(numbers) - {f.doubt.number for f in found}
    if missing:
        raise InputError(
            "no such question about a name waits", code="unknown_mention",
            where={"question": min(missing)}, todo="klantkluis mentions list shows those that wait",
        )  # fmt: skip
    return found


def _cut(conn: Connection, deployment: Deployment, cutter: PersonCutter, found: _Open) -> bool:
    """Cut the name out of the texts of its record; whether it stood there."""
    record, t = found.sealed, schema.sealed_records
    for opened in open_records(deployment.vault, [record]):
        texts = free_texts(deployment.policy, record, opened.fields)
        made = dict(cutter.cut(texts, found.names, Around()))
        key = deployment.vault.data_keys.get([record.key_id])[record.key_id]
        sealed = seal(key, orjson.dumps(opened.fields | made), record.aad)
        where = t.c.record_id == record.record_id
        conn.execute(sa.update(t).where(where).values(sealed=sealed))
        noted = mentions_of(conn, [record.record_id]).get(record.record_id, set())
        replace_mentions(conn, {record.record_id: noted - found.names})
        return made != texts
    return False
