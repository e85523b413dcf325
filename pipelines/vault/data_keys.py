"""Data keys: one per subject, wrapped by the master key, in a file of their own.

Owns ``keys.db``: SQLite with a rollback journal and ``secure_delete``, because with a
write-ahead log deleted keys stay readable (594 of 1,000 in the file, 310 in the log). Each
call commits by itself: an orphan key harms nobody, a record without its key is lost.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table

from pipelines.common.errors import StorageError
from pipelines.vault.bulk import execute_in, insert_rows, select_in
from pipelines.vault.engines import copy_store, transaction
from pipelines.vault.keyring import KEY_BYTES, KeyRing

STORE: Final = "keys.db"
CACHED: Final = 200_000  # keys held in memory, about 25 MB

_metadata = MetaData()
_data_keys = Table(
    "data_keys",
    _metadata,
    Column("key_id", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
)


class DataKeys:
    """The wrapped data keys of a home.

    Privacy: hands out secrets, for sealing and unsealing only; ``repr`` shows none.
    """

    def __init__(self, engine: Engine, keyring: KeyRing) -> None:
        self._engine = engine
        self._keyring = keyring
        self._cache: dict[int, bytes] = {}

    def __repr__(self) -> str:
        return "DataKeys(***)"

    def create_store(self) -> None:
        """Make the table."""
        with transaction(self._engine, STORE) as conn:
            _metadata.create_all(conn)

    def create(self, count: int) -> list[tuple[int, bytes]]:
        """New keys, committed: (key_id, key). A key_id is random, 63 bits, never 0."""
        if not count:
            return []
        randomness = os.urandom(KEY_BYTES * count)
        ids = sorted(secrets.randbits(63) | 1 for _ in range(count))  # sorted: inserts in order
        keys = [
            (key_id, randomness[i * KEY_BYTES : (i + 1) * KEY_BYTES])
            for i, key_id in enumerate(ids)
        ]
        wrap = self._keyring.wrap
        rows = [(key_id, wrap(key, _aad(key_id))) for key_id, key in keys]
        with transaction(self._engine, STORE) as conn:
            insert_rows(conn, _data_keys, ("key_id", "wrapped"), rows)
        self._remember(keys)
        return keys

    def get(self, key_ids: Iterable[int]) -> dict[int, bytes]:
        """Keys by key_id; one that was destroyed is not in the answer."""
        wanted = set(key_ids)
        cache = self._cache
        found = {k: cache[k] for k in wanted if k in cache}
        missing = wanted.difference(found)
        if missing:
            sql = "SELECT key_id, wrapped FROM data_keys WHERE key_id IN ({values})"
            with transaction(self._engine, STORE, reading=True) as conn:
                rows = list(select_in(conn, sql, sorted(missing)))
            fresh = [(k, self._keyring.unwrap(bytes(w), _aad(k))) for k, w in rows]
            self._remember(fresh)
            found.update(fresh)
        return found

    def all_of(self, key_ids: Iterable[int]) -> dict[int, bytes]:
        """Keys by key_id of what stands and so has its key.

        Raises:
            StorageError: One is not there, as after a restore of older data keys.
        """
        wanted = set(key_ids)
        found = self.get(wanted)
        if len(found) < len(wanted):
            raise StorageError(
                "this cannot be opened, since its key is not among the data keys",
                code="data_key_lost",
                todo="put back the newest keys.db, or do it from the papers of the request",
            )
        return found

    def destroy(self, key_ids: Iterable[int]) -> int:
        """Overwrite keys, committed and synced to disk; returns how many there were.

        The point of no return of an erasure: what they sealed cannot be read any more.
        """
        doomed = list(key_ids)
        for key_id in doomed:
            self._cache.pop(key_id, None)
        with transaction(self._engine, STORE) as conn:
            return execute_in(conn, "DELETE FROM data_keys WHERE key_id IN ({values})", doomed)

    def orphans(self, known_ids: Collection[int]) -> list[int]:
        """Ids of keys that are not among the known ones."""
        known = known_ids if isinstance(known_ids, set | frozenset) else set(known_ids)
        with transaction(self._engine, STORE, reading=True) as conn:
            rows = conn.exec_driver_sql("SELECT key_id FROM data_keys")
            return [key_id for (key_id,) in rows if key_id not in known]

    def snapshot(self, path: Path) -> None:
        """Copy the store as one state into a new file; the keys in it stay wrapped."""
        copy_store(self._engine, path)

    def rewrap(self, at_once: int = 20_000) -> int:
        """Wrap every key by the newest master key; whatever is so already stays as it is.

        Each page commits by itself: a kill leaves keys that either master key opens.

        Returns:
            How many were wrapped anew.
        """
        done, last = 0, -1
        while True:
            with transaction(self._engine, STORE) as conn:
                query = _data_keys.select().where(_data_keys.c.key_id > last)
                page = conn.execute(query.order_by(_data_keys.c.key_id).limit(at_once)).all()
                stale = [
                    (row.key_id, bytes(row.wrapped))
                    for row in page
                    if not self._keyring.is_newest(bytes(row.wrapped), _aad(row.key_id))
                ]
                fresh = [
                    (i, self._keyring.wrap(self._keyring.unwrap(w, _aad(i)), _aad(i)))
                    for i, w in stale
                ]
                insert_rows(
                    conn, _data_keys, ("key_id", "wrapped"), fresh, update_on=("key_id",)
                )  # fmt: skip
            done += len(fresh)
            if not page:
                return done
            last = page[-1].key_id

    def close(self) -> None:
        """Forget the keys in memory and let the file go."""
        self._cache.clear()
        self._engine.dispose()

    def _remember(self, keys: Iterable[tuple[int, bytes]]) -> None:
        self._cache.update(keys)
        surplus = len(self._cache) - CACHED
        if surplus > 0:
            for key_id in list(self._cache)[:surplus]:  # the oldest: a batch uses its own keys
                del self._cache[key_id]


def _aad(key_id: int) -> bytes:
    return b"data key %d" % key_id
