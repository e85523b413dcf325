"""Runs the dbt project against a home's warehouse, in this process, and says only what is safe.

In this process and not in another one, because a killed run must not leave a child behind that
goes on writing the warehouse. dbt puts values of the data into its messages (a failing cast),
its log, its standard output and ``run_results.json``: all four are closed here, and results are
reduced to node, status and code.

Privacy: pseudonymous rows stay inside DuckDB; what comes out are names and counts.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import SecretStr

from pipelines.common.errors import BuildError
from pipelines.common.log import log_event
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.build_session import BuildSession, build_session
from pipelines.warehouse.build_state import (
    BuildState,
    batches_now,
    built_before,
    note_build,
    project_digest,
)
from pipelines.warehouse.connection import connect_warehouse
from pipelines.warehouse.spill import own_folder

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.event_manager import EventManager

PROJECT: Final = Path(__file__).resolve().parents[2] / "dbt_project"
SMALL_CELL_K: Final = 10
WITHOUT_VIEWS: Final = (
    "config.materialized:table",
    "config.materialized:incremental",
    "resource_type:test",
)
"""What a build does where views and seeds stand: all tables, and every test."""

TESTED_IN_PLACE: Final = tuple(
    f"config.materialized:{kind}+1,test_name:{test}"
    for kind in ("table", "incremental")
    for test in ("grain", "holds")
)
"""Tests of one table, which the table's own hook ``tested_in_place`` makes before it is committed."""

_PASSED = frozenset({"success", "pass", "no-op", "partial success"})
_MEND = "nothing was published; mend the model or the rows and run again"
_MORE_MEMORY = "nothing was published; give KLANTKLUIS_MEMORY_LIMIT_MB more and run again"
_SKIPPED = frozenset({"skipped"})
_BROKEN_TEST = "broken test"
_KINDS = re.compile(
    r"\b(Conversion|Constraint|Catalog|Binder|Parser|Out of Range|Out of Memory|Invalid Input|"
    r"IO|Transaction|Compilation|Permission|Serialization|Type|Mismatch) Error"
)


class NodeResult(NamedTuple):
    """What became of one node of the project. ``code`` is empty when it passed."""

    node: str
    kind: str
    status: str
    code: str
    seconds: float


class BuildResult(NamedTuple):
    """All nodes of a build, in the order in which they ended."""

    nodes: tuple[NodeResult, ...]

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        """Nodes that failed, without those that were skipped because of them."""
        return tuple(n for n in self.nodes if n.status not in _PASSED | _SKIPPED)

    def count(self, kind: str) -> int:
        """How many nodes of a kind (model, test, seed, unit_test) passed."""
        return sum(n.kind == kind and n.status in _PASSED for n in self.nodes)


class BuildChoices(NamedTuple):
    """What one build is told; the same choices give the same warehouse."""

    as_of: datetime
    run_id: str = ""
    rules_fingerprint: str = ""
    select: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}


def build(
    home: Home,
    key: SecretStr,
    settings: Settings,
    choices: BuildChoices,
    *,
    project: Path = PROJECT,
) -> BuildResult:
    """Run ``dbt build``: models, seeds and their tests. The warehouse must be closed here.

    Where the project is the one that the warehouse was last built with, its views and seeds stand;
    and keys of rows are tested only for batches that no sound build has tested.

    Args:
        home: The deployment's places; target and partial parse go under ``home.dbt``.
        key: The warehouse key; reaches dbt in a variable that dbt keeps secret.
        settings: Reporting time zone and currency, memory limit (MB).
        choices: ``as_of`` (UTC) and what to select; all by default.
        project: Folder of the dbt project.

    Returns:
        One result per node.

    Raises:
        BuildError: Nodes failed; names them with a code, and nothing else.

    Privacy: pseudonymous in, names and codes out.
    """
    variables = _variables(settings, choices.variables)
    with closing(connect_warehouse(home, key, settings)) as connection:
        now = batches_now(connection, project_digest(project, variables))
        before = built_before(connection, now)
        if before is None:
            note_build(connection, None)
    select = choices.select or (WITHOUT_VIEWS if before else ())
    result = _build(home, key, settings, choices, project, [*_selection(select)], before)
    if not choices.select:
        with closing(connect_warehouse(home, key, settings)) as connection:
            note_build(connection, now)
    return result


def _build(
    home: Home,
    key: SecretStr,
    settings: Settings,
    choices: BuildChoices,
    project: Path,
    selection: list[str],
    before: BuildState | None,
) -> BuildResult:
    variables = _variables(settings, choices.variables)
    arguments = ["build", *selection, "--exclude", *TESTED_IN_PLACE, "--vars", variables]
    told = {
        "as_of": choices.as_of.isoformat(),
        "run_id": choices.run_id,
        "rules_fingerprint": choices.rules_fingerprint,
    }
    if before:
        told["tested_batch"] = str(before.last_batch)
    session = session_of(home, key, settings, told)
    outcome = _invoke(home, project, arguments, session=session, write_json=False)
    if outcome.exception is not None or outcome.result is None:
        raise _not_run(outcome.exception)
    result = _reduce(outcome.result)
    for node in result.failed:
        log_event("node_failed", node=node.node, status=node.status, code=node.code)
    if result.failed:
        raise BuildError(
            f"{len(result.failed)} of {len(result.nodes)} steps of the build failed",
            code="build_failed",
            where={n.node: n.code for n in result.failed[:10]},
            todo=_MORE_MEMORY if _lacks_memory(result) else _MEND,
        )
    return result


def _lacks_memory(result: BuildResult) -> bool:
    return any(node.code == "out_of_memory_error" for node in result.failed)


def write_manifest(
    target: Path,
    settings: Settings,
    *,
    project: Path = PROJECT,
    variables: Mapping[str, str] | None = None,
) -> Path:
    """Parse the project and write ``manifest.json`` into a folder; opens no database.

    Beside it stands ``semantic_manifest.json``, empty unless the variable ``with_metrics`` is yes.

    Raises:
        BuildError: The project does not parse.
    """
    home = Home(target)
    arguments = ["parse", "--vars", _variables(settings, variables or {})]
    outcome = _invoke(home, project, arguments, session=None, write_json=True)
    if not outcome.success:
        raise _not_run(outcome.exception)
    return home.dbt / "target" / "manifest.json"


def _selection(select: Sequence[str]) -> list[str]:
    return ["--select", *select] if select else []


def _variables(settings: Settings, more: Mapping[str, str]) -> str:
    """dbt's own variables: only what seldom changes, since a new value parses all files again."""
    return json.dumps(
        {
            "reporting_timezone": settings.reporting_timezone,
            "reporting_currency": settings.reporting_currency,
            "fiscal_year_start_month": settings.fiscal_year_start_month,
            "small_cell_k": SMALL_CELL_K,
            **more,
        }
    )


def session_of(
    home: Home, key: SecretStr, settings: Settings, told: Mapping[str, str]
) -> BuildSession:
    """What dbt's connections to a home need."""
    spill = own_folder(home.spill)
    return BuildSession(home.warehouse, key, spill, settings.memory_limit_mb, told)


def _invoke(
    home: Home,
    project: Path,
    arguments: list[str],
    *,
    session: BuildSession | None,
    write_json: bool,
) -> dbtRunnerResult:
    """One command of dbt, which opens no database where there is no session."""
    from dbt.cli.main import dbtRunner

    flags = [
        "--quiet", "--no-print", "--log-level", "none", "--log-level-file", "none",
        "--log-path", str(home.dbt / "logs"), "--no-use-colors", "--no-version-check",
        "--no-send-anonymous-usage-stats", "--write-json" if write_json else "--no-write-json",
    ]  # fmt: skip
    places = [
        "--project-dir", str(project), "--profiles-dir", str(project),
        "--target-path", str(home.dbt / "target"),
    ]  # fmt: skip
    with build_session(session) if session else nullcontext(), _silence():
        try:
            return dbtRunner().invoke([*flags, *arguments, *places])
        finally:
            _release()


@contextmanager
def _silence() -> Iterator[None]:
    """What dbt and its adapter print and log may hold values; nothing of it is kept."""
    from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager

    disabled, events = logging.root.manager.disable, get_event_manager()
    logging.disable(logging.CRITICAL)
    ctx_set_event_manager(_no_events())
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        ctx_set_event_manager(events)
        logging.disable(disabled)


def _no_events() -> EventManager:
    """A manager that forgets dbt's events: making and filtering them cost a tenth of a build."""
    from dbt_common.events.event_manager import EventManager

    class Forgetful(EventManager):
        def fire_event(self, *_: Any, **__: Any) -> None:
            """Not even made into a message."""

    return Forgetful()


def _release() -> None:
    """Close dbt's DuckDB instance, which dbt keeps for the life of the process."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environment = DuckDBConnectionManager._ENV
    DuckDBConnectionManager.close_all_connections()
    if environment is not None:
        environment.close()


def _reduce(result: Any) -> BuildResult:
    return BuildResult(
        tuple(
            NodeResult(
                node=r.node.name,
                kind=str(r.node.resource_type),
                status=str(r.status),
                code="" if str(r.status) in _PASSED else _code(str(r.status), r.message or ""),
                seconds=float(r.execution_time or 0),
            )
            for r in result.results
        )
    )


def _code(status: str, message: str) -> str:
    """A code for a failure; of the message only a kind of error on our list is used."""
    if status in _SKIPPED:
        return "skipped"
    if status == "fail" or _BROKEN_TEST in message:
        return "test_failed"
    found = _KINDS.search(message)
    if found:
        return found.group(1).lower().replace(" ", "_") + "_error"
    return "contract_broken" if "contract" in message else "failed"


def _not_run(error: BaseException | None) -> BuildError:
    return BuildError(
        "dbt could not run the project",
        code="dbt_failed",
        where={"error": type(error).__name__ if error else "unknown"},
        todo="make check shows what does not parse",
    )
