"""What commands open for reading: published files with a role's own key, the vault's counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.cli.session import Session

if TYPE_CHECKING:
    import duckdb
    from pydantic import SecretStr

    from pipelines.vault.keyring import Role
    from pipelines.vault.store import Vault


def role_key(session: Session, role: Role) -> SecretStr:
    """The key of a role from its file; the master key is not needed and not read.

    Raises:
        KeyMissingError: The role's key is not there.
        KeyWrongError: Others may read it, or it is none.
    """
    from pydantic import SecretStr

    from pipelines.vault.keyring import FileKey

    path = session.existing_home().keys / f"{role}.key"
    return SecretStr(FileKey(path).read().hex())


def published(session: Session) -> duckdb.DuckDBPyConnection:
    """The published marts with the analyst's key, for reading and nothing else."""
    from pipelines.warehouse.connection import connect_published

    key = role_key(session, "analyst")
    return connect_published(session.home, key, session.settings)


@contextmanager
def open_vault(session: Session) -> Iterator[Vault]:
    """The vault of the home, closed at the end.

    Raises:
        KeyMissingError: The master key is not there.
        NotAllowedError: The home is older than its ledger, or the ledger is gone.
    """
    from pipelines.vault.keyring import KeyRing
    from pipelines.vault.store import Vault

    home = session.existing_home()
    vault = Vault.open(home, session.settings, KeyRing.open(home, session.settings))
    try:
        yield vault
    finally:
        vault.close()
