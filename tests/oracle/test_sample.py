"""The sample as the pipeline landed it: models and oracle on the same source rows.

Scale: the demo home of the test run. What it reads is ``pseudo``, the landed rows, no model.
"""

from __future__ import annotations

from tests.oracle import customers
from tests.oracle.project import Project, Rows
from tests.oracle.rules import differences
from tests.oracle.test_sales import TABLES, faults_of
from tests.support.demo import AS_OF


def test_sales_of_the_sample(project: Project, rows: Rows) -> None:
    assert rows["deals"]
    assert not faults_of(rows, project.run(rows, AS_OF, *TABLES), AS_OF)


def test_scores_of_the_sample(project: Project, rows: Rows) -> None:
    tables = project.run(rows, AS_OF, "customer_rfm", "customer_churn")
    assert tables["customer_rfm"]
    faults = [
        *differences(tables["customer_rfm"], customers.rfm(rows, AS_OF), ["customer_key"]),
        *differences(tables["customer_churn"], customers.churn(rows, AS_OF), ["customer_key"]),
    ]
    assert not [fault.split(": ")[0] for fault in faults[:8]]
