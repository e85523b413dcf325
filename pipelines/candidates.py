"""Who could be meant by a name with a birth date or a postcode, also when it is misspelt.

Only persons of the same year of birth, the same postcode area or the same surname and initial are
unsealed, in one entry of the audit chain, and weighed in memory.

Privacy: direct identifiers in; pseudonyms, weights and names of fields out.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
import sqlalchemy as sa

from pipelines.common.errors import InputError
from pipelines.common.normalise import fold, name_key
from pipelines.identity.resemblance import resemble
from pipelines.vault import audit, schema
from pipelines.vault.records import SealedRecord, records_of_subjects
from pipelines.vault.sealing import unseal
from pipelines.vault.subjects import find_identifiers, load_subjects
from pipelines.warehouse.connection import connect_warehouse, open_instance

if TYPE_CHECKING:
    from pipelines.runs import Deployment

MOST: Final = 20


class Candidate(NamedTuple):
    """Somebody who resembles; ``agrees`` names fields with = (equal) or ~ (nearly)."""

    subject_id: int
    subject_key: str
    state: str
    weight: float
    agrees: str


def find_candidates(
    deployment: Deployment, name: str | None, birth_date: date | None, postcode: str | None
) -> list[Candidate]:
    """Persons by how much they resemble, the likeliest first, at most twenty.

    Raises:
        InputError: Neither birth date nor postcode was given, or no name, or one that is none.
    """
    coarse = name_key(full=name)
    if coarse is None or not (birth_date or any(map(str.isalnum, postcode or ""))):
        raise InputError(
            "a name is searched with a birth date or a postcode, and these with a name",
            code="name_alone",
            todo='give --name "First Last" with --birth-date or --postcode',
        )  # fmt: skip
    vault = deployment.vault
    keys = _blocked(deployment, birth_date, postcode)
    with vault.begin() as conn:
        pair = ("name", vault.index.of("name", coarse))
        ids = set(find_identifiers(conn, [pair]).get(pair, ())) | _ids(conn, keys)
        ids = {s.subject_id for s in load_subjects(conn, ids).values()}
        records = [r for r in records_of_subjects(conn, ids) if r.entity == "contacts"]
        audit.append(
            conn, vault, actor="steward", action="person_searched", purpose="accountability",
            subject_count=len({r.subject_id for r in records}),
        )  # fmt: skip
    rows = _opened(deployment, records)
    asked = _fields({"full_name": name, "postcode": postcode, "birth_date": birth_date})
    with closing(open_instance(deployment.home.spill, deployment.settings)) as connection:
        weighed = resemble(connection, asked, [_fields(row) for _, row in rows])
    best: dict[int, Candidate] = {}
    with vault.read() as conn:
        known = load_subjects(conn, {record.subject_id or 0 for record, _ in rows})
        states = _states(conn, {s.subject_id for s in known.values()})
    for one in weighed:
        subject = known.get(rows[one.place][0].subject_id or 0)
        if subject is not None and subject.subject_id not in best:
            best[subject.subject_id] = Candidate(
                subject.subject_id, subject.subject_key, states[subject.subject_id], one.weight,
                one.agrees,
            )  # fmt: skip
    return list(best.values())[:MOST]


def _blocked(deployment: Deployment, birth_date: date | None, postcode: str | None) -> list[str]:
    """Pseudonyms of the same year of birth or postcode area, from the warehouse."""
    if not deployment.home.warehouse.is_file():
        return []
    key = deployment.keyring.role_key("warehouse")
    area = "".join(c for c in postcode or "" if c.isalnum())[:4] or None
    with closing(
        connect_warehouse(deployment.home, key, deployment.settings, read_only=True)
    ) as connection:
        rows = connection.execute(
            "select distinct customer_key from warehouse.pseudo.contacts "
            "where birth_year = ? or postcode_area = ?",
            [birth_date.year if birth_date else None, area],
        ).fetchall()
    return [key for (key,) in rows if key]


def _ids(conn: sa.Connection, keys: Iterable[str]) -> set[int]:
    s, wanted = schema.subjects, sorted(keys)
    found: set[int] = set()
    for start in range(0, len(wanted), 500):
        chosen = wanted[start : start + 500]
        found.update(conn.scalars(sa.select(s.c.subject_id).where(s.c.subject_key.in_(chosen))))
    return found


def _states(conn: sa.Connection, ids: set[int]) -> dict[int, str]:
    s = schema.subjects
    rows = conn.execute(sa.select(s.c.subject_id, s.c.state).where(s.c.subject_id.in_(ids)))
    return {row.subject_id: row.state for row in rows}


def _opened(
    deployment: Deployment, records: list[SealedRecord]
) -> list[tuple[SealedRecord, dict[str, Any]]]:
    keys = deployment.vault.data_keys.get({r.key_id for r in records})
    return [
        (r, orjson.loads(unseal(keys[r.key_id], r.sealed, r.aad)))
        for r in records
        if r.sealed is not None and r.key_id in keys
    ]


def _fields(row: dict[str, Any]) -> dict[str, str | None]:
    coarse = name_key(row.get("first_name"), row.get("last_name"), row.get("full_name"))
    given = row.get("first_name") or (row.get("full_name") or "").partition(" ")[0]
    postcode = "".join(c for c in str(row.get("postcode") or "") if c.isalnum()).upper()
    return {
        "surname": coarse.partition("|")[0] if coarse else None,
        "given": fold(given) or None,
        "birth_date": str(row["birth_date"])[:10] if row.get("birth_date") else None,
        "postcode": postcode or None,
    }
