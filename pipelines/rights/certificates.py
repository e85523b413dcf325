"""Certificates of erasures: counts and numbers of ours, each chained to the one before by its hash.

Privacy: no personal data and no pseudonym. Source: GDPR Art. 5(2).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson

from pipelines.common.errors import CheckError
from pipelines.vault.files import replace_private

_PATTERN = "erasure-*.json"


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


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
