"""Finding the person that a request is about: exactly, by what they say of themselves.

Privacy: direct identifiers in, blind indexes looked up, pseudonyms out; the look-up is an entry in
the audit chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.errors import InputError, UsageError
from pipelines.common.normalise import email_key, is_role_mailbox, phone_key
from pipelines.identity.contact_identifiers import Identifier, contact_identifiers, source_key
from pipelines.kept_persons import KeptOf, kept_of, kept_of_named
from pipelines.vault import quarantine, schema
from pipelines.vault.records import records_mentioning, records_of_subjects
from pipelines.vault.store import Vault
from pipelines.vault.subjects import (
    FORMER,
    Pair,
    find_former,
    find_identifiers,
    identifiers_of,
    members,
    survivors,
)
from pipelines.vault.suppression import find_suppressed

_s = schema.subjects


@dataclass(frozen=True)
class Asked:
    """What a person, or a steward for them, says; ``repr`` shows no value."""

    email: str | None = None
    phone: str | None = None
    customer_id: str | None = None
    subject_key: str | None = None
    region: str = "NL"

    def __repr__(self) -> str:
        return "Asked([pii])"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said by which somebody is found exactly."""
        said = (self.email, self.phone, self.customer_id, self.subject_key)
        return all(value is None for value in said)


class Match(NamedTuple):
    """A subject that fits: its survivor, with what agrees; ``former_email`` was corrected away."""

    subject_id: int
    subject_key: str
    kind: str
    state: str
    agrees: tuple[str, ...]

    @property
    def is_former(self) -> bool:
        """Whether nothing agrees but what the person had corrected."""
        return all(name.startswith(FORMER) for name in self.agrees)


def find_exact(
    conn: Connection, vault: Vault, asked: Asked, namespaces: Iterable[str]
) -> list[Match]:
    """Subjects that bear everything that was given, ascending by id.

    Args:
        conn: The vault.
        vault: Whose.
        asked: At least one of its fields.
        namespaces: Sources whose customer numbers may be meant when none is named.

    Raises:
        InputError: What was given is no address, no number; or nothing was given.
        UsageError: The pseudonym is that of a merged subject.
    """
    found: dict[int, set[str]] = {}
    criteria = 0
    for name, pairs in _criteria(vault, asked, namespaces):
        criteria += 1
        bearers, agreeing = find_identifiers(conn, pairs), name
        if not bearers:
            bearers, agreeing = find_former(conn, pairs), FORMER + name
        for subject_id in {i for ids in bearers.values() for i in ids}:
            found.setdefault(subject_id, set()).add(agreeing)
    if asked.subject_key is not None:
        criteria += 1
        found.setdefault(_by_key(conn, asked.subject_key), set()).add("subject")
    if not criteria:
        raise InputError(
            "nobody can be found by nothing", code="nothing_asked",
            todo="give --email, --phone, --customer-id or --subject; klantkluis request find also "
            "takes --name with --birth-date or --postcode",
        )  # fmt: skip
    fitting = sorted(i for i, agrees in found.items() if len(agrees) == criteria and i >= 0)
    rows = conn.execute(
        sa.select(_s.c.subject_id, _s.c.subject_key, _s.c.kind, _s.c.state)
        .where(_s.c.subject_id.in_(fitting))
        .order_by(_s.c.subject_id)
    )
    return [Match(i, key, kind, state, tuple(sorted(found[i]))) for i, key, kind, state in rows]


def the_person(
    conn: Connection,
    vault: Vault,
    asked: Asked,
    namespaces: Iterable[str],
    *,
    with_kept: bool = False,
) -> Match:
    """The one subject that fits.

    Args:
        conn: The vault.
        vault: Whose.
        asked: As for :func:`find_exact`.
        namespaces: As for :func:`find_exact`.
        with_kept: Also somebody who was erased and of whom something is kept, as access is asked.

    Raises:
        InputError: Nobody fits, several do, what was given is right no more and proves nothing, or
            the person was erased; what is kept of them is said.
    """
    namespaces = list(namespaces)
    matches = find_exact(conn, vault, asked, namespaces)
    living = [m for m in matches if m.state != "erased"]
    if any(m.is_former for m in living):
        raise InputError(
            "what was given was theirs and was corrected", code="identifier_former",
            todo="klantkluis request find shows the person; ask who is asking for more, then name "
            "the person with --subject",
        )  # fmt: skip
    if len(living) == 1:
        return living[0]
    if len(living) > 1:
        raise InputError(
            "more than one person fits", code="two_matches", where={"persons": len(living)},
            todo="klantkluis request find shows them; name one with --subject, or give more",
        )  # fmt: skip
    kept = kept_of_erased(conn, vault, asked, namespaces)
    if kept is None and not matches:
        raise InputError(
            "nobody fits", code="person_unknown",
            todo="check what was given, try klantkluis request find with name and birth date or "
            "postcode; else answer that nothing is held",
        )  # fmt: skip
    kept = kept or KeptOf()
    if with_kept and kept.lines and kept.subject_id is not None:
        row = conn.execute(sa.select(_s).where(_s.c.subject_id == kept.subject_id)).one()
        return Match(row.subject_id, row.subject_key, row.kind, row.state, ("kept",))
    raise _erased(kept)


def kept_of_erased(
    conn: Connection,
    vault: Vault,
    asked: Asked,
    namespaces: Iterable[str],
    name: str | None = None,
    told: Mapping[str, str | None] | None = None,
) -> KeptOf | None:
    """What is kept of a person who was erased; None if no erased person is known by what was asked.

    Args:
        conn: The vault.
        vault: Whose.
        asked: As for :func:`find_exact`, or nothing of it when a name is given.
        namespaces: As for :func:`find_exact`.
        name: A full name, looked for where nothing else leads to what is kept.
        told: What was said beside the name, as for :func:`pipelines.kept_persons.kept_of_named`.
    """
    pairs = {p for _, found in _criteria(vault, asked, namespaces) for p in found}
    found = kept_of(conn, vault, pairs, asked.subject_key)
    is_known = find_suppressed(conn, pairs) or _in_ledger(vault, asked.subject_key)
    if name and not found.lines and (found.is_unclear or not is_known):
        named = kept_of_named(conn, vault, name, told or {})
        if named.lines or named.differs:
            return named
    return found if found.lines or is_known else None


def _erased(kept: KeptOf) -> InputError:
    if kept.lines:
        return InputError(
            "this person was erased, and something of them is kept, sealed from all use",
            code="person_erased_kept", where={"kept": ", ".join(map(str, kept.lines))},
            todo="answer with that, its ground and its day: klantkluis request open --right access "
            "makes the letter; say not that nothing is held",
        )  # fmt: skip
    if kept.is_unclear:
        return InputError(
            "this person was erased; whether something of them is kept, this does not tell",
            code="person_erased_unclear",
            todo="give the customer number with its source, such as crm/K-1042, or try klantkluis "
            "request find with the name; say not that nothing is held before",
        )  # fmt: skip
    return InputError(
        "this person was erased, and nothing of them is kept", code="person_erased",
        todo="answer that; klantkluis request readmit begins a new relationship",
    )  # fmt: skip


def _criteria(
    vault: Vault, asked: Asked, namespaces: Iterable[str]
) -> list[tuple[str, list[Pair]]]:
    found: list[tuple[str, list[Pair]]] = []
    if asked.email is not None:
        found.append(("email", [_blind(vault, _email(asked.email))]))
    if asked.phone is not None:
        number = phone_key(asked.phone, asked.region)
        if number is None:
            raise _unreadable("--phone", "this is no telephone number")
        found.append(("phone", [_blind(vault, Identifier("phone", number))]))
    if asked.customer_id is not None:
        keys = _customer_keys(asked.customer_id.strip(), namespaces)
        found.append(("customer_id", [_blind(vault, key) for key in keys]))
    return found


def _email(text: str) -> Identifier:
    email = email_key(text)
    if email is None:
        raise _unreadable("--email", "this is no e-mail address")
    return Identifier("role_email" if is_role_mailbox(email) else "email", email)


def _customer_keys(text: str, namespaces: Iterable[str]) -> list[Identifier]:
    """``crm/K-1`` names its source; a bare number is looked up in all of them."""
    source, slash, record_id = text.partition("/")
    if not (record_id if slash else source):
        raise _unreadable("--customer-id", "this is no customer number")
    known = list(namespaces)
    if slash and source in known:
        return [source_key("contacts", source, record_id)]
    return [source_key("contacts", name, text) for name in known]


def _by_key(conn: Connection, subject_key: str) -> int:
    if not subject_key.strip():
        raise _unreadable("--subject", "this is no pseudonym")
    query = sa.select(_s.c.subject_id).where(_s.c.subject_key == subject_key)
    subject_id: int | None = conn.scalar(query)
    if subject_id is None:
        return -1
    if survivors(conn, [subject_id])[subject_id] != subject_id:
        raise UsageError(
            "this subject was merged into another", code="subject_merged",
            todo="klantkluis request find by e-mail or customer number gives the other",
        )  # fmt: skip
    return subject_id


def _in_ledger(vault: Vault, subject_key: str | None) -> bool:
    return subject_key is not None and any(
        subject_key in entry.subject_keys for entry in vault.ledger.entries()
    )


def _blind(vault: Vault, identifier: Identifier) -> Pair:
    return identifier.kind, vault.index.of(identifier.kind, identifier.value)


def _unreadable(option: str, what: str) -> InputError:
    return InputError(
        what, code="identifier_unreadable", where={"option": option}, todo="write it out in full"
    )


def has_namesakes(conn: Connection, subject_id: int) -> bool:
    """Whether somebody else bears the full name of a person."""
    names = {p for p in identifiers_of(conn, members(conn, subject_id)) if p[0] == "full_name"}
    return any(len(bearers) > 1 for bearers in find_identifiers(conn, names).values())


def holdings(conn: Connection, subject_id: int) -> dict[str, int]:
    """How much is held about a person, and where: counts only."""
    ids = members(conn, subject_id)
    pairs = identifiers_of(conn, ids)
    own = {r.record_id for r in records_of_subjects(conn, ids)}
    t = schema

    def count(table: sa.Table) -> int:
        query = sa.select(sa.func.count()).where(table.c.subject_id.in_(ids))
        return conn.scalar(query) or 0

    sources = sa.select(sa.func.count(sa.distinct(t.identifiers.c.source)))
    telling = {p for p in pairs if p[0] != "part"}  # half a name may be anybody's
    mentioned = {r.record_id for r in records_mentioning(conn, telling)} - own
    return {
        "aliases": len(ids),
        "sources": conn.scalar(sources.where(t.identifiers.c.subject_id.in_(ids))) or 0,
        "records": len(own),
        "mentions": len(mentioned),
        "quarantined": len(quarantine.rows_with(conn, pairs)),
        "requests": count(t.requests),
        "packages": count(t.packages),
        "consents": count(t.consents),
    }


def suppressing_pairs(
    vault: Vault,
    asked: Asked,
    namespaces: Iterable[str],
    name: str | None = None,
    birth_date: date | None = None,
) -> list[Pair]:
    """Blind identifiers by which somebody may be suppressed, their record as a contact with them."""
    row = {
        "email": asked.email, "mobile": asked.phone, "full_name": name,
        "birth_date": birth_date.isoformat() if birth_date else None,
    }  # fmt: skip
    found = [_blind(vault, identifier) for identifier in contact_identifiers(row, asked.region)]
    if asked.customer_id is not None:
        for key in _customer_keys(asked.customer_id.strip(), namespaces):
            found += [_blind(vault, key), ("record", vault.index.of("record", key.value))]
    if not found:
        raise _unreadable("--email", "nobody can be found by nothing")
    return found
