"""An encrypted warehouse with hand-made pseudonymous rows, built twice in this process.

Between the builds rows go, come and change, as an erasure, a new batch and a withdrawn consent
would do it.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.warehouse.dbt import PROJECT
from tests.support.warehouse import Marts, Row, Warehouse

FIRST_AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
SECOND_AS_OF = datetime(2026, 7, 12, tzinfo=UTC)


class Built(NamedTuple):
    """The marts after the first build, and after the second."""

    first: Marts
    second: Marts


def find(rows: list[Row], **wanted: Any) -> Row:
    (found,) = [row for row in rows if all(row[k] == v for k, v in wanted.items())]
    return found


@pytest.fixture(scope="session")
def one() -> Any:
    """The one row of a table that has the values asked for."""
    return find


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    made = Warehouse(tmp_path_factory.mktemp("warehouse") / "home")
    made.create()
    return made


@pytest.fixture(scope="session")
def built(warehouse: Warehouse) -> Built:
    rows = json.loads((Path(__file__).parent / "rows.json").read_text(encoding="utf-8"))
    warehouse.insert(rows)
    warehouse.insert(_people(2026, 3, "p", 13) | {"deals": []})
    warehouse.insert(_people(2026, 5, "m", 12))
    warehouse.insert({"tickets": _solved_tickets([f"m{number}" for number in range(1, 13)])})
    result = warehouse.build(FIRST_AS_OF, with_unit_tests="yes")
    written = [p.read_text(encoding="utf-8") for p in (PROJECT / "models" / "unit_tests").iterdir()]
    assert result.count("unit_test") == sum(text.count("\n  - name: ") for text in written), (
        "dbt's own unit tests did not run"
    )
    first = warehouse.marts()
    warehouse.execute(
        "DELETE FROM pseudo.deals WHERE closed_at >= '2026-01-31' AND closed_at < '2026-03-01'",
        "UPDATE pseudo.deals SET amount = 999 WHERE record_key IN ('t/D10', 't/D11')",
        "DELETE FROM pseudo.campaign_events WHERE record_key = 't/E-unsubscribe'",
        "DELETE FROM pseudo.tickets WHERE record_key = 't/T2'",
        "UPDATE pseudo.interactions SET customer_key = NULL WHERE record_key = 't/I1'",
    )
    warehouse.insert(_new_rows(), batch_id=2)
    warehouse.build(
        SECOND_AS_OF,
        restate_from="2026-03-01",
        restate_to="2026-04-01",
        restate_reason="the dealer's correction",
    )
    return Built(first, warehouse.marts())


def _people(year: int, month: int, prefix: str, count: int) -> dict[str, list[Row]]:
    """Natural persons without an account, each with a deal won in that month."""
    keys = [f"{prefix}{number}" for number in range(1, count + 1)]
    return {
        "subjects": [{"subject_key": k, "kind": "contact", "subject_bucket": 1} for k in keys],
        "deals": [
            {
                "record_key": f"t/{key}-deal",
                "customer_key": key,
                "stage": "won",
                "outcome": "won",
                "amount": 10,
                "engaged_at": datetime(year, month, 2, tzinfo=UTC),
                "closed_at": datetime(year, month, 12, tzinfo=UTC),
            }
            for key in keys
        ],
    }


def _solved_tickets(persons: list[str]) -> list[Row]:
    """A ticket of each in the quarter of the tickets made by hand, so that it is not about few.

    And one a year before, which is hidden beside the ticket without a creation.
    """
    return [
        {"record_key": f"t/{person}-{year}", "customer_key": person, "status": "solved",
         "created_at": datetime(year, 2, 3, 9, tzinfo=UTC),
         "resolved_at": datetime(year, 2, 3, 10, tzinfo=UTC)}
        for person in persons for year in (2025, 2026)
    ]  # fmt: skip


def _new_rows() -> dict[str, list[Row]]:
    """A later batch: many small months, a click, and a consent that was withdrawn."""
    found: dict[str, list[Row]] = {
        "campaign_events": [
            {
                "record_key": "t/E-late",
                "campaign_id": "t/C1",
                "customer_key": "p10",
                "event_type": "click",
                "occurred_at": datetime(2026, 3, 3, tzinfo=UTC),
                "user_agent_class": "desktop",
            }
        ],
        "consents": [
            {
                "customer_key": "p7",
                "purpose": "tracking",
                "lawful_basis": "consent",
                "status": "withdrawn",
                "occurred_at": datetime(2026, 7, 2, tzinfo=UTC),
            }
        ],
        "exchange_rates": [
            {"rate_date": date(2026, 6, 30), "currency": "USD", "rate_to_eur": 0.25}
        ],
    }
    months = [
        (2022, 5, "i", 11), (2026, 6, "j", 3),
        (2024, 1, "k", 12), (2024, 2, "b", 3), (2024, 3, "c", 12),
        (2023, 1, "d", 5), (2023, 2, "e", 6), (2023, 3, "f", 12), (2023, 4, "g", 4),
    ]  # fmt: skip
    for year, month, prefix, count in months:
        for relation, rows in _people(year, month, prefix, count).items():
            found.setdefault(relation, []).extend(rows)
    return found
