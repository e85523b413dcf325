"""The asset graph is a contract: it changes when somebody means it, and the snapshot with it.

After a change that is meant, write it anew:
``PYTHONPATH=. python -m tests.dagster.test_asset_graph``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.common.settings import Settings

SNAPSHOT = Path(__file__).with_name("asset_graph.json")
GROUPS = {"landing", "privacy", "staging", "marts", "publication", "rights", "retention", "backups"}


def graph_of(definitions: dg.Definitions) -> dict[str, Any]:
    """Group and upstream keys per asset, checks per asset, assets per job."""
    graph = definitions.resolve_asset_graph()
    assets = {
        key.to_user_string(): {
            "group": graph.get(key).group_name,
            "deps": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
        }
        for key in sorted(graph.get_all_asset_keys())
    }
    checks = sorted(f"{k.asset_key.to_user_string()}:{k.name}" for k in graph.asset_check_keys)
    jobs = {
        job.name: len(job.asset_layer.executable_asset_keys)
        for job in definitions.resolve_all_job_defs()
        if not job.name.startswith("__")
    }
    return {"assets": assets, "checks": checks, "jobs": jobs}


def definitions_of(manifest: dict[str, Any], monkeypatch: Any) -> dg.Definitions:
    import pipelines.definitions

    monkeypatch.setattr(pipelines.definitions, "load_manifest", lambda settings: manifest)
    return pipelines.definitions.definitions(Settings())


def test_asset_graph_is_the_one_of_the_snapshot(manifest: dict[str, Any], monkeypatch: Any) -> None:
    found = graph_of(definitions_of(manifest, monkeypatch))
    assert found == json.loads(SNAPSHOT.read_text())


def test_asset_groups_are_those_of_the_contract(manifest: dict[str, Any], monkeypatch: Any) -> None:
    found = graph_of(definitions_of(manifest, monkeypatch))
    assert {asset["group"] for asset in found["assets"].values()} <= GROUPS
    assert all(len(check.split(":")) == 2 for check in found["checks"])


def test_every_check_blocks_publication(manifest: dict[str, Any], monkeypatch: Any) -> None:
    definitions = definitions_of(manifest, monkeypatch)
    graph = definitions.resolve_asset_graph()
    of_build = [k for k in graph.asset_check_keys if k.asset_key.path[0] != "backups"]
    checked = {key.asset_key for key in of_build}
    for key in (dg.AssetKey(["analytics"]), dg.AssetKey(["dashboards"])):
        assert checked <= set(graph.get(key).parent_keys)
    assert all(graph.get(key).blocking for key in of_build)


def test_nothing_of_a_person_can_be_configured(manifest: dict[str, Any], monkeypatch: Any) -> None:
    """No op takes config, so no run config can hold an identifier."""
    job = definitions_of(manifest, monkeypatch).resolve_job_def("daily_pipeline")
    for node in job.nodes:
        assert not node.definition.config_schema.as_field().is_required


if __name__ == "__main__":
    from assets.warehouse import load_manifest
    from pipelines.definitions import definitions

    parsed_nowhere = Settings(home=Path("no-such-home"))
    assert load_manifest(parsed_nowhere)
    SNAPSHOT.write_text(json.dumps(graph_of(definitions(parsed_nowhere)), indent=1) + "\n")
