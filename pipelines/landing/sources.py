"""Finds and reads source mappings, and says which files a mapping is for.

Owns the YAML's outside: folders, names, faults reported all at once. What a mapping may say is
:mod:`pipelines.landing.mapping`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from pii_rules.strict_yaml import load_strict_yaml, yaml_fault
from pipelines.common.entities import load_entities
from pipelines.common.errors import MappingError
from pipelines.landing.mapping import (
    POSITION_COLUMNS,
    ColumnMapping,
    EntityMapping,
    FileMapping,
    SourceMapping,
)

__all__ = [
    "POSITION_COLUMNS",
    "SHIPPED_SOURCES",
    "ColumnMapping",
    "EntityMapping",
    "FileMapping",
    "MatchedFile",
    "SourceMapping",
    "load_source",
    "load_sources",
    "match_files",
    "position_prefix",
    "unmatched_files",
]

SHIPPED_SOURCES = Path(__file__).parent / "sources"
"""Folder of the mappings that come with Klantkluis."""


class MatchedFile(NamedTuple):
    """A file and the mapping it is read by."""

    file_mapping: FileMapping
    path: Path


def load_sources(folders: Sequence[Path]) -> dict[str, SourceMapping]:
    """Read every ``*.yaml`` of the folders; a later folder replaces a source of the same name.

    Args:
        folders: Usually ``SHIPPED_SOURCES`` and ``<home>/sources``; absent ones are skipped.

    Raises:
        MappingError: With all faults of all mappings, each with its file and place.
    """
    found: dict[str, SourceMapping] = {}
    faults: list[str] = []
    for folder in folders:
        here: dict[str, SourceMapping] = {}
        for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
            source = _read(path, faults)
            if source is not None and source.name in here:
                faults.append(f"{path.name}: source {source.name} is in this folder twice")
            elif source is not None:
                here[source.name] = source
        found |= here
    known = set(found)
    for source in found.values():
        faults += _unknown_sources(source, known)
    _raise_any(faults)
    return found


def load_source(path: Path) -> SourceMapping:
    """Read one mapping; references to other sources are not checked.

    Raises:
        MappingError: With all faults of the mapping.
    """
    faults: list[str] = []
    source = _read(path, faults)
    _raise_any(faults)
    assert source is not None
    return source


def match_files(source: SourceMapping, folder: Path) -> list[MatchedFile]:
    """Files of a folder with the mapping that reads them; the first pattern that fits wins.

    Order: landing order of the first entity a file yields, then the mapping's order, then name.
    Hidden files are not looked at. A path that is itself a file is matched by its name.
    """
    order = {name: place for place, name in enumerate(load_entities())}
    matched: list[tuple[tuple[int, int, str], MatchedFile]] = []
    for path in _candidates(folder):
        place = _first_fit(source, path.name)
        if place is not None:
            mapping = source.files[place]
            first = min(order[e.entity] for e in mapping.entities)
            matched.append(((first, place, path.name), MatchedFile(mapping, path)))
    return [file for _, file in sorted(matched, key=lambda pair: pair[0])]


def unmatched_files(source: SourceMapping, folder: Path) -> list[Path]:
    """Files of a folder that no pattern of the source fits, by name."""
    return [p for p in _candidates(folder) if p.is_file() and _first_fit(source, p.name) is None]


def position_prefix(source: SourceMapping, file: FileMapping, path: Path) -> str:
    """What stands before the row number in a key by position.

    Empty for the only file of a source, so that its keys do not depend on what it is called; the
    short digest of the file's name where a source can have several: a name may be a person's.
    """
    several = len(source.files) > 1 or len(file.patterns) > 1
    wild = any(c in p for p in file.patterns for c in "*?[")
    if not several and not wild:
        return ""
    name = path.stem.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name, digest_size=4).hexdigest() + "-"


def _candidates(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if not p.name.startswith("."))


def _first_fit(source: SourceMapping, name: str) -> int | None:
    for place, mapping in enumerate(source.files):
        if any(fnmatchcase(name, pattern) for pattern in mapping.patterns):
            return place
    return None


def _read(path: Path, faults: list[str]) -> SourceMapping | None:
    try:
        raw = load_strict_yaml(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        faults.append(f"{path.name}: {yaml_fault(error)}")
        return None
    except (OSError, UnicodeDecodeError):
        faults.append(f"{path.name}: cannot be read as UTF-8 text")
        return None
    if not isinstance(raw, dict):
        faults.append(f"{path.name}: is not a mapping with source and files")
        return None
    body = dict(raw)
    body.setdefault("name", body.pop("source", path.stem))
    body["fingerprint"] = _fingerprint(raw)
    try:
        source = SourceMapping(**body)
        faults += [f"{path.name}: {fault}" for fault in _conflicting_references(source)]
        return source
    except ValidationError as error:
        faults += [
            f"{path.name}: {_place(e)}: {_message(e)}" for e in error.errors(include_input=False)
        ]
    except TypeError:
        faults.append(f"{path.name}: keys must be names")
    return None


def _place(error: Any) -> str:
    return ".".join(str(part) for part in error["loc"]) or "source"


def _message(error: Any) -> str:
    return str(error["msg"]).removeprefix("Value error, ").rstrip(".").replace("\n", " ")


def _fingerprint(raw: dict[str, Any]) -> str:
    canonical = json.dumps(_sorted(raw), default=str, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _sorted(value: Any) -> Any:
    """The same with the keys of its mappings as text in one order; YAML allows several types."""
    if isinstance(value, dict):
        keys = {repr(key): item for key, item in value.items()}
        return {key: _sorted(keys[key]) for key in sorted(keys)}
    return [_sorted(v) for v in value] if isinstance(value, list) else value


def _unknown_sources(source: SourceMapping, known: set[str]) -> list[str]:
    return [
        f"source {source.name}: {e.entity}.{column} refers to unknown source {other}"
        for e in source.entity_mappings()
        for column, other in e.references.items()
        if other not in known
    ]


def _conflicting_references(source: SourceMapping) -> list[str]:
    """Ids of one column of an entity that two sources are said to have issued, within one file."""
    faults: list[str] = []
    for file in source.files:
        issuers: dict[tuple[str, str], set[str]] = {}
        for mapping in file.entities:
            for column in mapping.columns:
                issuer = mapping.references.get(column, source.name)
                issuers.setdefault((mapping.entity, column), set()).add(issuer)
        faults += [
            f"{file.patterns[0]}: {entity}.{column} refers to {' and to '.join(sorted(names))}"
            for (entity, column), names in issuers.items()
            if len(names) > 1
        ]
    return faults


def _raise_any(faults: list[str]) -> None:
    if faults:
        raise MappingError(
            "source mappings have faults: " + "; ".join(faults),
            code="mapping",
            todo="correct the mapping and run again",
        ) from None
