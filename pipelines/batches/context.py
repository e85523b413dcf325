"""What landing needs of a deployment, and what one batch carries from step to step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import duckdb
import sqlalchemy as sa

from pii_rules.models import Policy
from pipelines.batches.report import ColumnChange, EntityCounts
from pipelines.batches.seen import Seen
from pipelines.common.entities import Entity
from pipelines.common.memory import give_back
from pipelines.common.rejects import Reject
from pipelines.common.settings import Home, Settings
from pipelines.identity.resolve import SubjectResolver
from pipelines.landing.sources import FileMapping, SourceMapping
from pipelines.vault.keyring import KeyRing
from pipelines.vault.store import Vault
from pipelines.warehouse.pseudo import BatchWriter

if TYPE_CHECKING:
    from pii_rules.special_categories import CueFinder
    from pipelines.privacy.detector import Detector
    from pipelines.privacy.known_persons import PersonMatcher
    from pipelines.quality.contracts import ContractChecker

Progress = Callable[[str, int], None]
"""Called with a source's file pattern and the rows read of it so far."""


class LandingContext(Protocol):
    """The parts of a deployment that landing uses."""

    @property
    def settings(self) -> Settings: ...
    @property
    def home(self) -> Home: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def keyring(self) -> KeyRing: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def sources(self) -> Mapping[str, SourceMapping]: ...


class Tools:
    """What is dear to make and serves all batches of a landing; made when first used."""

    def __init__(self, settings: Settings, detector: Detector | None = None) -> None:
        self._settings = settings
        self._given = self._detector = detector
        self._checkers: dict[str, ContractChecker] = {}
        self._matcher: PersonMatcher | None = None
        self._cues: CueFinder | None = None

    @property
    def detector(self) -> Detector:
        """The detector of personal data in text."""
        if self._detector is None:
            from pipelines.privacy.detector import make_detector

            self._detector = make_detector(self._settings.workers, self._settings.second_reader)
        return self._detector

    def matcher(self, vault: Vault) -> PersonMatcher:
        """What knows the persons of a vault in a text, by their sketches."""
        if self._matcher is None:
            from pipelines.privacy.known_persons import PersonMatcher
            from pipelines.privacy.name_sketches import SketchKey

            self._matcher = PersonMatcher(SketchKey(vault.sketch_key))
        return self._matcher

    @property
    def cues(self) -> CueFinder:
        """What flags texts that may hold special categories."""
        if self._cues is None:
            from pii_rules.special_categories import CueFinder

            self._cues = CueFinder()
        return self._cues

    def checker(self, entity_name: str) -> ContractChecker:
        """The contract of an entity, as an expectation suite."""
        if entity_name not in self._checkers:
            from pipelines.common.entities import load_entities
            from pipelines.quality.contracts import ContractChecker

            self._checkers[entity_name] = ContractChecker(load_entities()[entity_name])
        return self._checkers[entity_name]

    def release(self) -> None:
        """Let go of it all but a detector that was given: hundreds of megabytes, and processes.

        What is asked for afterwards is made again.
        """
        if self._detector is not self._given:
            from pipelines.privacy.second_reader import close_detector

            close_detector(self._detector)
            self._detector = self._given
        self._matcher = self._cues = None
        self._checkers.clear()
        give_back()


@dataclass
class Batch:
    """One file on its way; lives inside one vault transaction and one warehouse transaction."""

    batch_id: int
    source: SourceMapping
    file: FileMapping
    policy: Policy
    vault: Vault
    connection: sa.Connection
    duckdb: duckdb.DuckDBPyConnection
    writer: BatchWriter
    resolver: SubjectResolver
    tools: Tools
    has_suppressions: bool
    counts: dict[str, EntityCounts] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    unmapped: dict[str, int] = field(default_factory=dict)
    rows_read: int = 0
    profiled_rows: dict[str, int] = field(default_factory=dict)
    profiles: dict[tuple[str, str], tuple[int, dict[str, int]]] = field(default_factory=dict)
    changes: list[ColumnChange] = field(default_factory=list)
    undeleted: list[str] = field(default_factory=list)
    overlaid: frozenset[str] | None = None
    flags: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """Texts by entity, column, category and class of cue."""
    _seen: dict[str, Seen] = field(default_factory=dict)

    def seen_of(self, entity: Entity) -> Seen:
        """Keys of a sealed entity that the file has had so far."""
        if entity.name not in self._seen:
            self._seen[entity.name] = Seen(self.duckdb, entity.name)
        return self._seen[entity.name]

    def counts_of(self, entity: str) -> EntityCounts:
        """Counts of an entity, zero at first."""
        return self.counts.setdefault(entity, EntityCounts())

    def namespace(self, entity: str, column: str) -> str:
        """The source whose ids a reference column holds."""
        for mapping in self.file.entities:
            if mapping.entity == entity and column in mapping.references:
                return mapping.references[column]
        return self.source.name
