"""dbt-duckdb plugin: the extension that encrypts, from its package, and what the build is told."""

from __future__ import annotations

from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines.warehouse.build_session import configure
from pipelines.warehouse.connection import extension_file, literal


class Plugin(BasePlugin):  # type: ignore[misc]  # dbt is untyped here
    """Loads ``httpfs`` before anything is attached, and sets variables on every cursor."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Nothing to prepare."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Called once per connection, before the warehouse is attached."""
        conn.execute(f"LOAD {literal(str(extension_file()))}")  # DuckDB checks its signature

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Called for every connection that a node of the project runs on."""
        configure(cursor)
