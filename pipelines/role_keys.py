"""Whether the keys of roles are those of the files that are there; asked before a run begins.

A run writes each published file anew under the key that lies in ``keys/``. Under a wrong key,
such as one copied from another role, it would hand the figures to whoever has that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import SecretStr

from pipelines.common.errors import KeyMissingError, KeyWrongError, KlantkluisError
from pipelines.common.settings import Home, Settings
from pipelines.vault.keyring import NEXT, FileKey
from pipelines.warehouse.connection import attach, open_instance

_PUBLISHED_TODO: Final = (
    "put the right key back under keys/, or delete the published file: "
    "the next run publishes it anew under this key"
)
_WAREHOUSE_TODO: Final = "put the right key back under keys/, or restore a backup"


class StoreKey(NamedTuple):
    """A role, whose key opens one file, and that file."""

    role: str
    path: Path


def store_keys(home: Home) -> tuple[StoreKey, ...]:
    """The roles whose keys open files of a home."""
    return (
        StoreKey("warehouse", home.warehouse),
        StoreKey("analyst", home.analytics),
        StoreKey("dashboards", home.dashboards),
    )


def refuse_wrong_keys(home: Home, settings: Settings, roles: Sequence[str] = ()) -> None:
    """See that the key of each role is there, and opens the file it belongs to, if that exists.

    A key under way (``<role>.next.key``) counts too: a rotation that was killed may have got as
    far as the file. A file that is damaged or busy says nothing about its key.

    Args:
        home: The deployment's places.
        settings: Memory limit.
        roles: Only these; all three by default.

    Raises:
        KeyMissingError: A key file is missing.
        KeyWrongError: A key opens its file not, is malformed, or others may read it.
    """
    wanted = [store for store in store_keys(home) if not roles or store.role in roles]
    keys = {store: _keys(home, store) for store in wanted}
    for store in wanted:
        if store.path.is_file() and not _opens(store.path, keys[store], home.spill, settings):
            is_warehouse = store.role == "warehouse"
            raise KeyWrongError(
                "the key does not open the file it belongs to",
                code="warehouse_key_wrong" if is_warehouse else "role_key_wrong",
                where=_place(store),
                todo=_WAREHOUSE_TODO if is_warehouse else _PUBLISHED_TODO,
            )


def _keys(home: Home, store: StoreKey) -> list[SecretStr]:
    files = [home.keys / f"{store.role}.key", home.keys / f"{store.role}.{NEXT}.key"]
    try:
        found = [FileKey(path).read() for path in files if path.exists() or path is files[0]]
    except KeyMissingError:
        lost = "" if store.role == "warehouse" else (
            f"; if it is lost, delete the published file and run klantkluis keys rotate {store.role}"
        )  # fmt: skip
        raise KeyMissingError(
            "the key of a role is missing",
            code="warehouse_key_missing" if not lost else "role_key_missing",
            where=_place(store),
            todo="put it back under keys/" + lost,
        ) from None
    return [SecretStr(key.hex()) for key in found]


def _opens(path: Path, keys: Sequence[SecretStr], spill: Path, settings: Settings) -> bool:
    for key in keys:
        with closing(open_instance(spill, settings)) as connection:
            try:
                attach(connection, path, key, alias="tried", read_only=True)
            except KeyWrongError:
                continue
            except KlantkluisError:
                return True
        return True
    return False


def _place(store: StoreKey) -> dict[str, str | int]:
    return {"key": f"{store.role}.key", "file": store.path.name}
