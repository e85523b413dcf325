"""What is drawn from the contracts and the pages: docs/schema.md, and an exposure per dashboard.

Written by ``python -m dbt_project.generate_semantic`` together with the metrics.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import yaml

from dashboards.pages import PAGES
from dashboards.texts import Texts

PROJECT: Final = Path(__file__).parent
MARTS: Final = PROJECT / "models" / "marts"
PAGE: Final = PROJECT.parent / "docs" / "schema.md"
NEEDED: Final = PROJECT.parent / "dashboards" / "schema.yaml"
EXPOSURES: Final = PROJECT / "models" / "exposures.yml"
OWNER: Final = {"name": "Data engineering", "email": "data@klantkluis.invalid"}
_NOTES: Final = ("excluded_", "sealed_", "is_sealed")
_PARTS: Final = ("_numerator", "_denominator")
"""What pages do not show: notes of the seal, and the parts of ratios."""
_ABOUT: Final = """# Schema of what is published

Written by `python -m dbt_project.generate_semantic` from the contracts of the marts; do not edit. A
line goes from a table to the one whose key it carries; `PK` are the columns that are unique together.
What tables and figures are is in [data_model.md](data_model.md) and [kpis.md](kpis.md)."""


def contracts(folder: Path = MARTS) -> dict[str, dict[str, Any]]:
    """The models of the marts by name, in order."""
    found = [
        yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
        for path in sorted(folder.glob("*.yml"))
    ]
    return {model["name"]: model for model in found}


def grain(model: dict[str, Any]) -> list[str]:
    """The columns that the grain test of a model holds unique."""
    for test in model.get("data_tests", ()):
        if isinstance(test, dict) and "grain" in test:
            return list(test["grain"]["arguments"]["columns"])
    return []


def references(models: dict[str, dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Child, parent and column: a dimension whose only key a table carries, facts by their id."""
    parents = {
        keys[0]: name
        for name, model in models.items()
        if name.startswith(("dim_", "fct_")) and len(keys := grain(model)) == 1
    }
    return [
        (name, parents[column["name"]], column["name"])
        for name, model in models.items()
        for column in model["columns"]
        if column["name"] in parents and parents[column["name"]] != name
    ]


def diagram(models: dict[str, dict[str, Any]]) -> str:
    """The tables as a diagram of Mermaid."""
    lines = ["erDiagram"]
    lines += [
        f'    {parent} ||--o{{ {child} : "{key}"' for child, parent, key in references(models)
    ]
    for name, model in models.items():
        keys = grain(model)
        carried = {key for child, _, key in references(models) if child == name}
        lines.append(f"    {name} {{")
        for column in model["columns"]:
            kind = re.sub(r"[^a-z0-9_]+", "_", str(column["data_type"]).lower()).strip("_")
            marks = [
                m
                for m, has in (("PK", column["name"] in keys), ("FK", column["name"] in carried))
                if has
            ]
            lines.append(f"        {kind} {column['name']} {', '.join(marks)}".rstrip())
        lines.append("    }")
    return "\n".join(lines)


def exposures(tables: set[str]) -> str:
    """A dashboard page each, with the published tables that it shows."""
    texts = Texts("en")
    found = [
        {
            "name": f"dashboard_{page.identity.replace('-', '_')}",
            "label": texts.page(page.identity),
            "type": "dashboard",
            "maturity": "high",
            "url": f"http://127.0.0.1:8050{page.path}",
            "description": f"For {', '.join(sorted(page.roles))}.",
            "depends_on": [f"ref('{name}')" for name in shown(page, tables)],
            "owner": dict(OWNER),
        }
        for page in PAGES
    ]
    text = yaml.safe_dump({"version": 2, "exposures": found}, sort_keys=False, width=100)
    return f"# Written by generate_semantic.py; do not edit.\n{text}"


def shown(page: Any, tables: set[str]) -> list[str]:
    """The tables of a page that there are; all pages tell of the publication itself."""
    named = {part.table for part in page.parts if getattr(part, "table", "")}
    return sorted((named & tables) | {"kpi_definitions", "metadata"})


def needed(models: dict[str, dict[str, Any]]) -> str:
    """The columns that the pages read, by table, with their types: what a published file must have."""
    tables = sorted({name for page in PAGES for name in shown(page, set(models))})
    found = {
        name: {
            column["name"]: str(column["data_type"]).replace(" ", "")
            if "(" in str(column["data_type"])
            else str(column["data_type"])
            for column in models[name]["columns"]
            if not column["name"].startswith(_NOTES) and not column["name"].endswith(_PARTS)
        }
        for name in tables
    }
    text = yaml.safe_dump(found, sort_keys=False, width=100, default_flow_style=None)
    return (
        f"# Written by generate_semantic.py from the contracts of the marts; do not edit.\n{text}"
    )


def files() -> dict[Path, str]:
    """All files with their text."""
    models = contracts()
    page = f"{_ABOUT}\n\n```mermaid\n{diagram(models)}\n```\n"
    return {PAGE: page, EXPOSURES: exposures(set(models)), NEEDED: needed(models)}
