"""Methods that look at another column of the row."""

from __future__ import annotations

import polars as pl

from pipelines.common.entities import load_entities
from pipelines.common.policy import load_policy
from pipelines.privacy.pseudonymise import pseudonymise


def test_id_of_a_seller_in_the_history_of_a_deal_does_not_get_out() -> None:
    entity = load_entities()["deal_changes"]
    rows = pl.DataFrame(
        {
            "change_id": ["1", "2", "3"],
            "deal_id": ["d", "d", "d"],
            "field": ["stage", "owner", "amount"],
            "value": ["won", "U-007", "12.5"],
            "changed_at": [None, None, None],
        },
        schema_overrides={"changed_at": pl.Datetime("us", "UTC")},
    )
    namespaces = {"change_id": "crm", "deal_id": "crm"}
    made = pseudonymise(rows, entity, load_policy(), tokens={}, redacted={}, namespaces=namespaces)
    assert made["value"].to_list() == ["won", None, "12.5"]
    assert made["field"].to_list() == ["stage", "owner", "amount"]
