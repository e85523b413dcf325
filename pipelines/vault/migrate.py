"""Runs the migrations; apart, because importing Alembic takes a while and opening needs none."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from pipelines.vault.engines import transaction

FOLDER = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Bring the tables of the vault to the newest revision."""
    with transaction(engine, "vault.db") as conn:
        command.upgrade(config(conn), "head")


def config(conn: Connection) -> Config:
    """Alembic's configuration for a connection of ours."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.attributes["connection"] = conn
    return settings
