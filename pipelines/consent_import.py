"""Imports words of consent from a CSV file: when a line is wrong, none of them.

A line about nobody, or about more than one person, is no fault of the file: the others enter, for a
withdrawal does not wait for a stranger, and those lines are named. The file still has them.

Columns: ``email`` or ``customer_id``; ``purpose``, ``status``, ``occurred_at``; and where known
``channel``, ``lawful_basis``, ``expires_at``, ``notice_version``, ``evidence``.

Privacy: identifiers are looked up by blind index and forgotten; errors name lines, never values.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pipelines.common.errors import InputError, KlantkluisError
from pipelines.finding import Asked, find_exact
from pipelines.rights.audience_files import withdraw_persons
from pipelines.rights.consent import Word, check_times, check_word, enter
from pipelines.runs import Deployment
from pipelines.vault import audit

_NEEDED: Final = ("purpose", "status", "occurred_at")
_KNOWN: Final = {
    *_NEEDED, "email", "customer_id", "channel", "lawful_basis", "expires_at", "notice_version",
    "evidence",
}  # fmt: skip


class Imported(NamedTuple):
    """Words that are new, that were imported before, and lines whose person is not found."""

    entered: int
    known: int
    unknown_lines: tuple[int, ...]


def import_words(
    deployment: Deployment, file: Path, namespaces: Sequence[str], zone: ZoneInfo
) -> Imported:
    """Enter the words of a file; the same file again enters nothing.

    Args:
        deployment: Open.
        file: CSV with a header, UTF-8, comma or semicolon.
        namespaces: Sources whose customer numbers are looked up.
        zone: Of times without one.

    Raises:
        InputError: A column is missing or unknown, or a row is wrong; says which line.
    """
    vault = deployment.vault
    words: list[Word] = []
    unknown: list[int] = []
    with vault.begin() as conn:
        for line, row in _rows(file):
            person = _person(conn, deployment, row, namespaces, line)
            word = _word(deployment, person or 0, row, line, zone)
            if person is None:
                unknown.append(line)
            else:
                words.append(word)
        entered = enter(conn, vault, words)
        audit.append(
            conn, vault, actor="steward", action="consents_imported",
            subject_count=len({w.subject_id for w in words}),
            payload={"entered": entered, "unknown": len(unknown)},
        )  # fmt: skip
    refusing = {w.subject_id for w in words if w.status not in ("given", "pending")}
    withdraw_persons(deployment.home, vault, refusing)
    return Imported(entered, len(words) - entered, tuple(unknown))


def _rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise _wrong("the file cannot be read as UTF-8", 0) from None
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter, strict=True)
    columns = set(reader.fieldnames or ())
    if not set(_NEEDED) <= columns or not columns & {"email", "customer_id"} or columns - _KNOWN:
        raise _wrong("the columns are not those of an import", 1)
    try:
        return [(reader.line_num, {k: (v or "").strip() for k, v in r.items()}) for r in reader]
    except (csv.Error, AttributeError):
        raise _wrong("a row has another number of cells", 0) from None


def _person(
    conn: Connection, deployment: Deployment, row: dict[str, str], namespaces: Sequence[str],
    line: int,
) -> int | None:  # fmt: skip
    asked = Asked(email=row.get("email") or None, customer_id=row.get("customer_id") or None)
    try:
        found = find_exact(conn, deployment.vault, asked, namespaces)
    except KlantkluisError:
        raise _wrong("a person cannot be looked up by what is given", line) from None
    if len(found) != 1:
        return None
    # an address that was corrected away may end a consent of theirs, and give none
    is_given = row["status"] in ("given", "pending")
    return None if found[0].is_former and is_given else found[0].subject_id


def _word(
    deployment: Deployment, person: int, row: dict[str, str], line: int, zone: ZoneInfo
) -> Word:
    said = _instant(row["occurred_at"], line, zone)
    if said is None:
        raise _wrong("a word has no time", line)
    expires = _instant(row.get("expires_at", ""), line, zone)
    try:
        check_word(deployment.policy, row["purpose"], row["status"])
        check_times(said, expires)
    except InputError as error:
        raise _wrong(error.what, line, error.code) from None
    # keyed, so that the reference says nothing about the row to who reads the vault
    content = "\0".join(f"{k}={row[k]}" for k in sorted(row)).encode()
    digest = hashlib.blake2b(content, key=deployment.vault.content_key, digest_size=16).hexdigest()
    return Word(
        person, row["purpose"], row.get("channel", ""), row["status"], said, "import",
        row.get("lawful_basis") or "consent",
        expires_at=expires,
        notice_version=row.get("notice_version") or None,
        reference=f"import|{digest}", evidence=row.get("evidence") or None,
    )  # fmt: skip


def _instant(text: str, line: int, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong("a time is not written as 2026-01-31 or 2026-01-31T12:00:00", line) from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _wrong(what: str, line: int, fault: str = "") -> InputError:
    where: dict[str, str | int] = {"line": line} | ({"fault": fault} if fault else {})
    return InputError(
        f"the words were not imported: {what}", code="consent_import", where=where,
        todo="mend that line; nothing of the file was entered",
    )  # fmt: skip
