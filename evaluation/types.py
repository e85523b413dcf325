"""Which names of types mean the same; the table is ``types.yaml``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict


class ResearchTypes(BaseModel):
    """How presidio-research's marks are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    optional: dict[str, str]
    left_out: frozenset[str]
    inside: dict[str, frozenset[str]]


class Types(BaseModel):
    """The table of equivalent types."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    same_as: dict[str, str]
    checked: tuple[str, ...]
    research: ResearchTypes

    def ours(self, name: str) -> str:
        """Our name of a type."""
        return self.same_as.get(name, name)


@lru_cache(maxsize=1)
def load_types() -> Types:
    """The table."""
    text = Path(__file__).with_name("types.yaml").read_text(encoding="utf-8")
    return Types.model_validate(yaml.safe_load(text))
