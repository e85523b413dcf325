"""The blocking checks find what they are for, say where, and tell no value."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from pii_rules.models import Policy
from pipelines.common.policy import load_policy
from pipelines.common.settings import Home, Settings
from pipelines.privacy.value_scan import WORTH_A_LOOK, suspicious_values
from pipelines.quality.checks import Evidence, check_warehouse
from pipelines.quality.reconciliation import LandedRows
from pipelines.warehouse.build_state import BuildState, note_build
from pipelines.warehouse.connection import connect_warehouse
from pipelines.warehouse.pseudo import create_relations
from tests.support.context import approve_all

KEY = SecretStr("11" * 32)


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    home = Home(tmp_path / "approved")
    home.policy.mkdir(parents=True)
    approve_all(home)
    return load_policy(home.policy)


@pytest.fixture
def connection(tmp_path: Path, policy: Policy) -> duckdb.DuckDBPyConnection:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    made = connect_warehouse(home, KEY, Settings(memory_limit_mb=256))
    create_relations(made, policy)
    note_build(made, BuildState("models", 0, 0))
    land(made, 1)
    made.execute("create schema staging")
    made.execute("create view staging.stg_deals as select * from warehouse.pseudo.deals")
    return made


def land(connection: duckdb.DuckDBPyConnection, batch: int, reason: str = "price") -> None:
    connection.execute("insert into warehouse.ops.batches values (?, 'crm')", [batch])
    connection.execute(
        "insert into warehouse.pseudo.deals (source, record_key, batch_id, lost_reason) "
        "values ('crm', 'crm/D-' || ?, ?, ?)",
        [batch, batch, reason],
    )


def failing(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    *,
    new: int = 1,
    erasures: int = 0,
    known: frozenset[str] = frozenset(),
) -> dict[tuple[str, str, str], int]:
    evidence = Evidence(
        policy=policy,
        landed=[LandedRows("crm", "deals", new, 0)],
        erasures=erasures,
        holds_identifier=suspicious_values,
        worth_a_look=WORTH_A_LOOK,
        is_known=lambda values: sum(value in known for value in values),
    )
    results = check_warehouse(connection, evidence)
    return {(r.check, r.table, r.column): r.failing for r in results if not r.passed}


def test_checks_on_a_sound_warehouse_pass(
    connection: duckdb.DuckDBPyConnection, policy: Policy
) -> None:
    with closing(connection):
        assert failing(connection, policy) == {}


def test_checks_find_rows_that_are_lost_in_a_layer(
    connection: duckdb.DuckDBPyConnection, policy: Policy
) -> None:
    with closing(connection):
        assert failing(connection, policy, new=3) == {("rows_reconcile", "pseudo.deals", ""): 2}
        assert failing(connection, policy, new=3, erasures=1) == {}
        connection.execute("create schema marts")
        connection.execute("create table marts.fct_deals as select 1 as deal_id where false")
        assert failing(connection, policy, new=0, erasures=1) == {
            ("rows_reconcile", "pseudo.deals", ""): 1,
            ("rows_reconcile", "marts.fct_deals", ""): 1,
        }


def test_checks_find_columns_that_the_policy_does_not_let_out(
    connection: duckdb.DuckDBPyConnection, policy: Policy
) -> None:
    with closing(connection):
        connection.execute("alter table warehouse.pseudo.contacts add column email varchar")
        connection.execute("create view staging.people as select 1 as pii_email, 2 as pii_phone")
        assert failing(connection, policy) == {
            ("columns_follow_policy", "pseudo.contacts", ""): 1,
            ("columns_follow_policy", "staging.people", ""): 2,
        }


@pytest.mark.parametrize(
    "value", ["mail jan.de.vries@voorbeeld.nl", "+31 6 1234 5678", "NL91 ABNA 0417 1643 00"]
)
def test_checks_find_values_with_the_form_of_an_identifier(
    connection: duckdb.DuckDBPyConnection, policy: Policy, value: str
) -> None:
    with closing(connection):
        land(connection, 2, value)
        found = failing(connection, policy, new=2)
        assert found == {("no_direct_identifiers", "pseudo.deals", "lost_reason"): 1}


def test_checks_find_names_that_the_vault_knows(
    connection: duckdb.DuckDBPyConnection, policy: Policy
) -> None:
    with closing(connection):
        land(connection, 2, "Zwaantje de Wit")
        known = frozenset({"Zwaantje de Wit"})
        assert failing(connection, policy, new=2) == {}
        connection.execute("delete from warehouse.ops.scans")
        found = failing(connection, policy, new=2, known=known)
        assert found == {("no_known_identifiers", "pseudo.deals", "lost_reason"): 1}


def test_checks_scan_a_batch_once_and_a_failing_one_again(
    connection: duckdb.DuckDBPyConnection, policy: Policy
) -> None:
    leak = {("no_direct_identifiers", "pseudo.deals", "lost_reason"): 1}
    with closing(connection):
        assert failing(connection, policy) == {}
        land(connection, 2, "jan@voorbeeld.nl")
        assert failing(connection, policy, new=2) == leak
        assert failing(connection, policy, new=2) == leak
        connection.execute("update warehouse.pseudo.deals set lost_reason = null")
        assert failing(connection, policy, new=2) == {}
        # What an earlier, passing run has scanned is passed over: values enter with batches only.
        connection.execute("update warehouse.pseudo.deals set lost_reason = 'jan@voorbeeld.nl'")
        assert failing(connection, policy, new=2) == {}


@pytest.mark.parametrize("state", [BuildState("other models", 0, 0), None])
def test_checks_scan_all_rows_again_when_models_changed(
    connection: duckdb.DuckDBPyConnection, policy: Policy, state: BuildState | None
) -> None:
    with closing(connection):
        connection.execute("create schema marts")
        connection.execute("create table marts.fct_x as select 1 as batch_id, 'price' as channel")
        assert failing(connection, policy) == {}
        connection.execute("update marts.fct_x set channel = 'jan@voorbeeld.nl'")
        assert failing(connection, policy) == {}
        note_build(connection, state)
        assert failing(connection, policy) == {
            ("no_direct_identifiers", "marts.fct_x", "channel"): 1
        }


def test_checks_find_figures_out_of_their_range(
    connection: duckdb.DuckDBPyConnection, policy: Policy
) -> None:
    with closing(connection):
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.kpi_x as "
            "select 1.2::double as win_rate, 3::bigint as lead_count, null::double as open_rate"
        )
        assert failing(connection, policy) == {
            ("figures_keep_contract", "marts.kpi_x", "win_rate"): 1
        }
