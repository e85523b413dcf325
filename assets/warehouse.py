"""Staging and marts: the dbt project, one asset per relation, built in one step.

dbt's own messages carry values, so nothing of them is streamed: the step runs dbt through
:mod:`pipelines.warehouse.dbt` and reports nodes and counts.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject
from dagster_dbt.asset_specs import build_dbt_asset_specs

from assets.steps import WRITER, step
from pipelines.common.settings import Home, Settings
from pipelines.resources.pipeline_run import RUN
from pipelines.runs import project_fingerprint
from pipelines.warehouse.dbt import PROJECT, write_manifest

_GROUPS = {"staging": "staging", "intermediate": "marts", "sealed": "marts", "marts": "marts"}
_STAMP = "manifest.of"


class PhysicalTranslator(DagsterDbtTranslator):
    """An asset's key is the address of its relation: schema and name."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """The spec of a node under its physical address, in the contract's groups."""
        props = self.get_resource_props(manifest, unique_id)
        schema, name = props["schema"], props.get("alias") or props["name"]
        if props["resource_type"] == "source":
            name = props.get("identifier") or name
        spec = super().get_asset_spec(manifest, unique_id, project)
        return spec.replace_attributes(
            key=dg.AssetKey([schema, name]),
            group_name=_GROUPS.get(schema, "privacy"),
            skippable=True,
            automation_condition=None,
            owners=[],
        )


def load_manifest(settings: Settings) -> dict[str, Any]:
    """The manifest of the dbt project; parsed anew only when a file of it changed.

    It is kept under the home, and in a folder that is thrown away where there is no home.
    """
    home = Home.of(settings)
    if not home.dbt.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            return _read(write_manifest(Path(folder), settings))
    stamp = home.dbt / _STAMP
    fingerprint = project_fingerprint(PROJECT)
    path = home.dbt / "target" / "manifest.json"
    if not (path.is_file() and stamp.is_file() and stamp.read_text() == fingerprint):
        path = write_manifest(home.root, settings)
        stamp.write_text(fingerprint)
    return _read(path)


def _read(path: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(path.read_bytes())
    return manifest


def _upstream_first(specs: list[dg.AssetSpec]) -> list[dg.AssetKey]:
    """The keys in an order in which Dagster takes the results of one step."""
    parents = {spec.key: {dep.asset_key for dep in spec.deps} for spec in specs}
    return [key for key in TopologicalSorter(parents).static_order() if key in parents]


def dbt_assets(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """The models and seeds of the project as one step."""
    specs = [
        spec
        for spec in build_dbt_asset_specs(
            manifest=manifest, dagster_dbt_translator=PhysicalTranslator()
        )
        if spec.key.path[0] in _GROUPS
    ]
    keys = {key.path[-1]: key for key in _upstream_first(specs)}

    @dg.multi_asset(name="build_models", specs=specs, pool=WRITER, required_resource_keys={RUN})
    def build_models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        """Build what is due; yields nothing when the last publication is of this very state."""
        with step(context) as run:
            result = run.build()
        if result is None:
            return
        seconds = {n.node: n.seconds for n in result.nodes if n.kind in ("model", "seed")}
        for name, key in keys.items():
            if name in seconds:
                yield dg.MaterializeResult(key, metadata={"seconds": round(seconds[name], 3)})
            elif key.path[0] == "marts":
                # Not selected for this build: it stands, and is checked and published with it.
                yield dg.MaterializeResult(key, metadata={"is_rebuilt": False})

    return build_models
