"""What metrics mean: the project's semantic models, turned into SQL by MetricFlow.

Owns the way from a metric's name to a query over published tables; runs no query. MetricFlow comes
with the extra ``dev`` of the lock and is imported where it is used, since that takes seconds.

Privacy: no data passes here. The query reads ``kpi_`` tables and the calendar of a publication,
whose small cells are hidden already, and gives no figure for a group with a hidden cell.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from pipelines.common.errors import UsageError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.build_state import project_digest
from pipelines.warehouse.connection import WAREHOUSE
from pipelines.warehouse.dbt import PROJECT, write_manifest

VARIABLES: Final = {"with_metrics": "yes"}
STORE: Final = "analytics"
"""The alias of the published file, which the tables of a query carry."""


GRAINS: Final = ("month", "quarter", "year", "all")


class Question(NamedTuple):
    """Metrics by dimensions: what ``mf query`` takes; rows come in the order of the dimensions by default."""

    metrics: Sequence[str]
    group_by: Sequence[str] = ()
    where: Sequence[str] = ()
    order_by: Sequence[str] = ()
    limit: int | None = None


class Metrics:
    """The semantic models of this project, ready to be asked."""

    def __init__(self, manifest: str) -> None:
        """Take a ``semantic_manifest.json``, as dbt writes it."""
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.dbt_manifest_parser import (
            parse_manifest_from_dbt_generated_manifest,
        )
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        self.declared: dict[str, dict[str, Any]] = {
            metric["name"]: metric["config"]["meta"]["kpi"]
            for metric in json.loads(manifest)["metrics"]
            if (metric.get("config") or {}).get("meta", {}).get("kpi")
        }
        self._grained = {
            model["node_relation"]["alias"]
            for model in json.loads(manifest)["semantic_models"]
            if any(d["name"] == "period_grain" for d in model["dimensions"])
        }
        parsed = parse_manifest_from_dbt_generated_manifest(
            manifest_json_string=_published(manifest)
        )
        self._engine = MetricFlowEngine(
            semantic_manifest_lookup=SemanticManifestLookup(parsed),
            sql_client=cast(Any, _Dialect()),
        )

    @classmethod
    def of_project(cls, home: Home, settings: Settings, *, project: Path = PROJECT) -> Metrics:
        """The metrics of a dbt project, parsed anew only when a file of it changed.

        Args:
            home: Keeps what was parsed under its dbt folder, where that can be written.
            settings: Reporting time zone and currency.
            project: Folder of the dbt project.

        Raises:
            BuildError: The project does not parse.
        """
        kept = home.dbt / f"metrics-{project_digest(project, '')[:16]}.json"
        with suppress(OSError):
            return cls(kept.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            written = write_manifest(
                Path(folder), settings, project=project, variables=VARIABLES
            ).with_name("semantic_manifest.json")
            manifest = written.read_text(encoding="utf-8")
        with suppress(OSError):
            for old in home.dbt.glob("metrics-*.json"):
                old.unlink()
            beside = kept.with_suffix(f".{os.getpid()}")
            beside.write_text(manifest, encoding="utf-8")
            beside.replace(kept)
        return cls(manifest)

    def sql(self, question: Question) -> str:
        """The question as one SELECT of DuckDB.

        Raises:
            UsageError: No such metric or dimension, or they do not go together.
        """
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

        unknown = [name for name in question.metrics if name not in self.declared]
        if unknown or not question.metrics:
            raise UsageError(
                "there is no such metric", code="metric_unknown",
                where={"metric": unknown[0] if unknown else "none"},
                todo="klantkluis metrics list names them all",
            )  # fmt: skip
        request = MetricFlowQueryRequest.create(
            metric_names=list(question.metrics),
            group_by_names=list(question.group_by),
            where_constraints=list(question.where) or None,
            # else DuckDB's threads decide, and a limit with them
            order_by_names=list(question.order_by or question.group_by),
            limit=question.limit,
        )
        try:
            return str(self._engine.explain(request).sql_statement.sql)
        except Exception:  # noqa: BLE001 - MetricFlow raises of many kinds, with texts of many lines
            raise UsageError(
                "these metrics cannot be asked like that", code="metrics_not_answerable",
                where={"metric": ", ".join(question.metrics)},
                todo="klantkluis metrics dimensions METRIC names what they can be asked by",
            ) from None  # fmt: skip

    def grain_of(self, metrics: Sequence[str], by: Sequence[str]) -> str | None:
        """The length of period that a question without one means, where its tables have several.

        Months where it asks by time, else all time: rows of several lengths hold the same cells.
        """
        if not self._tables(metrics) & self._grained:
            return None
        is_by_time = any("metric_time" in name or "__period_start" in name for name in by)
        return "month" if is_by_time else "all"

    def at_grain(self, metrics: Sequence[str], grain: str) -> list[str]:
        """The condition that chooses one length of period, for metrics whose table has several.

        Raises:
            UsageError: There are no such periods, or not of that length, or the metrics have tables
                of several kinds.
        """
        if grain not in GRAINS:
            raise UsageError(
                "there are no such periods", code="grain_unknown", where={"grain": grain},
                todo="choose month, quarter, year or all",
            )  # fmt: skip
        tables = self._tables(metrics)
        if tables and not tables & self._grained:
            raise UsageError(
                "this metric has periods of one length", code="grain_of_one_length",
                where={"metric": ", ".join(metrics)}, todo="leave --grain out",
            )  # fmt: skip
        if len(tables) > 1:
            raise UsageError(
                "metrics of tables whose periods differ in length cannot be asked together",
                code="metrics_of_several_tables", where={"metric": ", ".join(metrics)},
                todo="ask for those of each table apart",
            )  # fmt: skip
        return [
            f"{{{{ Dimension('{table.removeprefix('kpi_')}__period_grain') }}}} = '{grain}'"
            for table in tables
        ]

    def _tables(self, metrics: Sequence[str]) -> set[str]:
        return {str(self.declared[m]["table"]) for m in metrics if m in self.declared}

    def dimensions(self, metric: str) -> list[str]:
        """What a metric can be asked by, as ``--by`` takes it.

        Raises:
            UsageError: No such metric.
        """
        if metric not in self.declared:
            self.sql(Question([metric]))
        found = self._engine.simple_dimensions_for_metrics([metric])
        return sorted({str(dimension.dunder_name) for dimension in found})


class _Dialect:
    """How SQL is written for DuckDB; there is no connection behind it."""

    def __init__(self) -> None:
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer

        self.sql_engine_type = SqlEngine.DUCKDB
        self.sql_plan_renderer = DuckDbSqlPlanRenderer()

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        return f"${bind_parameter_key}"


def _published(manifest: str) -> str:
    """The manifest with its tables in the published file instead of the warehouse."""
    document = json.loads(manifest)
    nodes = [model["node_relation"] for model in document["semantic_models"]]
    nodes += [s["node_relation"] for s in document["project_configuration"]["time_spines"]]
    for node in nodes:
        node["database"] = STORE
        node["relation_name"] = node["relation_name"].replace(f'"{WAREHOUSE}"', f'"{STORE}"', 1)
    return json.dumps(document)
