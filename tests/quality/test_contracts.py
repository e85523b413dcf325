"""Contracts: the expectation and the mask of each rule, and what is handed on of a bad row."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.common.entities import Entity, load_entities
from pipelines.common.errors import CheckError
from pipelines.quality import contracts
from pipelines.quality.contracts import ContractChecker, contract_rules

ENTITIES = load_entities()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STAGES = ContractChecker(ENTITIES["pipeline_stages"])
EVENTS = ContractChecker(ENTITIES["campaign_events"])


def frame_of(entity: Entity, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = {"_line": pl.Int64(), **{c.name: c.polars_type for c in entity.columns.values()}}
    numbered = [{"_line": n, **dict.fromkeys(schema), **row} for n, row in enumerate(rows, start=2)]
    numbered = [{**row, "_line": n} for n, row in enumerate(numbered, start=2)]
    return pl.DataFrame(numbered, schema=schema)


def stages(*rows: dict[str, Any]) -> pl.DataFrame:
    good = {"pipeline": "p", "stage": "s", "position": 1, "probability": 0.5, "is_qualified": True}
    return frame_of(ENTITIES["pipeline_stages"], [{**good, **row} for row in rows])


@pytest.mark.parametrize(
    ("row", "rule", "column"),
    [
        ({"pipeline": None}, "required", "pipeline"),
        ({"is_qualified": None}, "required", "is_qualified"),
        ({"position": -1}, "range", "position"),
        ({"probability": 1.01}, "range", "probability"),
        ({"probability": -0.01}, "range", "probability"),
        ({"stage": "x" * (contracts.MAXIMUM_CELL_BYTES + 1)}, "cell_too_large", "stage"),
    ],
)
def test_row_that_breaks_a_rule_is_rejected_and_the_rest_lands(
    row: dict[str, Any], rule: str, column: str
) -> None:
    kept, rejects = STAGES.split(stages({}, row, {"probability": 1.0, "position": 0}))
    assert kept["_line"].to_list() == [2, 4]
    assert [tuple(r)[:4] for r in rejects] == [(3, "pipeline_stages", rule, column)]


def test_value_outside_a_closed_list_is_rejected() -> None:
    rows = [
        {"event_id": "1", "campaign_id": "c", "event_type": kind, "occurred_at": EPOCH}
        for kind in ("open", "opened", None, "click")
    ]
    kept, rejects = EVENTS.split(frame_of(ENTITIES["campaign_events"], rows))
    assert kept["event_type"].to_list() == ["open", "click"]
    assert [(r.line, r.rule, r.column) for r in rejects] == [
        (3, "values", "event_type"),
        (4, "required", "event_type"),
    ]


def test_row_that_breaks_two_rules_is_rejected_once() -> None:
    _, rejects = STAGES.split(stages({"position": -1, "probability": 2.0}))
    assert [(r.rule, r.column) for r in rejects] == [("range", "position")]


def test_reject_holds_a_row_that_json_can_hold() -> None:
    row = {"deal_id": "d", "amount": Decimal("1.50"), "closed_at": EPOCH}
    frame = frame_of(ENTITIES["deals"], [row])
    _, rejects = ContractChecker(ENTITIES["deals"]).split(frame)
    assert rejects[0].row == {
        "deal_id": "d",
        "amount": "1.5000",
        "closed_at": "1970-01-01T00:00:00+00:00",
    }
    assert rejects[0].column == "stage"


def test_good_and_empty_frames_pass_unchanged() -> None:
    frame = stages({}, {})
    assert STAGES.split(frame) == (frame, [])
    empty = frame.clear()
    assert STAGES.split(empty) == (empty, [])


def test_frame_of_bad_rows_only_leaves_nothing() -> None:
    kept, rejects = STAGES.split(stages({"stage": None}, {"position": -5}))
    assert kept.is_empty()
    assert len(rejects) == 2


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "stage": st.sampled_from(["s", None]),
                "position": st.sampled_from([0, 3, -1, None]),
                "probability": st.sampled_from([0.0, 1.0, 1.5, None]),
            }
        ),
        min_size=1,
        max_size=6,
    )
)
def test_expectations_and_masks_agree(rows: list[dict[str, Any]]) -> None:
    def is_good(row: dict[str, Any]) -> bool:
        values = row["stage"], row["position"], row["probability"]
        return None not in values and row["position"] >= 0 and row["probability"] <= 1

    kept, rejects = STAGES.split(stages(*rows))
    expected = [n for n, row in enumerate(rows, start=2) if is_good(row)]
    assert kept["_line"].to_list() == expected
    assert len(rejects) == len(rows) - len(expected)


def test_disagreement_of_expectation_and_mask_stops() -> None:
    checker = ContractChecker(ENTITIES["pipeline_stages"])
    (first, *rest) = checker.rules
    never = type(first)(**{**first.__dict__, "broken": pl.lit(False).repeat_by(1).explode()})
    checker.rules = (never, *rest)
    with pytest.raises(CheckError) as caught:
        checker.split(stages({"pipeline": None}))
    assert caught.value.code == "contract_disagreement"


def test_expectation_that_cannot_be_computed_stops_without_a_value() -> None:
    checker = ContractChecker(ENTITIES["pipeline_stages"])
    (first, *rest) = checker.rules
    text = {"probe": pl.col("pipeline"), "expectation": "ExpectColumnMaxToBeBetween"}
    bad = type(first)(**{**first.__dict__, **text, "arguments": {"max_value": 3}})
    checker.rules = (bad, *rest)
    with pytest.raises(CheckError) as caught:
        checker.split(stages({"pipeline": "secret"}))
    assert caught.value.code == "contract_not_run"
    assert "secret" not in caught.value.sentence


def test_every_entity_has_a_contract_that_runs() -> None:
    for entity in ENTITIES.values():
        rules = contract_rules(entity)
        assert {r.column for r in rules if r.code == "required"} == set(entity.required)
        # One empty row: everything that is required is missing, whatever the entity.
        _, rejects = ContractChecker(entity).split(frame_of(entity, [{}]))
        assert [r.rule for r in rejects] == ["required"]


def test_great_expectations_sees_no_text_of_persons() -> None:
    for entity in ENTITIES.values():
        names = {
            c.name
            for c in entity.columns.values()
            if c.type in ("name", "text", "email", "phone", "id")
        }
        for rule in contract_rules(entity):
            if rule.column in names:
                assert rule.code == "required"
