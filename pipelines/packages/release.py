"""Releasing a package into the outbox, and erasing it when its time is over.

The file is encrypted for its receiver by a passphrase that is told once, apart from the file, and
kept nowhere. Privacy: what may be handed over in, encrypted out.
"""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlalchemy as sa

from pipelines.common.clock import now
from pipelines.common.errors import StorageError, UsageError
from pipelines.packages.drafts import KEEP, open_draft, released_package
from pipelines.packages.gather import PURPOSE
from pipelines.packages.render import files_of
from pipelines.rights.package_files import remove_unknown
from pipelines.vault import audit, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipelines.common.settings import Home
    from pipelines.rights.requests import Request
    from pipelines.vault.store import Vault

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters that are read as one another; five groups of five are 123 bits."""
_t = schema.packages


class Released(NamedTuple):
    """A package that lies in the outbox; the passphrase is told once. Privacy: a secret."""

    file_name: str
    passphrase: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Released({self.file_name}, ***)"


def release_package(
    conn: Connection, vault: Vault, home: Home, request: str, *, actor: str = "steward"
) -> Released:
    """Write the files of a reviewed draft, encrypted, and destroy the draft.

    Args:
        conn: In a writing transaction; the file is written before it commits, and a file that no
            row knows is removed by :func:`expire_packages`.
        vault: Whose.
        home: Where the outbox is.
        request: Number of the request.
        actor: Who releases it, a role.

    Raises:
        UsageError: There is no draft, nobody reviewed it, or doubtful mentions wait for a decision.
        StorageError: The outbox cannot be written.
    """
    draft = open_draft(conn, vault, request)
    if not draft.is_reviewed:
        raise UsageError(
            "nobody has looked yet at what this package hands over", code="not_reviewed",
            where={"request": request}, todo="klantkluis package review shows where to look",
        )  # fmt: skip
    waiting = [item for item in draft.review if item["state"] == "doubtful"]
    if waiting:
        raise UsageError(
            "mentions of a namesake wait for your decision", code="review_unfinished",
            where={"request": request, "items": len(waiting)},
            todo="klantkluis package review shows them; say --include or --hide for each",
        )  # fmt: skip
    package = released_package(draft)
    passphrase = new_passphrase()
    released_at = now()
    audit.append(
        conn, vault, actor=actor, action="package_released", purpose=PURPOSE, request=request,
        subject_count=1, payload={"package_id": draft.package_id},
    )  # fmt: skip
    name = f"{package['kind']}-{request}-{draft.package_id}.zip"
    write_archive(home.outbox / name, files_of(package), passphrase)
    conn.execute(
        sa.update(_t)
        .where(_t.c.package_id == draft.package_id)
        .values(
            state="released", sealed=None, file_name=name, released_at=released_at,
            expires_at=released_at + KEEP,
        )
    )  # fmt: skip
    return Released(name, passphrase, released_at + KEEP)


def expire_packages(vault: Vault, home: Home, as_of: datetime) -> int:
    """Erase packages and drafts whose time is over, and files that no row knows any more.

    Args:
        vault: Open for writing.
        home: Where the outbox is.
        as_of: The instant (UTC) at which they are due.

    Returns:
        How many packages and drafts.
    """
    with vault.begin() as conn:
        due = conn.execute(
            sa.select(_t.c.package_id).where(
                _t.c.expires_at <= as_of, _t.c.state.in_(("draft", "released"))
            )
        ).scalars()
        ids = sorted(due)
        conn.execute(
            sa.update(_t)
            .where(_t.c.package_id.in_(ids))
            .values(state="expired", sealed=None, file_name=None)
        )
        if ids:
            audit.append(
                conn, vault, actor="retention", action="packages_expired",
                payload={"package_ids": ids},
            )  # fmt: skip
    remove_unknown(vault, home)
    return len(ids)


def withdraw_package(
    conn: Connection, vault: Vault, request: str, *, actor: str = "steward"
) -> int:
    """Destroy the draft and the files of a request before their time; returns how many.

    The caller calls :func:`remove_unknown` once this is committed.
    """
    rows = conn.execute(
        sa.select(_t.c.package_id).where(
            _t.c.request == request, _t.c.state.in_(("draft", "released"))
        )
    )
    ids = sorted(rows.scalars())
    if not ids:
        raise UsageError(
            "there is no package of this request", code="no_package", where={"request": request},
            todo="klantkluis package list shows those there are",
        )  # fmt: skip
    conn.execute(
        sa.update(_t)
        .where(_t.c.package_id.in_(ids))
        .values(state="withdrawn", sealed=None, file_name=None)
    )
    audit.append(
        conn, vault, actor=actor, action="packages_withdrawn", purpose=PURPOSE, request=request,
        payload={"package_ids": ids},
    )  # fmt: skip
    return len(ids)


def is_renewable(conn: Connection, request: Request) -> bool:
    """Whether a request that was fulfilled is to be fulfilled anew: its package was withdrawn.

    A draft that was made for that may be made again too, expired or not.
    """
    query = sa.select(_t.c.state, _t.c.released_at).where(_t.c.request == request.number)
    newest = conn.execute(query.order_by(_t.c.package_id.desc()).limit(1)).first()
    if request.state != "fulfilled" or newest is None:
        return False
    unsent = newest.state == "expired" and newest.released_at is None
    return newest.state in ("draft", "withdrawn") or unsent


def list_packages(conn: Connection) -> list[dict[str, Any]]:
    """Packages, newest first: request, kind, state, created_at, released_at, expires_at, file_name."""
    columns = (
        _t.c.request, _t.c.kind, _t.c.state, _t.c.created_at, _t.c.released_at, _t.c.expires_at,
        _t.c.file_name,
    )  # fmt: skip
    query = sa.select(*columns).order_by(_t.c.package_id.desc())
    return [dict(row) for row in conn.execute(query).mappings()]


def new_passphrase() -> str:
    """Five groups of five characters, as random as a key of 123 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(5))


def write_archive(path: Path, files: dict[str, bytes], passphrase: str) -> None:
    """A ZIP whose entries are encrypted with AES-256, readable by its owner alone, whole or not there.

    Source: WinZip AE-2; the names of the files are readable, so they name nobody.

    Raises:
        StorageError: The outbox cannot be written.
    """
    import pyzipper

    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with (
            os.fdopen(handle, "wb") as out,
            pyzipper.AESZipFile(
                out, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
            ) as archive,
        ):
            archive.setpassword(passphrase.encode())
            for name, content in files.items():
                archive.writestr(name, content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise StorageError(
            "the outbox cannot be written", code="read_only", where={"folder": "outbox"},
            todo="make it writable and free some space",
        ) from None  # fmt: skip
