"""Applies the policy's action to each column: what leaves the vault's side for the warehouse.

Closed by default: only a column with a rule, an action other than ``drop`` and a purpose with a
lawful basis gets out; anything else stays behind without being named.

Privacy: canonical rows in (direct identifiers, free text), pseudonymous rows out.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pii_rules.models import Policy
from pipelines.common.entities import Entity
from pipelines.common.errors import PolicyError
from pipelines.privacy.generalise import generalise

PERSON_ENTITIES = frozenset({"contacts", "accounts", "users"})
"""Entities whose ids are replaced with random pseudonyms; other ids are qualified and kept."""


def qualify(column: pl.Expr, namespace: str) -> pl.Expr:
    """``<namespace>/<id>``: an id that is unique over all sources."""
    return pl.concat_str([pl.lit(f"{namespace}/"), column])


def pseudonymise(
    frame: pl.DataFrame,
    entity: Entity,
    policy: Policy,
    *,
    tokens: Mapping[str, pl.Series],
    redacted: Mapping[str, pl.Series],
    namespaces: Mapping[str, str],
) -> pl.DataFrame:
    """The warehouse's columns of a frame of canonical rows.

    Args:
        frame: Canonical columns of the entity, one row per record.
        entity: Whose rows they are.
        policy: Checked policy.
        tokens: Pseudonyms by landed column, aligned with the frame.
        redacted: Texts with placeholders by landed column, aligned with the frame.
        namespaces: Source that issued the ids of a reference column, own key included.

    Returns:
        One row per row of ``frame``, in its order: the columns of ``warehouse_columns`` without
        the meta columns.

    Raises:
        PolicyError: A token or a redacted text that the policy asks for was not handed in.
    """
    rules = policy.entities[entity.name]
    columns: list[pl.Series] = []
    for column in entity.columns.values():
        rule = rules.columns[column.name]
        name = rule.warehouse_column
        is_record_key = entity.key == (column.name,) and rule.action == "keep"
        if name is None or is_record_key or not policy.is_open(rule):
            continue
        if rule.action in ("token", "redact_text"):
            made = (tokens if rule.action == "token" else redacted).get(column.name)
            if made is None:
                raise PolicyError(
                    "a column has no protected form",
                    code="unprotected_column",
                    where={"entity": entity.name, "column": column.name},
                    todo="give its rule an action that fits the column",
                )
            columns.append(made.alias(name))
        elif rule.method:
            columns.append(generalise(rule.method, frame[column.name], frame).alias(name))
        elif column.name in entity.references:
            expression = qualify(pl.col(column.name), namespaces[column.name])
            columns.append(frame.select(expression.alias(name)).to_series())
        else:
            columns.append(frame[column.name].alias(name))
    return pl.DataFrame(columns) if columns else pl.DataFrame({"_": pl.Series([], dtype=pl.Null)})
