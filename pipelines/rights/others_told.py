"""Others told: a task per source system and per recipient, with what that system has to do.

The instruction names the person's records there, so it is sealed under a key of its own that is
destroyed when the task is closed. What it says is made by :mod:`pipelines.instructions`. Source: GDPR
Art. 7(3), 17(2), 19, 21(3).

Privacy: ids of records in, sealed; out only by :func:`open_instruction`, on record.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.clock import now
from pipelines.common.errors import UsageError
from pipelines.rights.requests import Request
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate
from pipelines.vault.noted_rows import note_rows
from pipelines.vault.sealing import seal, unseal
from pipelines.vault.store import Vault

_t = schema.outbound_tasks


class Instruction(NamedTuple):
    """What one system or recipient has to do."""

    target_kind: Literal["source", "recipient"]
    target: str
    content: dict[str, Any]


class Task(NamedTuple):
    """One task as it stands."""

    task_id: int
    request_id: int
    what: str
    target_kind: str
    target: str
    state: str
    created_at: datetime
    closed_at: datetime | None


_COLUMNS = [_t.c[name] for name in Task._fields]


def tell_others(
    conn: Connection, vault: Vault, request: Request, what: str, told: Iterable[Instruction]
) -> int:
    """Open the tasks of a request; those that exist stay as they are.

    Args:
        conn: In a writing transaction.
        vault: Whose.
        request: Which.
        what: The right: ``erasure``, ``rectification``, ``restriction``, ``objection`` …
        told: One instruction per system or recipient.

    Returns:
        How many were opened.
    """
    known = {(t.target_kind, t.target) for t in tasks_of(conn, request.request_id)}
    new = [i for i in told if (i.target_kind, i.target) not in known]
    keys = vault.data_keys.create(len(new))
    for task_id, item, (key_id, key) in zip(
        allocate(conn, "outbound_tasks", len(new)), new, keys, strict=True
    ):
        conn.execute(
            sa.insert(_t).values(
                task_id=task_id, request_id=request.request_id, what=what,
                target_kind=item.target_kind, target=item.target, state="open", created_at=now(),
                key_id=key_id, sealed=seal(key, orjson.dumps(item.content, default=str), _aad(task_id)),
            )
        )  # fmt: skip
        note_rows(conn, "task", [task_id])
    return len(new)


def tell_again(
    conn: Connection, vault: Vault, request: Request, what: str, told: Iterable[Instruction]
) -> list[int]:
    """As :func:`tell_others`, but a task that exists opens again with what is to be done now.

    What an open task still asks for stays in it, but for the records that are told of anew.

    Returns:
        Keys of instructions that were replaced, for the caller to destroy after the transaction.
    """
    told = list(told)
    replaced: list[int] = []
    for item in told:
        is_it = (
            _t.c.request_id == request.request_id,
            _t.c.target_kind == item.target_kind,
            _t.c.target == item.target,
        )
        row = conn.execute(sa.select(_t).where(*is_it)).first()
        if row is None:
            continue
        content = item.content
        if row.state == "open":
            if key := vault.data_keys.get([row.key_id]).get(row.key_id):
                standing = orjson.loads(unseal(key, row.sealed, _aad(row.task_id)))
                content = _joined(standing, content)
            replaced.append(row.key_id)
        ((key_id, key),) = vault.data_keys.create(1)
        sealed = seal(key, orjson.dumps(content, default=str), _aad(row.task_id))
        conn.execute(
            sa.update(_t)
            .where(*is_it)
            .values(state="open", created_at=now(), closed_at=None, key_id=key_id, sealed=sealed)
        )
        note_rows(conn, "task", [row.task_id])
    tell_others(conn, vault, request, what, told)
    return replaced


def _joined(standing: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """An instruction with another one over it; a record is in one of their lists alone."""
    again = {(e, n) for a in ("erase", "unlink") for e, ids in new.get(a, {}).items() for n in ids}
    again |= {(k["entity"], k["number"]) for k in new.get("keep_sealed", ())}
    sealed = [
        k for k in standing.get("keep_sealed", ()) if (k["entity"], k["number"]) not in again
    ] + list(new.get("keep_sealed", ()))
    made = {name: value for name, value in standing.items() if name != "keep_sealed"}
    for action in ("erase", "unlink"):
        for entity, ids in new.get(action, {}).items():
            known = made.setdefault(action, {})
            known[entity] = sorted({*known.get(entity, ()), *ids})
    return made | ({"keep_sealed": sealed} if sealed else {})


def tasks_of(conn: Connection, request_id: int) -> list[Task]:
    """Tasks of a request, in the order in which they were opened."""
    query = sa.select(*_COLUMNS).where(_t.c.request_id == request_id).order_by(_t.c.task_id)
    return [Task(*row._tuple()) for row in conn.execute(query)]


def has_open_tasks(conn: Connection, request_id: int) -> bool:
    """Whether somebody else still has to be told, or to do it."""
    return any(task.state == "open" for task in tasks_of(conn, request_id))


def open_instruction(conn: Connection, vault: Vault, request: Request, target: str) -> Any:
    """What a target has to do, for the steward to hand on; an entry in the audit chain.

    Raises:
        UsageError: There is no open task for that target.
        StorageError: The key of the instruction is lost.
    """
    row = _open_row(conn, request, target)
    keys = vault.data_keys.all_of([row.key_id])
    audit.append(
        conn, vault, actor="steward", action="others_told", purpose="accountability",
        request=request.number, subject_count=1, payload={"target": target},
    )  # fmt: skip
    return orjson.loads(unseal(keys[row.key_id], row.sealed, _aad(row.task_id)))


def close_task(
    conn: Connection, vault: Vault, request: Request, target: str, *, possible: bool = True
) -> int:
    """Note that a target has done it, or that it is impossible or a disproportionate effort.

    Returns:
        The key of the instruction, for the caller to destroy after the transaction.

    Raises:
        UsageError: There is no open task for that target.
    """
    row = _open_row(conn, request, target)
    conn.execute(
        sa.update(_t)
        .where(_t.c.task_id == row.task_id)
        .values(
            state="done" if possible else "impossible", closed_at=now(), key_id=None, sealed=None
        )
    )
    note_rows(conn, "task", [row.task_id])
    audit.append(
        conn, vault, actor="steward", action="others_task_closed", request=request.number,
        payload={"target": target, "possible": possible},
    )  # fmt: skip
    return int(row.key_id)


def _open_row(conn: Connection, request: Request, target: str) -> Any:
    row = conn.execute(
        sa.select(_t).where(
            _t.c.request_id == request.request_id, _t.c.target == target, _t.c.state == "open"
        )
    ).first()
    if row is None:
        raise UsageError(
            "there is no open task for this system", code="task_unknown",
            where={"request": request.number}, todo="klantkluis request tasks lists them",
        )  # fmt: skip
    return row


def _aad(task_id: int) -> bytes:
    return b"outbound task %d" % task_id
