from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.common.errors import CheckError
from pipelines.warehouse.erasure_proof import (
    derived_proven,
    forget_proofs,
    prove_derived,
    rows_left,
)
from tests.support.warehouse import Warehouse


def test_derived_row_of_an_erased_person_is_found_in_any_column_of_keys(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "home")
    warehouse.create()
    warehouse.execute(
        "CREATE SCHEMA marts",
        "CREATE TABLE marts.fct_deals (deal_id VARCHAR, customer_key VARCHAR, user_key VARCHAR)",
        "CREATE TABLE marts.dim_user (user_key VARCHAR)",
        "INSERT INTO marts.fct_deals VALUES ('d1', 'kept', 'gone'), ('d2', 'gone', NULL)",
    )
    with warehouse.connected() as connection:
        found = rows_left(connection, ["gone"])
        assert (found["marts.fct_deals"], found["marts.dim_user"]) == (2, 0)
        with pytest.raises(CheckError) as caught:
            prove_derived(connection, ["gone"])
        assert caught.value.where == {"relation": "marts.fct_deals", "left": 2}
        connection.execute("DELETE FROM marts.fct_deals")
        assert prove_derived(connection, ["gone"]) == derived_proven(connection) == len(found)
        forget_proofs(connection)
        assert derived_proven(connection) == 0
