"""Finds the person, the account and the users that the rows of a frame are about.

Privacy: direct identifiers in; pseudonyms, subjects of the vault and a mask of the suppressed out.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.batches.context import Batch
from pipelines.common.entities import Entity
from pipelines.identity.contact_identifiers import IDENTIFYING_COLUMNS
from pipelines.identity.resolve import Resolved
from pipelines.vault.subjects import Subject


@dataclass(frozen=True)
class Persons:
    """Aligned with the frame they were found for.

    ``tokens`` has the pseudonyms by reference column; ``subjects`` and ``accounts`` the owners of
    the rows; ``suppressed`` marks rows about an erased person.
    """

    tokens: dict[str, pl.Series]
    subjects: list[Subject | None]
    accounts: list[Subject | None]
    suppressed: pl.Series


def find_persons(batch: Batch, entity: Entity, frame: pl.DataFrame, *, owners: bool) -> Persons:
    """Resolve every reference to a person of a frame.

    Args:
        batch: The batch under way.
        entity: Whose rows they are.
        frame: Canonical rows.
        owners: Whether subjects and accounts are needed row by row (sealed entities).
    """
    height = frame.height
    tokens: dict[str, pl.Series] = {}
    subjects: list[Subject | None] = [None] * height
    accounts: list[Subject | None] = [None] * height
    suppressed = pl.repeat(False, height, dtype=pl.Boolean, eager=True)
    for column, target in entity.references.items():
        if target not in ("accounts", "users", "contacts"):
            continue
        is_own_key = entity.key == (column,)
        if target == "contacts" and is_own_key:
            rows = batch.resolver.contacts(
                batch.namespace(entity.name, column),
                frame.select(column, *IDENTIFYING_COLUMNS).to_dicts(),
            )
            tokens[column] = _keys([r.subject for r in rows])
            subjects = [r.subject for r in rows]
            suppressed |= pl.Series([r.is_suppressed for r in rows], dtype=pl.Boolean)
            continue
        found = batch.resolver.references(
            target,
            batch.namespace(entity.name, column),
            frame[column].drop_nulls().unique().sort().to_list(),
        )
        tokens[column] = _mapped(frame[column], found)
        if target == "contacts" or is_own_key:
            suppressed |= _marked(frame[column], found)
        if owners and (target == "contacts" or (target == "users" and is_own_key)):
            subjects = _subjects(frame[column], found)
        if owners and target == "accounts" and column == "account_id":
            accounts = _subjects(frame[column], found)
    email = _identifying_email(entity)
    if email is not None and "contact_id" in tokens and entity.key[0] != "contact_id":
        return _with_emails(batch, frame, email, Persons(tokens, subjects, accounts, suppressed))
    return Persons(tokens, subjects, accounts, suppressed)


def _identifying_email(entity: Entity) -> str | None:
    names = [c.name for c in entity.columns.values() if c.identifies == "email"]
    return names[0] if names else None


def _with_emails(batch: Batch, frame: pl.DataFrame, email: str, persons: Persons) -> Persons:
    """Rows that bear an address belong to its owner where they name no contact."""
    addresses = frame[email]
    if addresses.null_count() == frame.height:
        return persons
    wanted = addresses.filter(frame["contact_id"].is_null()).drop_nulls().unique().sort()
    found = batch.resolver.emails(wanted)
    by_email = _mapped(addresses, found)
    tokens = persons.tokens | {
        "contact_id": pl.select(pl.coalesce(persons.tokens["contact_id"], by_email)).to_series()
    }
    by_address = _subjects(addresses, found)
    subjects = [a or b for a, b in zip(persons.subjects, by_address, strict=True)]
    suppressed = persons.suppressed | _marked(addresses, found)
    return Persons(tokens, subjects, persons.accounts, suppressed)


def _keys(subjects: list[Subject | None]) -> pl.Series:
    return pl.Series([s.subject_key if s else None for s in subjects], dtype=pl.String)


def _mapped(column: pl.Series, found: dict[str, Resolved]) -> pl.Series:
    known = {k: r.subject.subject_key for k, r in found.items() if r.subject}
    if not known:
        return pl.repeat(None, len(column), dtype=pl.String, eager=True)
    return column.replace_strict(
        pl.Series(list(known), dtype=pl.String),
        pl.Series(list(known.values()), dtype=pl.String),
        default=None,
        return_dtype=pl.String,
    )


def _marked(column: pl.Series, found: dict[str, Resolved]) -> pl.Series:
    marked = [k for k, r in found.items() if r.is_suppressed]
    if not marked:
        return pl.repeat(False, len(column), dtype=pl.Boolean, eager=True)
    return column.is_in(pl.Series(marked, dtype=pl.String).implode()).fill_null(False)


def _subjects(column: pl.Series, found: dict[str, Resolved]) -> list[Subject | None]:
    known = {k: r.subject for k, r in found.items()}
    return list(map(known.get, column.to_list()))
