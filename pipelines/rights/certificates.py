"""Certificates of erasures: counts and numbers of ours, each chained to the one before by its hash.

Privacy: no personal data and no pseudonym. Source: GDPR Art. 5(2).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.errors import CheckError
from pipelines.vault import audit, schema
from pipelines.vault.files import replace_private
from pipelines.vault.store import Vault

_PATTERN = "erasure-*.json"


class Certified(NamedTuple):
    """How many certificates there are, of erasures and of retention runs, all of them whole."""

    erasures: int
    retention_runs: int


def certificate_name(number: int) -> str:
    """The file of a certificate."""
    return f"erasure-{number:06d}.json"


def write_certificate(folder: Path, number: int, body: dict[str, Any]) -> str:
    """Write a certificate into the reports; the same number again replaces it.

    Args:
        folder: ``reports/`` of the home.
        number: From 1, without gaps.
        body: What it says; no personal data.

    Returns:
        The SHA-256 of the file.
    """
    before = folder / certificate_name(number - 1)
    previous = _digest(before) if number > 1 and before.exists() else ""
    content = orjson.dumps(
        {"certificate": number, "previous": previous} | body,
        option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS, default=str,
    )  # fmt: skip
    replace_private(folder / certificate_name(number), content + b"\n")
    return hashlib.sha256(content + b"\n").hexdigest()


def verify_certificates(folder: Path) -> int:
    """Check that each certificate names the hash of the one before; returns how many there are.

    Raises:
        CheckError: One was changed or is missing.
    """
    paths = sorted(folder.glob(_PATTERN))
    previous = ""
    for number, path in enumerate(paths, start=1):
        body = orjson.loads(path.read_bytes())
        if body.get("certificate") != number or body.get("previous") != previous:
            raise CheckError(
                "a certificate was changed or is missing", code="certificate_broken",
                where={"certificate": number}, todo="put back an untouched copy of reports/",
            )  # fmt: skip
        previous = _digest(path)
    return len(paths)


def verify_against_chain(conn: Connection, vault: Vault, folder: Path) -> Certified:
    """Check every certificate against its neighbour and against what the vault noted of it.

    The audit chain tells the hash of each erasure's certificate, so that the newest one cannot be
    changed or taken away either; a retention run tells its own.

    Raises:
        CheckError: One was changed or is missing; its file is named.
    """
    count = verify_certificates(folder)
    for name, digest in _noted(conn, vault):
        path = folder / name
        if not path.is_file() or _digest(path) != digest:
            raise CheckError(
                "a certificate was changed or is missing", code="certificate_broken",
                where={"certificate": name}, todo="put back an untouched copy of reports/",
            )  # fmt: skip
    runs = sa.select(sa.func.count()).where(schema.retention_runs.c.digest.is_not(None))
    return Certified(count, conn.scalar(runs) or 0)


def _noted(conn: Connection, vault: Vault) -> list[tuple[str, str]]:
    """File and SHA-256 of every certificate that the vault knows of; the last word on each counts."""
    a, r = schema.audit_entries, schema.retention_runs
    told = sa.select(a.c.sequence).where(a.c.action == "erasure_certified").order_by(a.c.sequence)
    noted: dict[str, str] = {}
    for sequence in conn.scalars(told).all():
        if payload := audit.payload_of(conn, vault, sequence):  # None: it expired
            noted[payload["certificate"]] = payload["sha256"]
    runs = sa.select(r.c.retention_run_id, r.c.digest).where(r.c.digest.is_not(None))
    noted |= {retention_certificate_name(row[0]): row[1] for row in conn.execute(runs)}
    return sorted(noted.items())


def retention_certificate_name(run_id: int) -> str:
    """The file of a retention run's certificate."""
    return f"retention-{run_id:04d}.json"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
