"""The dbt project, compiled once and run on rows in memory: a warehouse in well under a second.

What runs is the SQL that dbt compiled, in dbt's own order, cast to the contract. Suppression is
off by default (k = 1), so that every figure can be compared; what is hidden has tests of its own.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from pipelines.common.entities import load_entities
from pipelines.warehouse import dbt
from tests.support.warehouse import KEY, Row, Warehouse, create_relations

Rows = dict[str, list[Row]]


class Node(NamedTuple):
    """One relation of the project: where it stands and how it is made."""

    name: str
    relation: str
    is_view: bool
    sql: str
    python: str
    columns: tuple[tuple[str, str], ...]
    parents: tuple[str, ...]


class Project:
    """The compiled project."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        nodes = manifest["nodes"]
        self.seeds = {
            n["name"]: (
                n["schema"],
                Path(n["root_path"] or dbt.PROJECT) / n["original_file_path"],
                n["config"]["column_types"],
            )
            for n in nodes.values()
            if n["resource_type"] == "seed"
        }
        self.models = {
            key: _node(n) for key, n in nodes.items() if n["resource_type"] == "model"
        }  # fmt: skip

    def order(self, wanted: tuple[str, ...]) -> list[Node]:
        """The models asked for and all that they are made of, parents first."""
        found: dict[str, Node] = {}

        def visit(key: str) -> None:
            if key in self.models and key not in found:
                for parent in self.models[key].parents:
                    visit(parent)
                found[key] = self.models[key]

        for key, node in self.models.items():
            if not wanted or node.name in wanted:
                visit(key)
        return list(found.values())

    def run(self, rows: Rows, as_of: datetime, *wanted: str) -> Rows:
        """The models asked for (all by default) on these rows; tables by name."""
        with duckdb.connect(":memory:") as connection:
            connection.execute(
                "SET TimeZone = 'UTC'; ATTACH ':memory:' AS warehouse; USE warehouse"
            )
            connection.execute("SET VARIABLE as_of = ?", [as_of.isoformat()])
            create_relations(connection)
            insert(connection, {k: v for k, v in rows.items() if k not in self.seeds})
            return self.build(connection, *wanted, seeds=rows)

    def run_on(self, connection: duckdb.DuckDBPyConnection, *names: str) -> Rows:
        """Only the models named, in this order, on parents that the test made; tables by name."""
        by_name = {node.name: node for node in self.models.values()}
        for node in (by_name[name] for name in names):
            connection.execute(f"CREATE OR REPLACE TABLE {node.relation} AS {_cast(node)}")
        return {n: fetch(connection, f"SELECT * FROM {by_name[n].relation}") for n in names}

    def build(
        self, connection: duckdb.DuckDBPyConnection, *wanted: str, seeds: Rows | None = None
    ) -> Rows:
        """Build on a connection whose current database has the source rows.

        Args:
            connection: Where; tables that exist there are replaced.
            *wanted: Models whose rows are given back.
            seeds: Rows instead of those of a seed's file, by its name.
        """
        nodes = self.order(wanted)
        for schema in {n.relation.split(".")[1] for n in nodes} | {
            s for s, _, _ in self.seeds.values()
        }:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for name, (schema, path, types) in self.seeds.items():
            connection.execute(
                f"CREATE OR REPLACE TABLE {schema}.{name} AS SELECT * FROM read_csv(?, types = ?)",
                [str(path), types],
            )
            for number, row in enumerate((seeds or {}).get(name, ())):
                if not number:
                    connection.execute(f"DELETE FROM {schema}.{name}")
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"INSERT INTO {schema}.{name} ({', '.join(row)}) VALUES ({marks})",
                    list(row.values()),
                )
        tables: Rows = {}
        for node in nodes:
            if node.python:
                _run_python(connection, node, nodes)
            elif node.is_view:
                connection.execute(f"CREATE OR REPLACE VIEW {node.relation} AS {node.sql}")
            else:
                connection.execute(f"CREATE OR REPLACE TABLE {node.relation} AS {_cast(node)}")
            if node.name in wanted:
                tables[node.name] = fetch(connection, f"SELECT * FROM {node.relation}")
        return tables


def fetch(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """The rows of a query, as mappings."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def insert(connection: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    """Rows of pseudo relations; a record key, a source and a batch are added where they lack."""
    entities = set(load_entities())
    for relation, given in rows.items():
        for number, row in enumerate(given):
            if relation in entities:
                row = {"source": "t", "batch_id": 1, "record_key": f"{relation}{number}"} | row
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" * len(row))
            connection.execute(
                f'INSERT INTO pseudo."{relation}" ({names}) VALUES ({marks})', list(row.values())
            )


def compiled(base: Path, **variables: str | int) -> Project:
    """The project as dbt compiles it; once per test run and set of variables.

    Args:
        base: A folder that the workers of a test run share.
        **variables: Of dbt; ``small_cell_k`` is 1 unless told.
    """
    told = {"small_cell_k": 1} | variables
    name = "-".join(f"{key}-{value}" for key, value in sorted(told.items())).replace("/", "_")
    place = base / f"compiled-{name}.json"
    with (base / f"compiled-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            warehouse = Warehouse(base / f"compile-{name}" / "home")
            warehouse.create()
            arguments = ["compile", "--vars", dbt._variables(warehouse.settings, told)]
            # The calendar's length is counted when dbt compiles: far enough for any run of a test.
            far = {"as_of": "2040-01-01T00:00:00+00:00"}
            session = dbt.session_of(warehouse.home, KEY, warehouse.settings, far)
            outcome = dbt._invoke(
                warehouse.home, dbt.PROJECT, arguments, session=session, write_json=True
            )
            assert outcome.success, outcome.exception
            place.write_bytes((warehouse.home.dbt / "target" / "manifest.json").read_bytes())
    return Project(json.loads(place.read_text(encoding="utf-8")))


def _node(node: dict[str, Any]) -> Node:
    is_python = node["language"] == "python"
    contract = node["config"]["contract"]["enforced"]
    return Node(
        name=node["name"],
        relation=node["relation_name"].replace('"', ""),
        is_view=node["config"]["materialized"] == "view",
        sql="" if is_python else node["compiled_code"],
        python=str(dbt.PROJECT / node["original_file_path"]) if is_python else "",
        columns=tuple((c["name"], c["data_type"]) for c in node["columns"].values())
        if contract
        else (),
        parents=tuple(node["depends_on"]["nodes"]),
    )


def _cast(node: Node) -> str:
    if not node.columns:
        return node.sql
    casts = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in node.columns)
    return f"SELECT {casts} FROM ({node.sql}) AS made"


class _Context:
    """What dbt hands to a model in Python; every build is the first."""

    is_incremental = False

    def __init__(self, connection: duckdb.DuckDBPyConnection, relations: dict[str, str]) -> None:
        self._connection, self._relations = connection, relations

    def config(self, **options: Any) -> None:
        """Options stand in the manifest."""

    def ref(self, name: str) -> duckdb.DuckDBPyRelation:
        return self._connection.sql(f"SELECT * FROM {self._relations[name]}")


def _run_python(connection: duckdb.DuckDBPyConnection, node: Node, nodes: list[Node]) -> None:
    spec = importlib.util.spec_from_file_location(f"model_{node.name}", node.python)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    context = _Context(connection, {n.name: n.relation for n in nodes})
    connection.register("made_by_python", module.model(context, connection))
    connection.execute(f"CREATE OR REPLACE TABLE {node.relation} AS SELECT * FROM made_by_python")
    connection.unregister("made_by_python")
