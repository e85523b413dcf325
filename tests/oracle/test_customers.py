"""Scores of customers against the oracle, and whom they leave out."""

from __future__ import annotations

from hypothesis import Phase, given, settings

from tests.oracle import customers
from tests.oracle.project import Project, Rows
from tests.oracle.rules import differences
from tests.oracle.strategies import AS_OF, crm, purchases, sales


@settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crm(sales, purchases))
def test_scores_of_adversarial_crms(project: Project, rows: Rows) -> None:
    tables = project.run(rows, AS_OF, "customer_rfm", "customer_churn")
    faults = [
        *differences(tables["customer_rfm"], customers.rfm(rows, AS_OF), ["customer_key"]),
        *differences(tables["customer_churn"], customers.churn(rows, AS_OF), ["customer_key"]),
    ]
    assert not faults[:8]
    scored = {row["customer_key"] for table in tables.values() for row in table}
    young = {
        row["customer_key"]
        for row in rows["contacts"]
        if row["birth_year"] and row["birth_year"] >= 2008 and not rows["subject_links"]
    }
    assert not scored & young
