"""Writes the semantic models and metrics, and docs/kpis.md: ``python -m dbt_project.generate_semantic``.

A KPI is declared once, beside its column: ``meta.kpi`` in the YAML of its ``kpi_`` table. From
there come the metric that MetricFlow answers, ``marts.kpi_definitions`` (which reads the metrics),
and the page of definitions. A test compares all of them with what this module would write, and
fails for a figure that nothing defines.

A metric is made of published cells and of nothing else, so that no question can bring back what
suppression took away. How cells may be put together is ``across``
(docs/decisions/0085-metrics-over-published-cells.md):

- ``ratio``: sums of numerators over sums of denominators; the default where both are there,
- ``sum``: the sum,
- ``none``: the figure of one cell; of several there is none. The default.

A hidden cell, or cells of several levels (months and quarters), give no figure, never a part of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from dbt_project import generate_schema

PROJECT: Final = Path(__file__).parent
MARTS: Final = PROJECT / "models" / "marts"
FOLDER: Final = PROJECT / "models" / "semantic"
PAGE: Final = PROJECT.parent / "docs" / "kpis.md"
DUTCH: Final = PROJECT / "formulas_nl"
DEFINITIONS: Final = MARTS / "kpi_definitions.sql"

TIMES: Final = ("period_start", "snapshot_date", "event_date", "date_day", "starts_at")
LEVELS: Final = ("period_grain", "level", "segment_kind")
"""Columns that say at which level a row sums up; rows of two levels are never added."""
ACROSS: Final = ("ratio", "sum", "none")
PARTS: Final = ("_numerator", "_denominator")
NOT_FIGURES: Final = ("excluded_", "is_", "sealed_")
HIDDEN_NAMES: Final = "suppressed_figures"
"""Column with the names of the figures of a row that are hidden, where not all of them are."""
NO_TIME: Final = "cast('1970-01-01' as date)"
_WITHOUT_CELLS: Final = frozenset({"kpi_definitions"})

_ABOUT: Final = """Written by `python -m dbt_project.generate_semantic` from the YAML beside each
table; do not edit. The same words are published as `marts.kpi_definitions`, and `klantkluis
metrics` answers each figure by its name. Across cells: `ratio` sums numerators and denominators
apart, `sum` adds, `none` is of one cell only
([0085](decisions/0085-metrics-over-published-cells.md))."""


class Kpi(NamedTuple):
    """One figure of one table."""

    table: str
    column: str
    formula: str
    unit: str
    owner: str
    across: str

    @property
    def metric(self) -> str:
        """Name of the metric: the table without its prefix, then the column."""
        return f"{entity_of(self.table)}_{self.column}"


class Table(NamedTuple):
    """A ``kpi_`` table: its columns with their types, and its KPIs in order."""

    name: str
    description: str
    columns: dict[str, str]
    kpis: tuple[Kpi, ...]
    levels: tuple[str, ...]
    time: str | None

    @property
    def hides(self) -> list[str]:
        """Conditions that say that figures of a row are hidden."""
        flags = [n for n in self.columns if n.startswith("is_") and n.endswith("suppressed")]
        return flags + [f"{HIDDEN_NAMES} <> ''"] * (HIDDEN_NAMES in self.columns)

    @property
    def dimensions(self) -> list[str]:
        """What a figure can be asked by: texts, and what is marked ``is_sealed`` and the like."""
        return [
            name
            for name, kind in self.columns.items()
            if name not in {k.column for k in self.kpis} | {self.time, HIDDEN_NAMES}
            and (kind == "varchar" or (kind in ("date", "integer") and not _is_seal(name)))
        ]


def entity_of(table: str) -> str:
    """What one row of the table is, as MetricFlow names it."""
    return table.removeprefix("kpi_")


def tables(folder: Path = MARTS) -> list[Table]:
    """Every ``kpi_`` table that is made of cells.

    Raises:
        ValueError: A KPI says of itself how it adds up, and says it wrongly.
    """
    return [
        _table(yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0])
        for path in sorted(folder.glob("kpi_*.yml"))
        if path.stem not in _WITHOUT_CELLS
    ]


def undefined(table: Table) -> list[str]:
    """Figures that nothing defines: numbers that are no KPI, nor a part or a remainder of one."""
    defined = {kpi.column for kpi in table.kpis}
    return [
        name
        for name, kind in table.columns.items()
        if kind.startswith(("bigint", "double", "decimal"))
        and name not in defined
        and not name.startswith(NOT_FIGURES)
        and not (name.endswith(PARTS) and name.rsplit("_", 1)[0] in defined)
    ]


def _table(model: dict[str, Any]) -> Table:
    columns = {c["name"]: str(c.get("data_type", "")) for c in model["columns"]}
    told = model.get("config", {}).get("meta", {}).get("semantic", {})
    kpis = tuple(
        _kpi(model["name"], column, kpi, columns)
        for column in model["columns"]
        if (kpi := column.get("config", {}).get("meta", {}).get("kpi"))
    )
    time = told.get("time") or next((name for name in TIMES if name in columns), None)
    levels = tuple(told.get("levels", [name for name in LEVELS if name in columns]))
    return Table(model["name"], model["description"], columns, kpis, levels, time)


def _kpi(table: str, column: dict[str, Any], kpi: dict[str, str], columns: dict[str, str]) -> Kpi:
    name = column["name"]
    has_parts = all(name + part in columns for part in PARTS)
    across = str(kpi.get("across", "ratio" if has_parts else "none"))
    if across not in ACROSS or (across == "ratio" and not has_parts):
        raise ValueError(f"{table}.{name}: across is one of {ACROSS}, ratio wants both its parts")
    return Kpi(table, name, kpi["formula"], kpi["unit"], kpi["owner"], across)


def _is_seal(name: str) -> bool:
    return name.startswith(("sealed_", "is_"))


def semantic_yaml(table: Table, dutch: dict[str, str]) -> str:
    """The semantic model and the metrics of a table."""
    entity = entity_of(table.name)
    helpers = [_measure(table, "cells", "1", "sum", "published cells")]
    if table.levels:
        levels = " || '/' || ".join(table.levels)
        helpers.append(_measure(table, "levels", levels, "count_distinct", "levels of cells"))
    document = {
        "version": 2,
        "semantic_models": [
            {
                "name": entity,
                "description": table.description,
                "model": f"ref('{table.name}')",
                "defaults": {"agg_time_dimension": _time_name(table)},
                "primary_entity": entity,
                "dimensions": _dimensions(table),
                "measures": helpers + [m for kpi in table.kpis for m in _measures(table, kpi)],
            }
        ],
        "metrics": [_metric(table, kpi, dutch) for kpi in table.kpis],
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return f"# Written by generate_semantic.py; do not edit.\n{text}"


def _time_name(table: Table) -> str:
    """The dimension of time; ``day`` is a word of MetricFlow's own."""
    return "on_day" if table.time == "day" else table.time or "always"


def _dimensions(table: Table) -> list[dict[str, Any]]:
    time: dict[str, Any] = {"name": _time_name(table), "type": "time"}
    if time["name"] != table.time:
        time["expr"] = table.time or NO_TIME
    time["type_params"] = {"time_granularity": "day"}
    return [time, *({"name": name, "type": "categorical"} for name in table.dimensions)]


def _measure(table: Table, name: str, expr: str, agg: str, description: str) -> dict[str, Any]:
    return {
        "name": f"{entity_of(table.name)}_of_{name}",
        "description": description,
        "agg": agg,
        "expr": expr,
        "create_metric": True,
    }


def _measures(table: Table, kpi: Kpi) -> list[dict[str, Any]]:
    column = kpi.column
    if kpi.across == "none":
        return [_measure(table, column, column, "max", kpi.formula)]
    above, below = (column + part for part in PARTS)
    shown, made = f"{column} is not null", [_measure(table, column, column, "sum", kpi.formula)]
    if kpi.across == "ratio":
        shown = f"{above} is not null and {below} is not null"
        # A cell with only one of both is in neither sum.
        made = [
            _measure(table, one, f"case when {shown} then {one} end", "sum", f"part of {column}")
            for one in (above, below)
        ]
    if table.hides:
        hidden = f"case when ({' or '.join(table.hides)}) and not ({shown}) then 1 else 0 end"
        made.append(_measure(table, f"{column}_hidden", hidden, "sum", f"hidden cells of {column}"))
    return made


def _metric(table: Table, kpi: Kpi, dutch: dict[str, str]) -> dict[str, Any]:
    """A figure, or none where cells are hidden, of several levels, or cannot be put together."""
    prefix = f"{entity_of(kpi.table)}_of_"
    if kpi.across == "none":
        used, conditions = [kpi.column, "cells"], [f"{prefix}cells = 1"]
    else:
        parts = [kpi.column + part for part in PARTS]
        used = parts if kpi.across == "ratio" else [kpi.column]
        conditions = []
        if table.hides:
            conditions.append(f"{prefix}{kpi.column}_hidden = 0")
            used = [*used, f"{kpi.column}_hidden"]
        if table.levels:
            conditions.append(f"{prefix}levels = 1")
            used = [*used, "levels"]
    figure = prefix + kpi.column
    if kpi.across == "ratio":
        above, below = (figure + part for part in PARTS)
        conditions.append(f"{below} <> 0")
        figure = f"cast({above} as double) / cast({below} as double)"
    condition = " and ".join(conditions) or "true"
    return {
        "name": kpi.metric,
        "label": f"{kpi.column} ({entity_of(kpi.table)})".replace("_", " ").capitalize(),
        "description": kpi.formula,
        "type": "derived",
        "type_params": {
            "expr": f"case when {condition} then {figure} end",
            "metrics": [{"name": prefix + name} for name in used],
        },
        "config": {
            "meta": {
                "kpi": {
                    "table": kpi.table,
                    "column": kpi.column,
                    "formula": kpi.formula,
                    "formula_nl": dutch.get(kpi.formula, ""),
                    "unit": kpi.unit,
                    "owner": kpi.owner,
                    "across": kpi.across,
                }
            }
        },
    }


def dutch_formulas() -> dict[str, str]:
    """The formulas in Dutch, by the English; a file for each owner."""
    found: dict[str, str] = {}
    for path in sorted(DUTCH.glob("*.yaml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def definitions_sql(found: list[Table], dutch: dict[str, str]) -> str:
    """The model of ``marts.kpi_definitions``."""
    rows = [
        "    ("
        + ", ".join(
            "'" + value.replace("'", "''") + "'"
            for value in (
                kpi.table, kpi.column, kpi.formula, dutch.get(kpi.formula, ""), kpi.unit,
                kpi.owner, kpi.metric, kpi.across,
            )
        )
        + ")"
        for table in found
        for kpi in table.kpis
    ]  # fmt: skip
    return (
        "-- Grain: table and KPI. Written by generate_semantic.py; do not edit.\n"
        "select * from (\n    values\n" + ",\n".join(rows) + "\n"
        ") as definitions (\n"
        "    table_name, name, formula, formula_nl, unit, owner, metric, across_cells\n)\n"
    )


def page(found: list[Table], dutch: dict[str, str]) -> str:
    """docs/kpis.md."""
    lines = [
        "# Key figures",
        "",
        _ABOUT,
    ]
    for table in found:
        lines += [
            "", f"## {table.name}", "", table.description, "",
            "| column | metric | what it is | in het Nederlands | unit | owner | across cells |",
            "|---|---|---|---|---|---|---|",
        ]  # fmt: skip
        lines += [
            f"| `{kpi.column}` | `{kpi.metric}` | {_cell(kpi.formula)} | "
            f"{_cell(dutch.get(kpi.formula, ''))} | {kpi.unit} | {kpi.owner} | {kpi.across} |"
            for kpi in table.kpis
        ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def files() -> dict[Path, str]:
    """Every file that this module writes, with its text."""
    found, dutch = tables(), dutch_formulas()
    written = {FOLDER / f"{t.name}.yml": semantic_yaml(t, dutch) for t in found if t.kpis}
    written |= {PAGE: page(found, dutch), DEFINITIONS: definitions_sql(found, dutch)}
    return written | generate_schema.files()


def main() -> None:
    """Write all files, and take away those that are written no more."""
    written = files()
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.yml"):
        if path not in written:
            path.unlink()
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
