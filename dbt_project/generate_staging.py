"""Writes the staging models from the entities and the policy: ``python -m dbt_project.generate_staging``.

Staging renames ``record_key`` to the entity's own key where that key is kept (and writes a part of a
key as references to it are written), gives the rows of a merged person to whom they stand for, and
leaves out the rows of a restricted one; nothing else. So both take effect in every model, and undoing either brings back exactly what was. A test compares
the folder with what this module would write.
"""

from __future__ import annotations

from pathlib import Path

from pii_rules.models import Policy
from pipelines.common.entities import Entity, load_entities
from pipelines.common.policy import load_policy, warehouse_columns

FOLDER = Path(__file__).parent / "models" / "staging"
PERSON = "customer_key"
LINKED = """left join {{{{ source('pseudo', 'subject_links') }}}} as links
    on landed.{key} = links.subject_key
where
    not coalesce(links.is_restricted, false)
"""
SUBJECTS = ("subject_key", "kind", "subject_bucket", "staff_alias")
BATCH_COUNTS = (
    "batch_id", "source", "entity", "rows_read", "landed", "changed", "unchanged",
    "quarantined", "suppressed", "deleted",
)  # fmt: skip


def key_column(entity: Entity, policy: Policy) -> str:
    """The name that ``record_key`` gets in staging: the key itself where it is kept."""
    kept = (
        len(entity.key) == 1
        and policy.entities[entity.name].columns[entity.key[0]].action == "keep"
    )
    return entity.key[0] if kept else "record_key"


def referred_column(entity: Entity) -> str:
    """The part of a key of several columns that other entities refer to, if they do.

    A reference is landed with its source before it, as a record key is; such a part is not.
    """
    is_referred = any(
        entity.name in other.references.values() for other in load_entities().values()
    )
    return entity.key[0] if len(entity.key) > 1 and is_referred else ""


def model_sql(entity: Entity, policy: Policy) -> str:
    """The staging model of one entity."""
    key, referred = key_column(entity, policy), referred_column(entity)
    columns = [column.name for column in warehouse_columns(entity, policy)]
    lines = [f"record_key as {key}" if name == "record_key" != key else name for name in columns]
    lines = [f"source || '/' || {name} as {name}" if name == referred else name for name in lines]
    if PERSON not in columns:
        select = ",\n    ".join(lines)
        return f"select\n    {select}\nfrom {{{{ source('pseudo', '{entity.name}') }}}}\n"
    lines = [
        f"coalesce(links.survivor_key, landed.{line}) as {line}"
        if line == PERSON
        else f"landed.{line}"
        for line in lines
    ]
    select = ",\n    ".join(lines)
    return (
        f"select\n    {select}\nfrom {{{{ source('pseudo', '{entity.name}') }}}} as landed\n"
        f"{LINKED.format(key=PERSON)}"
    )


def properties_yaml(policy: Policy) -> str:
    """Sources, and the key of every staging model, as one YAML."""
    lines = [
        "# Written by generate_staging.py; do not edit.",
        "version: 2",
        "sources:",
        "  - name: pseudo",
        "    description: Pseudonymous rows, current ones only, one relation per entity.",
        "    tables:",
    ]
    own = ("subjects", "subject_links", "consent_words")
    lines += [f"      - name: {name}" for name in (*load_entities(), *own)]
    lines += ["  - name: ops", "    tables:"]
    lines += ["      - name: batch_counts", "      - name: desk_counts", "models:"]
    for entity in load_entities().values():
        purposes = sorted(
            {p for rule in policy.entities[entity.name].columns.values() for p in rule.purposes}
        )
        lines += [
            f"  - name: stg_{entity.name}",
            f"    description: One row per source and record of {entity.name}.",
            "    config:",
            f"      meta: {{purposes: [{', '.join(purposes)}]}}",
            "    data_tests:",
            "      - grain:",
            "          arguments:",
            f"            columns: [source, {key_column(entity, policy)}]",
            "            by_batch: true",
        ]
    for name, description, key in (
        (
            "stg_subjects",
            "One row per pseudonym of a person, account or user; no merged or restricted ones.",
            SUBJECTS[:1],
        ),
        ("stg_batch_counts", "One row per batch and entity that was landed.", BATCH_COUNTS[:3]),
    ):
        lines += [
            f"  - name: {name}",
            f"    description: {description}",
            "    data_tests:",
            "      - grain:",
            f"          arguments: {{columns: [{', '.join(key)}]}}",
        ]
    return "\n".join(lines) + "\n"


def staging_files(policy: Policy) -> dict[str, str]:
    """Every file of ``models/staging`` by name."""
    found = {f"stg_{e.name}.sql": model_sql(e, policy) for e in load_entities().values()}
    subjects = ",\n    ".join(f"landed.{name}" for name in SUBJECTS)
    counts = ",\n    ".join(BATCH_COUNTS)
    found["stg_subjects.sql"] = (
        f"select\n    {subjects}\nfrom {{{{ source('pseudo', 'subjects') }}}} as landed\n"
        f"{LINKED.format(key='subject_key')}"
        "    and coalesce(links.survivor_key, landed.subject_key) = landed.subject_key\n"
    )
    found["stg_batch_counts.sql"] = (
        f"select\n    {counts}\nfrom {{{{ source('ops', 'batch_counts') }}}}\n"
    )
    found["staging.yml"] = properties_yaml(policy)
    return found


def main() -> None:
    """Writes the folder, and removes what it no longer holds."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = staging_files(load_policy())
    for path in FOLDER.iterdir():
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
