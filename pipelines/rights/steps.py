"""The steps a steward takes with a request; each is one transaction and an audit entry.

Fulfilling is in :mod:`pipelines.fulfilment`, since it needs what a right needs.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection

from pipelines.common.errors import UsageError
from pipelines.rights import deadlines
from pipelines.rights.grounds import ground_for
from pipelines.rights.package_files import drop_drafts
from pipelines.rights.proof import DEFAULT_METHOD, Risk, check_method
from pipelines.rights.requests import Request, advance, proof_until
from pipelines.vault.store import Vault

EXTENSION_REASONS: Final = ("complex", "numerous")
"""Source: GDPR Art. 12(3)."""


def ask_proof(conn: Connection, vault: Vault, request: Request, on: date) -> Request:
    """Note that the person was asked who they are; asked promptly it stops the clock."""
    return advance(conn, vault, request, "ask_proof", proof_asked_on=on)


def verify(
    conn: Connection,
    vault: Vault,
    request: Request,
    on: date,
    risk: Risk,
    *,
    method: str = DEFAULT_METHOD,
    grace_until: datetime | None = None,
    country: str = "NL",
) -> Request:
    """Note that it is the person who asks; only this outcome is kept.

    Raises:
        UsageError: The proof is too weak, or came after the request expired.
    """
    check_method(method, risk)
    if request.state == "proof_asked" and has_expired(request, on):
        raise UsageError(
            "the request has expired: the question who is asking was not answered in time",
            code="request_expired", where={"request": request.number},
            todo="refuse it with --ground not_identified, and open a new one if they ask again",
        )  # fmt: skip
    changes: dict[str, Any] = {
        "proof_method": method, "proof_outcome": "confirmed", "grace_until": grace_until,
    }  # fmt: skip
    if request.state == "proof_asked" and request.proof_asked_on is not None:
        changes |= {"proof_ended_on": on, "due_on": request.due(on, country)}
    return advance(conn, vault, request, "verify", **changes)


def has_expired(request: Request, on: date) -> bool:
    """Whether a question for proof was not answered in time."""
    asked = request.proof_asked_on
    return request.state == "proof_asked" and asked is not None and on > proof_until(asked)


def extend(
    conn: Connection, vault: Vault, request: Request, on: date, reason: str, country: str = "NL"
) -> Request:
    """Extend the answer to three months from receipt; told, with the reason, within the first.

    Raises:
        UsageError: It is too late to tell, it was extended before, or the reason is none.
    """
    if reason not in EXTENSION_REASONS:
        raise UsageError(
            "this is no reason to extend", code="extension_reason",
            todo="name one of " + ", ".join(EXTENSION_REASONS),
        )  # fmt: skip
    if request.extended_on is not None:
        raise UsageError(
            "the request was extended before", code="extended_before",
            where={"request": request.number}, todo="answer it by its deadline",
        )  # fmt: skip
    if request.is_open and on > request.due(on, country):
        raise UsageError(
            "an extension has to be told within the first month", code="extension_late",
            where={"request": request.number}, todo="answer at once",
        )  # fmt: skip
    due = deadlines.due_on(
        request.received_on, country, paused_days=request.paused_days, is_extended=True
    )
    changes: dict[str, Any] = {"extended_on": on, "extension_reason": reason, "due_on": due}
    return advance(conn, vault, request, "extend", **changes)


def refuse(conn: Connection, vault: Vault, request: Request, ground: str) -> Request:
    """Refuse a request on a ground that the law knows for it; a draft of its package goes at once.

    Raises:
        UsageError: It is no ground for this right, or the request is closed; or nobody was asked who
            they are, or they said it, and it is to be refused for that.
    """
    named = ground_for(request.right, ground).name
    is_unasked = request.proof_asked_on is None or request.proof_outcome is not None
    if named == "not_identified" and request.is_open and is_unasked:
        raise UsageError(
            "who asks can only stay unknown after they were asked", code="proof_not_asked",
            where={"request": request.number}, todo="ask with klantkluis request ask-proof, or name another ground",
        )  # fmt: skip
    refused = advance(conn, vault, request, "refuse", ground=named)
    drop_drafts(conn, request.number)
    return refused


def withdraw(conn: Connection, vault: Vault, request: Request) -> Request:
    """Note that the person took the request back; a draft of its package goes at once."""
    withdrawn = advance(conn, vault, request, "withdraw")
    drop_drafts(conn, request.number)
    return withdrawn
