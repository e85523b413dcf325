"""Loads the registry: the YAML and the classes must agree, or nothing loads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pii_rules.recognizers import (
    address,
    birth_dates,
    contact,
    customer_numbers,
    documents,
    finance,
    national,
    own_numbers,
    persons,
    plates,
)
from pii_rules.recognizers.base import ScanRecognizer

_MODULES = (
    address,
    birth_dates,
    contact,
    customer_numbers,
    documents,
    finance,
    national,
    own_numbers,
    persons,
    plates,
)
LANGUAGES = ("nl", "en")


class RegistryFaults(Exception):  # noqa: N818 - a sentence for people, like PolicyFaults
    """All disagreements between the registry and the classes at once."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(faults))


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    class_name: str = Field(alias="class")
    entity: str
    languages: tuple[str, ...]
    placeholder: str = Field(pattern=r"^[A-Z_]+$")
    context: tuple[str, ...] = ()
    enabled: bool = True


class Registry(NamedTuple):
    """Recognizers for every language, and how each type is shown in a redacted text."""

    recognizers: tuple[ScanRecognizer, ...]
    placeholders: Mapping[str, str]


def recognizer_classes() -> dict[str, type[ScanRecognizer]]:
    """Every recognizer class of this package by name."""
    return {
        name: value
        for module in _MODULES
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, ScanRecognizer)
        and value.__module__ == module.__name__
    }


def registry_text() -> str:
    """The shipped registry, as YAML."""
    return files("pii_rules.recognizers").joinpath("registry.yaml").read_text(encoding="utf-8")


def load_registry(text: str | None = None) -> Registry:
    """Read the registry and make its recognizers.

    Args:
        text: YAML, the shipped registry by default.

    Raises:
        RegistryFaults: With every fault that was found.
    """
    classes = recognizer_classes()
    entries, faults = _entries(text or registry_text())
    named = {entry.class_name for entry in entries}
    faults += [f"class {name} has no entry" for name in sorted(classes.keys() - named)]
    for entry in entries:
        kind = classes.get(entry.class_name)
        if kind is None:
            faults.append(f"entry {entry.class_name} has no class")
        elif entry.entity != kind.ENTITY:
            faults.append(f"{entry.class_name} finds {kind.ENTITY}, the entry says {entry.entity}")
        faults += [
            f"{entry.class_name} has the unknown language {language}"
            for language in entry.languages
            if language not in LANGUAGES
        ]
    if faults:
        raise RegistryFaults(faults)
    return Registry(
        tuple(
            classes[entry.class_name](language, entry.context)
            for entry in entries
            if entry.enabled
            for language in entry.languages
        ),
        {entry.entity: entry.placeholder for entry in entries},
    )


def _entries(text: str) -> tuple[list[_Entry], list[str]]:
    try:
        body = yaml.safe_load(text)
    except yaml.YAMLError:
        raise RegistryFaults(["the registry is no YAML"]) from None
    rows = body.get("recognizers") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise RegistryFaults(["the registry needs a list 'recognizers'"])
    entries: list[_Entry] = []
    faults: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            entries.append(_Entry.model_validate(row))
        except ValidationError as error:
            fields = sorted({".".join(map(str, e["loc"])) for e in error.errors()})
            faults.append(f"entry {number} is wrong in {', '.join(fields)}")
    seen: set[str] = set()
    for entry in entries:
        if entry.class_name in seen:
            faults.append(f"class {entry.class_name} has two entries")
        seen.add(entry.class_name)
    return entries, faults


@lru_cache(maxsize=1)
def rules_fingerprint() -> str:
    """A hash of the registry, the lists and the code of this package."""
    digest = hashlib.sha256()
    folder = files("pii_rules.recognizers")
    for part in (folder, folder.joinpath("lists"), folder.joinpath("model")):
        for item in sorted(part.iterdir(), key=lambda i: i.name):
            if item.is_file() and item.name.endswith((".py", ".yaml", ".txt", ".yaml", ".gz")):
                digest.update(item.name.encode())
                digest.update(hashlib.sha256(item.read_bytes()).digest())
    return digest.hexdigest()
