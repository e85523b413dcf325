"""A column that starts to hold something else is told once, in counts."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.privacy.column_shapes import added, new_kinds, shape_counts
from pipelines.vault.column_profiles import column_changes
from tests.support.context import Context

HEADER = "id,contact,stage,amount,outcome,closed\n"


def deals(first: int, stage: str, count: int = 30) -> str:
    rows = (f"d{i},,{stage.format(i=i)},10,open,\n" for i in range(first, first + count))
    return HEADER + "".join(rows)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("jan@voorbeeld.example", "EMAIL"), ("06-12345678", "PHONE"), ("+31 6 12345678", "PHONE"),
        ("NL91 ABNA 0417 1643 00", "IBAN"), ("1234 AB", "POSTCODE"), ("192.0.2.1", "IP_ADDRESS"),
        ("Jan van der Berg", "PERSON"), ("02-01-1980", "DATE"),
        ("hij wil graag een nieuwe offerte per mail", "FREE_TEXT"),
    ],
)  # fmt: skip
def test_shape_of_a_value(value: str, kind: str) -> None:
    assert shape_counts(pl.Series([value, None, ""])) == (1, {kind: 1})


def test_ids_and_categories_have_no_shape() -> None:
    values = ["K-10023", "d1", "won", "closed won", "12", "1000234", "crm/D-1", "Negotiation"]
    assert shape_counts(pl.Series(values)) == (len(values), {})


def test_new_kinds_wants_enough_on_both_sides() -> None:
    many, few = (100, {"EMAIL": 40}), (10, {"EMAIL": 10})
    assert new_kinds((100, {}), many) == ["EMAIL"]
    assert new_kinds((100, {"EMAIL": 4}), many) == ["EMAIL"]
    assert new_kinds((100, {"EMAIL": 5}), many) == []
    assert new_kinds((10, {}), many) == []
    assert new_kinds((100, {}), few) == []
    assert added(many, few) == (110, {"EMAIL": 50})


def test_column_that_starts_to_hold_addresses_is_told_once(context: Context) -> None:
    context.deliver("deals1.csv", deals(0, "fase"))
    assert context.land().batches[0].changes == []
    context.deliver("deals2.csv", deals(100, "x{i}@voorbeeld.example"))
    (change,) = context.land().batches[0].changes
    assert (change.entity, change.column, change.kind) == ("deals", "stage", "EMAIL")
    assert (change.value_count, change.filled_count) == (30, 30)
    with context.vault.read() as conn:
        (kept,) = column_changes(conn)
    assert "voorbeeld" not in repr(kept)
    assert (kept["source"], kept["column_name"], kept["share"]) == ("crm", "stage", 1.0)
    context.deliver("deals3.csv", deals(200, "y{i}@voorbeeld.example"))
    assert context.land().batches[0].changes == []


def test_first_file_of_a_source_changes_nothing(context: Context) -> None:
    context.deliver("deals1.csv", deals(0, "x{i}@voorbeeld.example"))
    assert context.land().batches[0].changes == []
