"""The checks that block publication, run over the warehouse after every build.

Privacy: values are looked at and never returned; a result is a name of ours and a count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import duckdb

from pii_rules.models import Policy
from pipelines.common.log import log_event
from pipelines.quality.identifiers import CountValues, Scan, check_columns, check_values
from pipelines.quality.published import check_figures
from pipelines.quality.reconciliation import LandedRows, reconcile
from pipelines.quality.results import CheckResult
from pipelines.warehouse.build_state import last_project
from pipelines.warehouse.errors import store_errors

BLOCKING: Final = (
    "rows_reconcile",
    "columns_follow_policy",
    "no_direct_identifiers",
    "no_known_identifiers",
    "figures_keep_contract",
)
"""Names of all blocking checks, in the order in which they run."""

SCANNER: Final = "2"
"""Changes when the scan finds more than before, so that all rows are scanned once more."""


class Evidence(NamedTuple):
    """What the checks hold the warehouse against."""

    policy: Policy
    landed: Sequence[LandedRows]
    erasures: int
    holds_identifier: CountValues
    worth_a_look: str
    is_known: CountValues


def check_warehouse(
    connection: duckdb.DuckDBPyConnection, evidence: Evidence
) -> tuple[CheckResult, ...]:
    """Run all blocking checks.

    Args:
        connection: The warehouse, for writing: it is noted up to which batch values were scanned.
        evidence: What the vault and the policy say.

    Returns:
        Results of all checks, failing ones with table, column and count.

    Raises:
        StorageError: The warehouse cannot be read.

    Privacy: pseudonymous rows in, counts out.
    """
    with store_errors("warehouse", "a check could not be run"):
        models = last_project(connection)
        rules = f"{evidence.policy.fingerprint}-{SCANNER}-{models}"
        scanned = _scanned_until(connection, rules)
        after = scanned if models else 0  # views of an unknown project may be new
        scan = Scan(evidence.holds_identifier, evidence.worth_a_look, evidence.is_known, after)
        values = check_values(connection, scan)
        results = (
            *reconcile(connection, evidence.landed, erasures=evidence.erasures),
            *check_columns(connection, evidence.policy),
            *values,
            *check_figures(connection),
        )
        if all(result.passed for result in values):
            _note_scan(connection, rules)
    for result in results:
        if not result.passed:
            log_event(
                "check_failed", check=result.check, table=result.table,
                column=result.column, count=result.failing,
            )  # fmt: skip
    return results


def _scanned_until(connection: duckdb.DuckDBPyConnection, rules: str) -> int:
    connection.execute("CREATE SCHEMA IF NOT EXISTS warehouse.ops")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS warehouse.ops.scans (batch_id BIGINT, rules VARCHAR)"
    )
    row = connection.execute(
        "SELECT max(batch_id) FROM warehouse.ops.scans WHERE rules = ?", [rules]
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _note_scan(connection: duckdb.DuckDBPyConnection, rules: str) -> None:
    connection.execute("BEGIN")
    connection.execute("DELETE FROM warehouse.ops.scans")
    connection.execute(
        "INSERT INTO warehouse.ops.scans "
        "SELECT coalesce(max(batch_id), 0), ? FROM warehouse.ops.batches",
        [rules],
    )
    connection.execute("COMMIT")
