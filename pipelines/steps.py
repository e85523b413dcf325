"""One run of the pipeline, step by step: erase, land, build, check, publish. Imports no Dagster.

The steps know their order and keep what they found; whoever drives them (Dagster's assets, a
test) calls them one after the other under the home's lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from pipelines.batches.report import LandSummary
from pipelines.common.clock import now
from pipelines.common.errors import CheckError, FailedError, KlantkluisError
from pipelines.common.settings import Home, Settings
from pipelines.rights.erasure import unfinished_erasures
from pipelines.role_keys import refuse_wrong_keys
from pipelines.runs import (
    Deployment,
    build_fingerprint,
    build_is_due,
    finish_run,
    needs_run,
    start_run,
)
from pipelines.vault.keyring import NEXT
from pipelines.warehouse.lock import home_lock
from pipelines.warehouse.spill import clear_abandoned

if TYPE_CHECKING:
    from pipelines.batches.context import Progress, Tools
    from pipelines.fulfilment import Attended
    from pipelines.quality.results import CheckResult
    from pipelines.restatement import Restatement
    from pipelines.warehouse.dbt import BuildResult
    from pipelines.warehouse.publication import Published


@dataclass(frozen=True)
class RunChoices:
    """What one run is told; nothing of it names a person."""

    sources: tuple[str, ...] = ()
    from_path: Path | None = None
    select: tuple[str, ...] = ()
    as_of: datetime | None = None
    restatement: Restatement | None = None


@dataclass
class RunSummary:
    """What a run brought. Counts and names of ours only."""

    run_id: str = ""
    as_of: datetime | None = None
    landed: LandSummary = field(default_factory=LandSummary)
    built_nodes: int = 0
    checks: tuple[CheckResult, ...] = ()
    published_rows: dict[str, int] = field(default_factory=dict)
    erased_persons: int = 0

    def document(self) -> dict[str, Any]:
        """The summary for programs."""
        return {
            "run": self.run_id or None,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "entities": {name: vars(c) for name, c in self.landed.entities.items()},
            "failed_files": len(self.landed.failed),
            "built": self.built_nodes,
            "checks": [check.document() for check in self.checks],
            "published": self.published_rows,
            "erased_persons": self.erased_persons,
        }


class PipelineRun:
    """One run over an open deployment; the caller holds the home's lock."""

    def __init__(
        self,
        deployment: Deployment,
        choices: RunChoices | None = None,
        *,
        run_id: str | None = None,
        tools: Tools | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.deployment = deployment
        self.choices = choices or RunChoices()
        self.run_id = run_id or str(uuid.uuid4())
        self.as_of = self.choices.as_of or now()
        self.summary = RunSummary(self.run_id, self.as_of)
        self.error: KlantkluisError | None = None
        self._is_current = False
        self._has_erased = False
        self._is_rebuilt = False
        self._tools = tools
        self._progress = progress

    @classmethod
    @contextmanager
    def locked(
        cls,
        settings: Settings,
        choices: RunChoices | None = None,
        *,
        wait_seconds: float = 0,
        **options: Any,
    ) -> Iterator[Self]:
        """A run with the lock taken and the deployment opened, and both let go at the end.

        Raises:
            BusyError: Another run holds the lock still after ``wait_seconds``.
            KeyMissingError, KeyWrongError: A role's key is not that of the file it belongs to.
            KlantkluisError: As :meth:`Deployment.open`.
        """
        with home_lock(Home.of(settings), wait_seconds), ExitStack() as stack:
            clear_abandoned(Home.of(settings).spill)
            if any(Home.of(settings).keys.glob(f"*.{NEXT}.key")):
                from pipelines.rotation import finish_rotations

                finish_rotations(settings)
            deployment = stack.enter_context(Deployment.open(settings))
            refuse_wrong_keys(deployment.home, settings)
            yield cls(deployment, choices, **options)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Keeps the error of a step as ours; a foreign one is reduced to its kind."""
        try:
            yield
        except KlantkluisError as error:
            self.error = error
            raise
        except Exception as error:  # noqa: BLE001  reduced to its kind, and raised
            self.error = unexpected(error)
            raise self.error from None

    def is_needed(self) -> bool:
        """Whether this run would do anything."""
        told = self.choices.from_path is not None or self.choices.restatement is not None
        return told or needs_run(self.deployment, self.as_of)

    def start(self) -> None:
        """Note the run."""
        start_run(self.deployment, self.run_id, self.as_of, now())

    def has_erasures(self, buckets: Collection[int] | None = None) -> bool:
        """Whether persons (in these buckets, 0-63) are to be erased or only half are."""
        with self.deployment.vault.read() as vault:
            return bool(unfinished_erasures(vault, buckets))

    def erase(self, buckets: Collection[int] | None = None) -> int:
        """Erase whoever is queued, and finish what a kill interrupted; completed by ``publish``.

        Args:
            buckets: Only persons in these ``subject_bucket`` partitions (0-63); all by default.

        Returns:
            How many persons.
        """
        if not self.has_erasures(buckets):
            return 0
        from pipelines.erasures import erase_queued

        results = erase_queued(self.deployment, buckets, lambda: self._made_tools().detector)
        self._has_erased = True
        return len(results)

    def erase_and_publish(self, buckets: Collection[int] | None = None) -> int:
        """A whole run that erases and lands nothing; without work it leaves no trace.

        Returns:
            How many persons were erased, with the publication to show for it.

        Raises:
            CheckError: A blocking check does not hold; the erasure stays unfinished.
        """
        if not self.has_erasures(buckets):
            return 0
        self.start()
        try:
            with self.noting():
                self.erase(buckets)
                self.build()
                self.check()
                self.publish()
        finally:
            self.finish()
        return self.summary.erased_persons

    def attend_requests(self) -> Attended:
        """One round over the register of requests, and the erasures that it queued."""
        from pipelines.fulfilment import attend

        at = now()
        on = at.astimezone(ZoneInfo(self.deployment.settings.reporting_timezone)).date()
        attended = attend(self.deployment, at, on)
        self.erase_and_publish()
        return attended

    def land(self) -> LandSummary:
        """Land and pseudonymise what waits; a file that cannot be read fails alone.

        Erasures go first, so that nobody who is half erased gets new rows; words on consent that
        landed are in their ledger at the end.
        """
        from pipelines.batches.land import land_inbox
        from pipelines.consents import enter_landed

        self.erase()
        tools = self._made_tools()
        self.summary.landed = land_inbox(
            self.deployment,
            sources=self.choices.sources or None,
            from_path=self.choices.from_path,
            run_id=self.run_id,
            tools=tools,
            progress=self._progress,
        )
        tools.release()  # the build has better use for the memory
        enter_landed(self.deployment)
        return self.summary.landed

    def build(self) -> BuildResult | None:
        """Run dbt, unless the newest publication is of this very state: then None."""
        restatement = self.choices.restatement
        if not (self.choices.select or restatement) and not build_is_due(
            self.deployment, self.as_of, within=self.run_id
        ):
            self._is_current = True
            return None
        from pipelines.consents import bring_words
        from pipelines.corrections import bring_corrections
        from pipelines.desk import bring_desk_counts
        from pipelines.links import bring_links
        from pipelines.quality.purposes import check_purposes
        from pipelines.restatement import variables_of
        from pipelines.warehouse.dbt import PROJECT, BuildChoices, build

        deployment = self.deployment
        variables = variables_of(deployment, restatement) if restatement else {}
        check_purposes(PROJECT, deployment.policy)
        bring_links(deployment)
        bring_corrections(deployment)
        bring_words(deployment)
        bring_desk_counts(deployment, self.as_of)
        result = build(
            deployment.home,
            deployment.keyring.role_key("warehouse"),
            deployment.settings,
            BuildChoices(
                as_of=self.as_of,
                run_id=self.run_id,
                rules_fingerprint=deployment.policy.fingerprint,
                select=self.choices.select,
                variables=variables,
            ),
        )
        self.summary.built_nodes = len(result.nodes)
        self._is_rebuilt = not self.choices.select
        return result

    def check(self) -> Sequence[CheckResult]:
        """Run the checks that block publication; failing ones are results here, not errors."""
        from pipelines.evidence import gather_evidence
        from pipelines.quality.checks import check_warehouse
        from pipelines.warehouse.connection import connect_warehouse

        deployment = self.deployment
        key = deployment.keyring.role_key("warehouse")
        with (
            closing(connect_warehouse(deployment.home, key, deployment.settings)) as connection,
            deployment.vault.read() as vault,
        ):
            evidence = gather_evidence(deployment, vault)
            self.summary.checks = check_warehouse(connection, evidence)
        return self.summary.checks

    def publish(self) -> Published:
        """Replace the published files, and note the state that they are of.

        Raises:
            CheckError: A blocking check does not hold, or none was made.
        """
        from pipelines.warehouse.publication import PublicationKeys, publish

        failing = [c for c in self.summary.checks if not c.passed]
        if failing or not self.summary.checks:
            raise failing_checks(failing)
        deployment = self.deployment
        role_key = deployment.keyring.role_key
        keys = PublicationKeys(role_key("warehouse"), role_key("analyst"), role_key("dashboards"))
        published = publish(deployment.home, keys, deployment.settings)
        self.summary.published_rows = {t.name: t.rows for t in published.analytics}
        self._is_current = True
        if self._is_rebuilt:  # a partial build may still know whoever was erased
            from pipelines.erasure_requests import settle_erasures

            if self._has_erased:
                from pipelines.erasures import complete_published

                self.summary.erased_persons = complete_published(deployment)
            settle_erasures(deployment)
        return published

    def finish(self) -> None:
        """Note how the run ended and write the head of the audit chain into the ledger.

        A run that did not get as far as its publication failed, whatever the reason.
        """
        from pipelines.quality.last_run import write_last_run

        deployment = self.deployment
        is_published = self.error is None and self._is_current
        write_last_run(deployment.home, self.as_of, self.summary.checks, is_published=is_published)
        fingerprint = None
        if is_published:
            whole = not self.choices.select
            fingerprint = build_fingerprint(deployment, self.as_of) if whole else "partial"
        finish_run(deployment, self.run_id, now(), fingerprint)
        deployment.vault.note_audit_head()

    def _made_tools(self) -> Tools:
        if self._tools is None:
            from pipelines.batches.context import Tools

            self._tools = Tools(self.deployment.settings)
        return self._tools


def failing_checks(failing: Sequence[CheckResult]) -> CheckError:
    """One error that names the checks that do not hold, with their counts."""
    return CheckError(
        "blocking checks do not hold",
        code="checks_failed",
        where={f"{c.check} {c.table} {c.column}".strip(): c.failing for c in failing[:10]},
        todo="nothing was published; klantkluis status shows them, the last publication stands",
    )


def unexpected(error: Exception) -> FailedError:
    """An error of ours for a foreign one: its kind and where, never its message."""
    traceback = error.__traceback__
    where: dict[str, str | int] = {"kind": type(error).__name__}
    while traceback is not None:
        name = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if name.startswith(("pipelines.", "pii_rules.", "assets.")):
            where |= {"module": name, "line": traceback.tb_lineno}
        traceback = traceback.tb_next
    return FailedError(
        "something unforeseen went wrong",
        code="unexpected",
        where=where,
        todo="run again with --debug, and report it",
    )
