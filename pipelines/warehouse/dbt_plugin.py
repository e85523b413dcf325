"""dbt-duckdb plugin: which warehouse a build opens, under which key, and what else it is told."""

from __future__ import annotations

from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import Attachment
from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines.warehouse.build_session import configure, opened
from pipelines.warehouse.connection import WAREHOUSE, extension_file, literal


class Plugin(BasePlugin):  # type: ignore[misc]  # dbt is untyped here
    """Puts the home's places into the connection, loads ``httpfs``, sets variables on every cursor."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Nothing to prepare."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Called before DuckDB is opened; nothing can spill in plain text before that."""
        now = opened()
        if now is None:
            return
        config["temp_directory"] = str(now.spill)
        config["memory_limit"] = f"{now.memory_limit_mb}MB"
        key = {"encryption_key": now.key.get_secret_value()}
        creds.attach = [Attachment(path=str(now.warehouse), alias=WAREHOUSE, options=key)]

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Called once per connection, before the warehouse is attached."""
        conn.execute(f"LOAD {literal(str(extension_file()))}")  # DuckDB checks its signature

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Called for every connection that a node of the project runs on."""
        configure(cursor)
