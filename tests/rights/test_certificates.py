from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.common.clock import now
from pipelines.common.errors import CheckError
from pipelines.rights.certificates import (
    certificate_name,
    retention_certificate_name,
    verify_against_chain,
    write_certificate,
)
from pipelines.vault import audit, schema
from pipelines.vault.store import Vault


def certify(vault: Vault, folder: Path, number: int) -> None:
    digest = write_certificate(folder, number, {"persons": number})
    payload = {"certificate": certificate_name(number), "sha256": digest}
    with vault.begin() as conn:
        audit.append(conn, vault, actor="steward", action="erasure_certified", payload=payload)


def verified(vault: Vault, folder: Path) -> tuple[int, int]:
    with vault.read() as conn:
        return verify_against_chain(conn, vault, folder)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("is_removed", [True, False])
def test_certificate_that_was_changed_or_removed_is_found_also_the_newest(
    vault: Vault, tmp_path: Path, number: int, is_removed: bool
) -> None:
    for n in (1, 2):
        certify(vault, tmp_path, n)
    assert verified(vault, tmp_path) == (2, 0)
    path = tmp_path / certificate_name(number)
    if is_removed:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b'"persons"', b'"Persons"'))
    with pytest.raises(CheckError, match="changed or is missing"):
        verified(vault, tmp_path)


def test_certificate_of_retention_is_held_against_its_run(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / retention_certificate_name(1)
    path.write_bytes(b"{}")
    empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    with vault.begin() as conn:
        conn.execute(
            sa.insert(schema.retention_runs).values(
                retention_run_id=1, as_of=now(), finished_at=now(), certificate="{}", digest=empty
            )
        )
    assert verified(vault, tmp_path) == (0, 1)
    path.write_bytes(b"{ }")
    with pytest.raises(CheckError):
        verified(vault, tmp_path)
