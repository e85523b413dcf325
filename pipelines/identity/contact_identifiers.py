"""The identifiers of a contact row, in normal form, by kind.

Kinds:
    source_key: ``<entity>|<namespace>|<id>``, says who it is within a source.
    email: a person's own address; role_email: a mailbox that several people read.
    phone: one number, says nothing by itself.
    phone_name, phone_birth: a number with a second agreeing field (a postcode is none: housemates
    share both).
    name: surname and initial; full_name: surname and whole first name. Never merge by themselves.
    part, iban, address, number: what texts of others say of a person. They find and merge nobody;
    an erasure cuts by them (docs/decisions/0092).

Privacy: direct identifiers in and out; the caller turns them into blind indexes at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipelines.common.normalise import (
    address_key,
    email_key,
    fold,
    iban_key,
    is_role_mailbox,
    name_key,
    name_parts,
    number_key,
    phone_key,
)

IDENTIFYING_COLUMNS = (
    "first_name", "last_name", "full_name", "email", "phone", "mobile", "birth_date",
)  # fmt: skip
"""Columns of a contact that are read here, besides its id."""
MATCHING_KINDS = ("email", "phone_name", "phone_birth")
"""Kinds that may find a subject besides its source key, strongest first."""
SHARED_KINDS = ("role_email", "phone")
"""Kinds that raise a doubt with the oldest bearer, and never find anybody."""
NAME_KINDS = frozenset({"name", "full_name"})
"""Kinds that only confirm or contradict who was found otherwise."""
SUPPRESSING_KINDS = frozenset({"source_key", "email", "phone_name", "phone_birth"})
"""Kinds by which an erased person is recognised when a source delivers it again."""

TOLD_COLUMNS = (
    "contact_id", "first_name", "last_name", "full_name", "iban", "street", "house_number",
)  # fmt: skip
"""Columns that :func:`told_identifiers` reads."""


class Identifier(NamedTuple):
    """One identifier in normal form."""

    kind: str
    value: str

    def __repr__(self) -> str:
        return f"[pii:{self.kind}]"


def source_key(entity: str, namespace: str, record_id: str) -> Identifier:
    """The identifier of a record within the source (namespace) that issued its id."""
    return Identifier("source_key", f"{entity}|{namespace}|{record_id}")


def contact_identifiers(row: Mapping[str, Any], region: str = "NL") -> list[Identifier]:
    """All identifiers that a contact row bears, its source key not among them.

    Args:
        row: Canonical contact columns; absent ones are None.
        region: Country of telephone numbers without prefix, ISO 3166 alpha-2.
    """
    found: list[Identifier] = []
    email = email_key(row.get("email")) or email_key(row.get("contact_id"))
    if email:
        found.append(Identifier("role_email" if is_role_mailbox(email) else "email", email))
    coarse, full = _names(row)
    if coarse:
        found.append(Identifier("name", coarse))
    if full:
        found.append(Identifier("full_name", full))
    numbers = {phone_key(row.get("phone"), region), phone_key(row.get("mobile"), region)}
    for number in numbers - {None}:
        found.append(Identifier("phone", f"{number}"))
        if full:
            found.append(Identifier("phone_name", f"{number}|{full}"))
        if birth := row.get("birth_date"):
            found.append(Identifier("phone_birth", f"{number}|{birth}"))
    return sorted(found)


def told_identifiers(row: Mapping[str, Any]) -> list[Identifier]:
    """What others may say of a contact or a user, besides what finds them.

    Args:
        row: Canonical columns; absent ones are None.
    """
    names = (row.get("first_name"), row.get("last_name"), row.get("full_name"))
    found = {Identifier("part", part) for name in names for part in name_parts(name)}
    told = {
        "iban": iban_key(row.get("iban")),
        "address": address_key(f"{row.get('street') or ''} {row.get('house_number') or ''}"),
        "number": number_key(row.get("contact_id"))
        if "@" not in (row.get("contact_id") or "")
        else None,
    }
    return sorted(found | {Identifier(kind, value) for kind, value in told.items() if value})


def _names(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    first, last, full = row.get("first_name"), row.get("last_name"), row.get("full_name")
    coarse = name_key(first, last, full)
    if coarse is None:
        return None, None
    given = fold(first) if first and last else _first_of(full)
    if len(given) < 2:
        return coarse, None
    return coarse, f"{coarse.partition('|')[0]}|{given}"


def _first_of(full: str | None) -> str:
    if not full:
        return ""
    surname, comma, given = full.partition(",")
    words = fold(given if comma else surname).split()
    return words[0] if words else ""
