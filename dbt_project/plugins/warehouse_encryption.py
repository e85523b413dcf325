"""dbt-duckdb plugin: loads the extension that encrypts, from its package, without network."""

from __future__ import annotations

from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines.warehouse.connection import extension_file, literal


class Plugin(BasePlugin):  # type: ignore[misc]  # dbt is untyped here
    """Loads ``httpfs`` before anything is attached; DuckDB checks its signature."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Nothing to prepare."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Called once per connection, before the warehouse is attached."""
        conn.execute(f"LOAD {literal(str(extension_file()))}")
