"""What a build costs: whole, each model against its bare SQL, and after one per cent of new rows.

Bare is the SQL that dbt compiled, run as one statement on the same encrypted warehouse and made into
the same kind of relation; what dbt adds is parsing, its thread, tests, contracts and indexes of ours.
Growth is measured in one landed home, whose warehouse is multiplied (:mod:`benchmarks.growth`).
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.access import AS_OF, published_home
from benchmarks.homes import fill_inbox, settings_of
from benchmarks.measure import peak_megabytes, run_child

LATER = "2026-11-02T18:00:00+00:00"
LAYERS = ("staging", "intermediate", "marts", "sealed")


def measure_build(samples: Any, tell: Callable[[str], None]) -> dict[str, Any]:
    """A full build, each model beside its bare SQL, and the build of a later delivery."""
    root = published_home(samples, tell)
    tell(f"builds at scale {samples.scale:g}")
    place = samples.work / "build"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(root, place)
    full = run_child("build", root=place)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(root, place)
    fill_inbox(settings_of(place), samples.later)
    later = run_child("pipeline", root=place, spans=samples.spans, as_of=LATER)
    shutil.rmtree(place)
    return {
        "scale": samples.scale,
        "later_seconds": later["stages"]["build"]["seconds"],
        "later_rows": later["rows"],
        **full,
    }


def measure_grown_builds(
    samples: Any, scales: Sequence[float], tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A full build at each scale, in a home of the smallest one whose warehouse was grown."""
    base, found = published_home(samples, tell), []
    for scale in sorted(scales):
        tell(f"a build grown to scale {scale:g}")
        place = samples.work / "grown"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(base, place)
        times = round(scale / samples.scale)
        grown = run_child("grow_warehouse", root=place, times=times) if times > 1 else {}
        built = run_child("build", root=place, bare=False)
        found.append({"scale": scale, "times": times, **grown, **built})
        tell(f"  {built['seconds']:.1f} s, {built['peak']:.0f} MB at most")
        shutil.rmtree(place)
    return found


def build(root: str, bare: bool = True) -> dict[str, Any]:
    """Build everything anew in a home that is landed, then run each model's SQL bare if wanted."""
    from pipelines.runs import Deployment
    from pipelines.warehouse.connection import connect_warehouse
    from pipelines.warehouse.dbt import BuildChoices
    from pipelines.warehouse.dbt import build as dbt_build

    settings = settings_of(Path(root), workers=0)
    with Deployment.open(settings) as deployment:
        home, key = deployment.home, deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(home, key, settings)) as connection:
        for schema in LAYERS:
            connection.execute(f"DROP SCHEMA IF EXISTS warehouse.{schema} CASCADE")
        connection.execute("DROP TABLE IF EXISTS warehouse.ops.builds")
    choices = BuildChoices(as_of=datetime.fromisoformat(AS_OF))
    clock, cpu = time.perf_counter(), time.process_time()
    nodes = dbt_build(home, key, settings, choices).nodes
    seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - cpu
    models = {n.node: n.seconds for n in nodes if n.kind == "model"}
    compared = _beside_bare(home, key, settings, models) if bare else {}
    return {
        "seconds": seconds,
        "cpu": cpu_seconds,
        "nodes": len(nodes),
        "tests_seconds": sum(n.seconds for n in nodes if n.kind == "test"),
        "dearest": dict(sorted(models.items(), key=lambda item: -item[1])[:10]),
        "models": compared,
        "peak": peak_megabytes(),
    }


def _beside_bare(
    home: Any, key: Any, settings: Any, models: dict[str, float]
) -> dict[str, dict[str, float]]:
    from pipelines.warehouse.connection import connect_warehouse

    with closing(connect_warehouse(home, key, settings)) as connection:
        connection.execute("SET VARIABLE as_of = ?", [AS_OF])
        bare = _bare(connection, _compiled(home.spill, settings))
    return {name: {"dbt": models[name], "bare": bare[name]} for name in bare if name in models}


def _compiled(folder: Path, settings: Any) -> dict[str, tuple[str, bool]]:
    """The SQL of each model and whether it is a view, compiled on a warehouse that has nothing."""
    from pydantic import SecretStr

    from pipelines.common.settings import Home
    from pipelines.warehouse import dbt
    from pipelines.warehouse.connection import attach, open_instance

    home, key = Home(folder / "compile"), SecretStr("0" * 64)
    home.dbt.mkdir(parents=True, exist_ok=True)
    home.spill.mkdir(exist_ok=True)
    with open_instance(home.spill, settings) as connection:
        attach(connection, home.warehouse, key, alias="warehouse")
    arguments = ["compile", "--vars", dbt._variables(settings, {})]
    session = dbt.session_of(home, key, settings, {"as_of": AS_OF})
    outcome = dbt._invoke(home, dbt.PROJECT, arguments, session=session, write_json=True)
    if not outcome.success:
        raise SystemExit("the project does not compile")
    manifest = json.loads((home.dbt / "target" / "manifest.json").read_bytes())
    shutil.rmtree(home.root)
    return {
        node["name"]: (node["compiled_code"], node["config"]["materialized"] == "view")
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["language"] == "sql"
    }


def _bare(connection: Any, models: dict[str, tuple[str, bool]]) -> dict[str, float]:
    """Seconds of each model's SQL; what it makes is thrown away."""
    found: dict[str, float] = {}
    connection.execute("CREATE SCHEMA IF NOT EXISTS warehouse.bare")
    for name, (sql, is_view) in models.items():
        kind = "VIEW" if is_view else "TABLE"
        started = time.perf_counter()
        connection.execute(f'CREATE {kind} warehouse.bare."{name}" AS {sql}')
        found[name] = time.perf_counter() - started
        connection.execute(f'DROP {kind} warehouse.bare."{name}"')
    return found
