"""Dagster's storage of a home for a run in this process, with its connections kept open.

Dagster's own SQLite event log makes an engine and a connection for each of the thousand statements
of a run, and the last connection that closes a file in WAL mode checkpoints and syncs it. That is
work which no history needs. Files, tables and contents are Dagster's; what differs is when a
connection is closed. ``klantkluis dagster`` reads the same files in Dagster's own way.

Privacy: history and counts of runs, no value of the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import dagster as dg
import sqlalchemy as sa
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.pool import StaticPool


class OpenEventLog(SqliteEventLogStorage):
    """The event log with one connection per file, from its first use to :meth:`dispose`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, sa.Engine] = {}
        self._columns: set[str] = set()
        super().__init__(base_dir, inst_data)

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._engines:
            engine = sa.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            # In WAL mode this loses at most the end of a history when the power fails.
            sa.event.listen(engine, "connect", _sync_seldom)
            self._initdb(engine)
            self._engines[shard] = engine
        return self._engines[shard]

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        if column_name not in self._columns:
            if not super()._has_asset_key_col_on_connection(conn, column_name):
                return False
            self._columns.add(column_name)
        return True

    def dispose(self) -> None:
        """Close the files."""
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()


class OpenStorage(DagsterSqliteStorage):
    """Dagster's storage in SQLite with :class:`OpenEventLog` in it."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        folder = Path(base_dir) / "history" / "runs"
        self._event_log_storage = OpenEventLog(str(folder))

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """As Dagster asks for it; its own version names the class it is of."""
        return cls(config_value["base_dir"], inst_data)


def open_instance(folder: Path) -> dg.DagsterInstance:
    """Dagster's instance of a home, to be closed after the run; ``folder`` has its dagster.yaml."""
    kept = ConfigurableClassData(
        __name__, OpenStorage.__name__, yaml.safe_dump({"base_dir": str(folder)})
    )
    return dg.DagsterInstance.from_ref(
        InstanceRef.from_dir(str(folder))._replace(storage_data=kept)
    )


def _sync_seldom(connection: object, _: object) -> None:
    getattr(connection, "execute")("PRAGMA synchronous = NORMAL")  # noqa: B009
