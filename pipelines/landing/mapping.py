"""The models of a source mapping; frozen, and complete once they exist.

Owns what a mapping may say. Reading the YAML and matching files is :mod:`pipelines.landing.sources`.
Messages name columns and keys that an operator wrote into a mapping, never a value of a file.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any, Literal
from zoneinfo import available_timezones

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.common.entities import Column, load_entities
from pipelines.landing.expressions import columns_of, fault_of
from pipelines.landing.values import NumberStyle, TimeStyle, typed

POSITION_COLUMNS = ("_position", "_row", "_line")
"""Columns that every row has beside its own: ``_position`` (the key by position), ``_row`` (the
1-based number of the row in its file) and ``_line`` (the physical line where it begins)."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _as_text(value: Any) -> str | None:
    """YAML's booleans and numbers as a file would write them."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


_known_zones = cache(available_timezones)


def _zone(value: str | None) -> str | None:
    if value is not None and value not in _known_zones():
        raise ValueError("is not a time zone of the tz database")
    return value


class ColumnMapping(_Model):
    """Where the value of one canonical column comes from: exactly one of the first four fields.

    ``values`` replaces whole values, ``otherwise`` those that ``values`` does not name; ``formats``
    are strftime formats tried in order; ``optional`` allows the source column to be absent.
    """

    from_: str | None = Field(default=None, alias="from")
    constant: str | None = None
    expression: str | None = None
    position: bool = False
    values: dict[str, str | None] = Field(default_factory=dict)
    otherwise: str | None = None
    formats: tuple[str, ...] = ()
    timezone: str | None = None
    null_values: tuple[str, ...] = ()
    optional: bool = False

    @field_validator("constant", "otherwise", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return _as_text(value)

    @field_validator("values", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {_as_text(k) or "": _as_text(v) for k, v in value.items()}

    @field_validator("formats", "null_values", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [_as_text(v) for v in (value if isinstance(value, list | tuple) else [value])]

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return _zone(value)

    @field_validator("expression")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None and (fault := fault_of(value)):
            raise ValueError(fault)
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnMapping:
        origins = [self.from_ is not None, self.constant is not None, self.position]
        if sum([*origins, self.expression is not None]) != 1:
            raise ValueError("needs exactly one of from, constant, expression, position: true")
        if self.otherwise is not None and not self.values:
            raise ValueError("otherwise is what values does not name, but there are no values")
        return self

    @property
    def source_columns(self) -> frozenset[str]:
        """Columns of the file that this value is made of."""
        if self.from_ is not None:
            return frozenset({self.from_}) - set(POSITION_COLUMNS)
        if self.expression is not None:
            return columns_of(self.expression) - set(POSITION_COLUMNS)
        return frozenset()


def _misfits(column: Column, origin: ColumnMapping) -> list[str]:
    """Faults that every row would have, told once when the mapping is read."""
    faults: list[str] = []
    if origin.formats and column.type not in ("date", "timestamp"):
        faults.append(f"{column.name}: formats are for dates and times only")
    if origin.constant is not None and not origin.values:
        text = pl.Series(column.name, [origin.constant], dtype=pl.String)
        times = TimeStyle(origin.formats, origin.timezone or "UTC")
        value = typed(text, column, NumberStyle(), times)[0]
        if value is None or (column.values and value not in column.values):
            faults.append(f"{column.name}: the constant is no {column.type} that may stand there")
    return faults


class EntityMapping(_Model):
    """How a row yields a row of one entity, and under which condition.

    ``references`` says for a referring column which other source its ids come from.
    """

    entity: str
    when: str | None = None
    columns: dict[str, ColumnMapping]
    references: dict[str, str] = Field(default_factory=dict)

    @property
    def namespaces(self) -> dict[str, str]:
        """Referring column to the name of the source whose ids it holds."""
        return self.references

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {k: {"from": v} if isinstance(v, str) else v for k, v in value.items()}

    @field_validator("when")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None and (fault := fault_of(value, condition=True)):
            raise ValueError(fault)
        return value

    @model_validator(mode="after")
    def _fits_the_entity(self) -> EntityMapping:
        entity = load_entities().get(self.entity)
        if entity is None:
            raise ValueError("is not a canonical entity")
        faults = [f"unknown column {c}" for c in self.columns if c not in entity.columns]
        faults += [
            f"required column {c} is not mapped" for c in entity.required if c not in self.columns
        ]
        faults += [
            f"references: {c} does not refer to anything"
            for c in self.references
            if c not in entity.references
        ]
        for name, origin in self.columns.items():
            if name in entity.columns:
                faults += _misfits(entity.columns[name], origin)
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @cached_property
    def source_columns(self) -> frozenset[str]:
        """Columns of the file that this entity is made of, its condition included."""
        used = {name for column in self.columns.values() for name in column.source_columns}
        if self.when is not None:
            used |= columns_of(self.when) - set(POSITION_COLUMNS)
        return frozenset(used)


class FileMapping(_Model):
    """Files of one shape: how to read them and what their rows mean."""

    patterns: tuple[str, ...]
    format: Literal["csv", "jsonl", "parquet", "excel"] = "csv"
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    sheet: str | int | None = None
    header: bool = True
    column_names: tuple[str, ...] = ()
    skip_rows: int = Field(default=0, ge=0)
    null_values: tuple[str, ...] = ()
    mode: Literal["append", "upsert", "snapshot"] = "append"
    unmapped: Literal["drop", "quarantine"] = "drop"
    entities: tuple[EntityMapping, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _written_forms(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        body = dict(raw)
        if "pattern" in body:
            body["patterns"] = body.pop("pattern")
        if isinstance(body.get("patterns"), str):
            body["patterns"] = [body["patterns"]]
        if isinstance(entities := body.get("entities"), dict):
            body["entities"] = [{"entity": k, **(v or {})} for k, v in entities.items()]
        if "null_values" in body and isinstance(body["null_values"], list):
            body["null_values"] = [_as_text(v) for v in body["null_values"]]
        return body

    @field_validator("delimiter", "quote")
    @classmethod
    def _one_ascii_character(cls, value: str, info: Any) -> str:
        if info.field_name == "quote" and value == "":
            return value
        if len(value) != 1 or not value.isascii() or value in "\r\n\0":
            raise ValueError("must be one ASCII character")
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            found = codecs.lookup(value).name
            "a".encode(found)  # fails for codecs that are no encoding of text
        except LookupError:
            raise ValueError("is not an encoding that Python knows") from None
        return found

    @model_validator(mode="after")
    def _consistent(self) -> FileMapping:
        if not self.patterns or any(not p or "/" in p or "\\" in p for p in self.patterns):
            raise ValueError("needs a pattern, which is a file name without folders")
        if self.delimiter == self.quote:
            raise ValueError("delimiter and quote are the same")
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same")
        return self

    @cached_property
    def source_columns(self) -> frozenset[str]:
        """All columns of the file that any entity uses."""
        return frozenset(c for entity in self.entities for c in entity.source_columns)

    @cached_property
    def optional_columns(self) -> frozenset[str]:
        """Columns of the file that may be absent: every use of them says so."""
        needed = set[str]()
        for entity in self.entities:
            needed |= columns_of(entity.when) if entity.when else set()
            for column in entity.columns.values():
                needed |= set() if column.optional else column.source_columns
        return self.source_columns - needed


class SourceMapping(_Model):
    """One source: a name, the zone and region of what it does not say, and its files."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    timezone: str = "Europe/Amsterdam"
    region: str = Field(default="NL", pattern=r"^[A-Z]{2}$")
    files: tuple[FileMapping, ...] = Field(min_length=1)
    fingerprint: str = ""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return _zone(value) or value

    @property
    def entities(self) -> frozenset[str]:
        """Names of the entities that this source can yield."""
        return frozenset(e.entity for e in self.entity_mappings())

    def entity_mappings(self) -> Iterator[EntityMapping]:
        """Every entity mapping of every file, in the order of writing."""
        for file in self.files:
            yield from file.entities
