"""Settings from the environment, read once, and the places of a home.

No other module reads the environment. Policy lives in YAML under ``pii_rules/`` and in
``<home>/policy/``; choices of a single run are arguments.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment of one deployment; every field is ``KLANTKLUIS_<NAME>``."""

    model_config = SettingsConfigDict(
        env_prefix="KLANTKLUIS_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    home: Path = Path("data")
    ledger: Path | None = Field(None, description="default: <home>-ledger beside the home")
    backups: Path | None = Field(None, description="default: <home>/backups; better another disk")
    backup_days: int = Field(35, ge=1, description="days that a backup of data is kept")
    vault_url: SecretStr | None = Field(None, description="PostgreSQL instead of <home>/vault.db")
    master_key: SecretStr | None = Field(
        None, description="hex of 32 bytes, instead of keys/master.key"
    )
    reporting_timezone: str = "Europe/Amsterdam"
    reporting_currency: str = "EUR"
    fiscal_year_start_month: int = Field(
        1, ge=1, le=12, description="month in which the fiscal year begins"
    )
    country: str = Field("NL", pattern="^[A-Z]{2}$", description="whose public holidays count")
    grace_days: int = Field(
        3, ge=0, description="days in which a verified request can be taken back"
    )
    alert_command: Path | None = Field(
        None, description="program that sends an alert; gets its kind and a request's number"
    )
    lang: Literal["nl", "en"] = "en"
    workers: int = Field(0, ge=0, description="processes for detection; 0: as many as cores")
    second_reader: str = Field(
        "", description="spacy:NAME, gliner:FOLDER or onnx:FOLDER; slow, finds more names"
    )
    memory_limit_mb: int = Field(576, ge=128, description="DuckDB's memory limit")
    chunk_rows: int = Field(100_000, ge=1, description="rows of a file handled at once")


class Home:
    """The places of one deployment, as docs/architecture.md lists them. Creates nothing."""

    def __init__(self, root: Path, ledger: Path | None = None, backups: Path | None = None) -> None:
        self.root = root.absolute()
        self._backups = backups.absolute() if backups else None
        self.ledger = (ledger or self.root.with_name(self.root.name + "-ledger")).absolute()

    @classmethod
    def of(cls, settings: Settings) -> Home:
        """The home that the settings name."""
        return cls(settings.home, settings.ledger, settings.backups)

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def vault(self) -> Path:
        return self.root / "vault.db"

    @property
    def data_keys(self) -> Path:
        return self.root / "keys.db"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def analytics(self) -> Path:
        return self.root / "analytics.duckdb"

    @property
    def dashboards(self) -> Path:
        return self.root / "dashboards.duckdb"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def backups(self) -> Path:
        """Encrypted backups; elsewhere when the settings say so."""
        return self._backups or self.root / "backups"

    @property
    def restoring(self) -> Path:
        """What a restore lays ready before it takes anything away."""
        return self.root / ".restore"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def dbt(self) -> Path:
        """dbt's target and partial-parse state; holds no data."""
        return self.root / "dbt"

    @property
    def spill(self) -> Path:
        """DuckDB's temporary files, always encrypted, in a folder for each process that lives."""
        return self.root / "spill"

    @property
    def sources(self) -> Path:
        """Source mappings of this deployment, besides those that are shipped."""
        return self.root / "sources"

    @property
    def policy(self) -> Path:
        """Approvals and overrides of this deployment."""
        return self.root / "policy"

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    def folders(self) -> tuple[Path, ...]:
        """Every folder that ``init`` makes, all mode 0700."""
        return (
            self.root, self.inbox, self.quarantine, self.outbox, self.backups, self.reports,
            self.keys, self.dagster, self.dbt, self.spill, self.sources, self.policy,
        )  # fmt: skip
