"""The consent ledger: what each person said on each purpose and channel, word after word.

A word is never changed; a later one outweighs it. Words come from landed rows, from events of
campaigns, from an import, from a steward and from requests. Whether somebody may be addressed is
decided in :mod:`pipelines.rights.addressing`.

Privacy: subjects of the vault and pseudonyms; evidence is sealed under its person's key.
Source: GDPR Art. 7(1), 7(3), 21; Tw 11.7.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, get_args

import sqlalchemy as sa
from sqlalchemy import Connection

from pii_rules.models import Policy
from pipelines.common.clock import now
from pipelines.common.errors import InputError
from pipelines.rights.journal import note_word
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate, insert_rows, instant_param, select_in
from pipelines.vault.sealing import seal
from pipelines.vault.store import Vault
from pipelines.vault.subjects import load_exact, load_subjects, members, survivors

Status = Literal["pending", "given", "withdrawn", "refused", "objected", "expired"]
Origin = Literal["landed", "event", "import", "steward", "request"]

STATUSES: Final[tuple[str, ...]] = get_args(Status)
EVERY_CHANNEL: Final = ""
_COLUMNS = (
    "consent_id", "subject_id", "purpose", "channel", "status", "lawful_basis", "occurred_at",
    "expires_at", "notice_version", "origin", "request", "reference", "evidence", "recorded_at",
)  # fmt: skip


class Word(NamedTuple):
    """One word to enter. ``channel`` "" stands for all; ``evidence`` is sealed on its way in.

    ``reference`` names the landed row, so that it enters once however often it is read.
    """

    subject_id: int
    purpose: str
    channel: str
    status: str
    occurred_at: datetime
    origin: Origin
    lawful_basis: str | None = "consent"
    expires_at: datetime | None = None
    notice_version: str | None = None
    request: str | None = None
    reference: str | None = None
    evidence: str | None = None


class Standing(NamedTuple):
    """What holds of a person for a purpose and a channel: the newest word that counts.

    ``status`` is None when there is none; a consent that ran out is ``expired``.
    """

    status: str | None
    occurred_at: datetime | None = None
    was_confirmed: bool = False

    @property
    def is_given(self) -> bool:
        """Whether a consent holds."""
        return self.status == "given"

    @property
    def is_silent(self) -> bool:
        """Whether nothing was said that withholds: no word, or one that is still pending."""
        return self.status in (None, "pending", "given", "expired")


def enter(conn: Connection, vault: Vault, words: Iterable[Word], *, as_noted: bool = False) -> int:
    """Enter words; one with a reference that is known stays as it is. The caller writes the audit.

    Args:
        conn: In a writing transaction.
        vault: Whose; needed to seal evidence.
        words: Each about a subject of the vault; a merged one stands for its survivor.
        as_noted: They stand in the ledger already, each under the subject that it was entered for,
            which keeps it though it is merged: undoing the merge may come later in the ledger.

    Returns:
        How many were new.
    """
    words = list(words)
    known = {
        reference
        for (reference,) in select_in(
            conn, "SELECT reference FROM consents WHERE reference IN ({values})",
            sorted({w.reference for w in words if w.reference}),
        )
    }  # fmt: skip
    fresh = [w for w in words if w.reference is None or w.reference not in known]
    load = load_exact if as_noted else load_subjects
    subjects = load(conn, {w.subject_id for w in fresh})
    with_evidence = {subjects[w.subject_id].key_id for w in fresh if w.evidence}
    keys = vault.data_keys.get(with_evidence)
    ids = allocate(conn, "consents", len(fresh)) if fresh else range(0)
    fresh = [_noted(conn, subjects[w.subject_id].subject_key, w) for w in fresh]
    recorded = instant_param(conn, now())
    rows = []
    for consent_id, word in zip(ids, fresh, strict=True):
        subject = subjects[word.subject_id]
        key = keys.get(subject.key_id) if word.evidence else None
        sealed = (
            seal(key, (word.evidence or "").encode(), evidence_aad(consent_id)) if key else None
        )
        rows.append(
            (
                consent_id, subject.subject_id, word.purpose, word.channel, word.status,
                word.lawful_basis, instant_param(conn, word.occurred_at),
                instant_param(conn, word.expires_at) if word.expires_at else None,
                word.notice_version, word.origin, word.request, word.reference, sealed, recorded,
            )
        )  # fmt: skip
    insert_rows(conn, schema.consents, _COLUMNS, rows)
    return len(rows)


def set_consent(
    vault: Vault,
    subject_id: int,
    policy: Policy,
    word: Mapping[str, Any],
    *,
    actor: str = "steward",
) -> None:
    """Enter one word by hand, on record.

    Args:
        vault: Whose.
        subject_id: The person.
        policy: Knows the purposes.
        word: ``purpose``, ``status`` and what else :class:`Word` takes.
        actor: Who does it, a role.

    Raises:
        InputError: The purpose, the status or the channel is unknown, or the person is; or the
            word is dated ahead, or runs out before it was said.
    """
    made = Word(**{"subject_id": subject_id, "origin": "steward", "channel": "", **word})
    check_word(policy, made.purpose, made.status)
    check_channel(policy, made.channel)
    check_times(made.occurred_at, made.expires_at)
    with vault.begin() as conn:
        _require(conn, subject_id)
        enter(conn, vault, [made])
        audit.append(
            conn, vault, actor=actor, action=f"consent_{made.status}", purpose=made.purpose,
            request=made.request, subject_count=1, payload=_told(conn, subject_id, made.channel),
        )  # fmt: skip


def withdraw(
    conn: Connection,
    vault: Vault,
    subject_id: int,
    purposes: Sequence[str],
    *,
    channel: str = EVERY_CHANNEL,
    is_objection: bool = False,
    request: str | None = None,
    occurred_at: datetime | None = None,
    actor: str = "steward",
) -> int:
    """Withdraw consents of a person, or note an objection; it holds from this transaction on.

    Audiences built before that have the person are for the caller to withdraw with
    :func:`pipelines.rights.audiences.withdraw_person`, after the transaction.

    Args:
        conn: In a writing transaction, with what else the request changes.
        vault: Whose.
        subject_id: Any id of the person.
        purposes: Purposes of the policy; see :func:`purposes_to_withdraw` for all of them.
        channel: One channel; all by default.
        is_objection: Art. 21 instead of Art. 7(3).
        request: Number of the request.
        occurred_at: When the person said it (UTC); now by default.
        actor: Who enters it, a role.

    Returns:
        How many words were entered.

    Source: GDPR Art. 7(3), 21(1)-(3): without proof of identity, at once.
    """
    _require(conn, subject_id)
    status: Status = "objected" if is_objection else "withdrawn"
    origin: Origin = "request" if request else "steward"
    at = occurred_at or now()
    entered = enter(
        conn, vault,
        [Word(subject_id, p, channel, status, at, origin, None, request=request) for p in purposes],
    )  # fmt: skip
    audit.append(
        conn, vault, actor=actor, action=f"consent_{status}", request=request, subject_count=1,
        purpose=purposes[0] if len(purposes) == 1 else None,
        payload={**_told(conn, subject_id, channel), "purposes": list(purposes)},
    )  # fmt: skip
    return entered


def purposes_to_withdraw(policy: Policy, *, is_objection: bool = False) -> tuple[str, ...]:
    """All purposes that a withdrawal ends, or that an objection can end, in the policy's order."""
    wanted = {"consent", "legitimate_interests"} if is_objection else {"consent"}
    return tuple(name for name, p in policy.purposes.items() if p.lawful_basis in wanted)


def standing(
    conn: Connection,
    subject_ids: Collection[int] | None,
    purpose: str,
    channel: str,
    as_of: datetime,
) -> dict[int, Standing]:
    """What held of persons at an instant; persons without a word are absent.

    Of words at the same instant the one that withholds counts. A word on all channels and one on
    this channel weigh the same: the later one holds.

    Args:
        conn: The vault.
        subject_ids: Survivors of merges; everybody by default.
        purpose: A purpose of the policy.
        channel: One channel, or "" for words on all channels only.
        as_of: The instant (UTC): "was it valid when the mail was sent?"

    Returns:
        By survivor's subject_id.
    """
    t, s = schema.consents, schema.subjects
    query = (
        sa.select(
            t.c.subject_id,
            s.c.merged_into,
            t.c.status, t.c.occurred_at, t.c.expires_at,
        )
        .join(s, s.c.subject_id == t.c.subject_id)
        .where(
            t.c.purpose == purpose,
            t.c.channel.in_({EVERY_CHANNEL, channel}),
            t.c.occurred_at <= as_of,
        )
        .order_by(t.c.occurred_at, sa.case((t.c.status == "given", 0), else_=1), t.c.consent_id)
    )  # fmt: skip
    if subject_ids is not None and len(subject_ids) <= 400:
        ids = {i for person in subject_ids for i in members(conn, person)}
        query = query.where(t.c.subject_id.in_(ids))
    words = conn.execute(query).all()
    survivor = survivors(conn, {w.subject_id for w in words if w.merged_into is not None})
    found: dict[int, Standing] = {}
    for row in words:
        person = survivor.get(row.subject_id, row.subject_id)
        before = found.get(person)
        status, confirmed = row.status, False
        if status == "pending" and before is not None and before.status != "pending":
            continue  # asked again; what was said before holds until it is confirmed
        if status == "given":
            confirmed = before is not None and (before.status == "pending" or before.was_confirmed)
            if row.expires_at is not None and row.expires_at <= as_of:
                status = "expired"
        found[person] = Standing(status, row.occurred_at, confirmed)
    if subject_ids is not None:
        wanted = set(subject_ids)
        found = {i: standing for i, standing in found.items() if i in wanted}
    return found


def history(conn: Connection, subject_id: int) -> list[dict[str, Any]]:
    """Every word of a person, oldest first, without its evidence."""
    t = schema.consents
    query = (
        sa.select(
            t.c.purpose, t.c.channel, t.c.status, t.c.lawful_basis, t.c.occurred_at,
            t.c.expires_at, t.c.notice_version, t.c.origin, t.c.request,
            t.c.evidence.is_not(None).label("has_evidence"), t.c.recorded_at,
        )
        .where(t.c.subject_id.in_(members(conn, subject_id)))
        .order_by(t.c.occurred_at, t.c.consent_id)
    )  # fmt: skip
    return [dict(row) for row in conn.execute(query).mappings()]


def forget(conn: Connection, subject_ids: Collection[int]) -> int:
    """Delete every word of persons, as their erasure does."""
    t = schema.consents
    return conn.execute(sa.delete(t).where(t.c.subject_id.in_(subject_ids))).rowcount


def check_word(policy: Policy, purpose: str, status: str) -> None:
    """Refuse a purpose that the policy does not know, and a status that is none."""
    check_purpose(policy, purpose)
    if status not in STATUSES:
        raise InputError(
            "a consent has no such status", code="status_unknown",
            todo="use one of " + ", ".join(STATUSES),
        )  # fmt: skip


def check_purpose(policy: Policy, purpose: str) -> None:
    """Refuse a purpose that the policy does not know."""
    if purpose not in policy.purposes:
        raise InputError(
            "the policy knows no such purpose", code="purpose_unknown",
            todo="use one of " + ", ".join(policy.purposes),
        )  # fmt: skip


def check_channel(policy: Policy, channel: str | None) -> None:
    """Refuse a channel that no purpose knows: a word on it would hold for nothing."""
    known = sorted({name for channels in policy.channels.values() for name in channels})
    if channel and channel not in known:
        raise InputError(
            "the policy knows no such channel", code="channel_unknown",
            todo="use one of " + ", ".join(known) + ", or leave it out for all of them",
        )  # fmt: skip


def check_withdrawable(policy: Policy, purpose: str) -> None:
    """Refuse a purpose on which no consent was asked: there is nothing to withdraw.

    Raises:
        InputError: With what is open to the person instead. Source: GDPR Art. 7(3), 21(1).
    """
    check_purpose(policy, purpose)
    basis = policy.purposes[purpose].lawful_basis
    if basis == "legitimate_interests":
        raise InputError(
            "this purpose rests on a legitimate interest, not on consent",
            code="purpose_to_object", todo="open it with --right objection",
        )  # fmt: skip
    if basis != "consent":
        raise InputError(
            "this purpose does not rest on consent, so none can be withdrawn",
            code="purpose_without_consent",
            todo="name one of " + ", ".join(purposes_to_withdraw(policy)) + ", or tell the person",
        )  # fmt: skip


def check_times(occurred_at: datetime, expires_at: datetime | None) -> None:
    """Refuse a word that was not said yet, and one that ran out before it was said."""
    if occurred_at > now():
        raise InputError(
            "a word cannot have been said in the future", code="word_ahead",
            todo="give the moment at which it was said",
        )  # fmt: skip
    if expires_at is not None and expires_at <= occurred_at:
        raise InputError(
            "a word cannot run out before it was said", code="word_expires_first",
            todo="give an expiry after the moment at which it was said",
        )  # fmt: skip


def _noted(conn: Connection, subject_key: str, word: Word) -> Word:
    """The word under a reference, in the ledger if no source says it again."""
    by_hand = word.origin in ("steward", "request")
    if not by_hand and (word.origin != "import" or word.status == "given"):
        return word
    if word.reference is None:
        word = word._replace(reference=f"said|{secrets.token_hex(8)}")
    left_out = ("subject_id", "evidence")
    note_word(conn, subject_key, {k: v for k, v in word._asdict().items() if k not in left_out})
    return word


def evidence_aad(consent_id: int) -> bytes:
    """What sealed evidence is bound to."""
    return b"consent %d" % consent_id


def _require(conn: Connection, subject_id: int) -> None:
    t = schema.subjects
    state = conn.scalar(sa.select(t.c.state).where(t.c.subject_id == subject_id))
    if state is None or state == "erased":
        raise InputError(
            "there is no such subject", code="unknown_subject", todo="look it up again"
        )


def _told(conn: Connection, subject_id: int, channel: str) -> dict[str, Any]:
    subject = load_subjects(conn, [subject_id])[subject_id]
    return {"subject_key": subject.subject_key, "channel": channel or "all"}
