"""The canonical entities as frozen models, read from ``entities.yaml`` beside this file.

Owns names, types, keys and references of what can be landed. Says nothing about personal
data: that is the policy's (``pii_rules``), and :mod:`pipelines.common.policy` joins the two.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, field_validator

ColumnType = Literal[
    "id", "name", "text", "category", "email", "phone", "integer", "number", "money",
    "boolean", "date", "timestamp", "currency", "country", "url",
]  # fmt: skip

_POLARS: dict[str, pl.DataType] = {
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "money": pl.Decimal(18, 4),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
}
_DUCKDB: dict[str, str] = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(18,4)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
}


class Column(BaseModel):
    """One column of an entity. A money is DECIMAL(18,4) in the row's currency."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    type: ColumnType
    required: bool = False
    ref: str | None = None
    values: tuple[str, ...] | None = None
    min: float | None = None
    max: float | None = None
    identifies: Literal["email", "phone"] | None = None

    @property
    def polars_type(self) -> pl.DataType:
        """The type of this column in a canonical frame."""
        return _POLARS.get(self.type, pl.String())

    @property
    def duckdb_type(self) -> str:
        """The type of this column in the warehouse, when it is kept as it is."""
        return _DUCKDB.get(self.type, "VARCHAR")


class Entity(BaseModel):
    """One canonical entity; ``key`` names the columns that identify a row within a source."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    key: tuple[str, ...]
    columns: dict[str, Column]

    @field_validator("key", mode="before")
    @classmethod
    def _one_or_many(cls, value: str | list[str]) -> tuple[str, ...]:
        return (value,) if isinstance(value, str) else tuple(value)

    @property
    def references(self) -> dict[str, str]:
        """Columns that refer to an entity, own key included: column name to entity name."""
        found = {c.name: c.ref for c in self.columns.values() if c.ref}
        if len(self.key) == 1:
            found[self.key[0]] = self.name
        return found

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that may not be empty."""
        return tuple(c.name for c in self.columns.values() if c.required)


@cache
def load_entities() -> dict[str, Entity]:
    """All canonical entities by name, in landing order."""
    text = files("pipelines.common").joinpath("entities.yaml").read_text(encoding="utf-8")
    raw = yaml.safe_load(text)
    return {
        name: Entity(
            name=name,
            key=body["key"],
            columns={c: Column(name=c, **spec) for c, spec in body["columns"].items()},
        )
        for name, body in raw.items()
    }
