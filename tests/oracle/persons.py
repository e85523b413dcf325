"""Who a row is about: merged persons stand for one, restricted ones are left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
_SOLE_TRADER = re.compile(
    r"zzp|eenmanszaak|sole.?trader|self.?employed|freelance|^\s*1\s*$", re.IGNORECASE
)


def of_persons(rows: Rows, relation: str) -> list[Row]:
    """The rows of a relation, under the surviving person, without those of restricted persons."""
    links = {link["subject_key"]: link for link in rows.get("subject_links", ())}
    found = []
    for row in rows.get(relation, ()):
        link = links.get(row.get("customer_key"))
        if link and link["is_restricted"]:
            continue
        if link and link["survivor_key"]:
            row = row | {"customer_key": link["survivor_key"]}
        found.append(row)
    return found


def persons(rows: Rows) -> list[str]:
    """Every person who stands for itself and is not restricted."""
    links = {link["subject_key"]: link for link in rows.get("subject_links", ())}
    return [
        row["subject_key"]
        for row in rows.get("subjects", ())
        if row["kind"] == "contact"
        and not (link := links.get(row["subject_key"], {})).get("is_restricted")
        and (link.get("survivor_key") or row["subject_key"]) == row["subject_key"]
    ]


def natural_accounts(rows: Rows) -> set[str]:
    """Accounts that are a person: sole traders, by size or because their name was taken away."""
    return {
        row["account_key"]
        for row in rows.get("accounts", ())
        if row.get("name") is None or _SOLE_TRADER.search(row.get("size_class") or "")
    }


def payer(row: Row, natural: set[str]) -> str | None:
    """The natural person whose money a row is about; a company is nobody."""
    account: str | None = row.get("account_key")
    if account:
        return account if account in natural else None
    return row.get("customer_key")


def newest_contacts(rows: Rows) -> dict[str, Row]:
    """Per person the record that speaks: the one that was changed last."""
    found: dict[str, Row] = {}

    def rank(row: Row) -> tuple[Any, ...]:
        changed = row.get("updated_at") or row.get("created_at")
        return (changed is not None, changed.timestamp() if changed else 0.0)

    ordered = sorted(
        of_persons(rows, "contacts"),
        key=lambda row: (row.get("source", "t"), row.get("record_key", "")),
    )
    for row in ordered:
        key = row["customer_key"]
        if key not in found or rank(row) > rank(found[key]):
            found[key] = row
    return found
