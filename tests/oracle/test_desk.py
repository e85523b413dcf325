"""The privacy desk and data quality: consent counted by hand, small parts of it hidden."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import Phase, given, settings

from tests.oracle.persons import persons
from tests.oracle.profiles import _consents
from tests.oracle.project import Project, Rows, compiled
from tests.oracle.strategies import AS_OF, crm, purchases


def _consent(rows: Rows) -> Counter[tuple[str, str]]:
    words, people = _consents(rows, AS_OF), persons(rows)
    found: Counter[tuple[str, str]] = Counter()
    for purpose in {purpose for _, purpose in words}:
        for person in people:
            given = words.get((person, purpose))
            found[purpose, "no_word" if given is None else "given" if given else "withheld"] += 1
    return found


@settings(max_examples=10, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crm(purchases))
def test_consent_by_purpose_adds_up_to_everybody(project: Project, rows: Rows) -> None:
    shown = project.run(rows, AS_OF, "kpi_privacy_desk")["kpi_privacy_desk"]
    assert {(r["item"], r["state"]): r["counted"] for r in shown} == _consent(rows)


@pytest.fixture(scope="module")
def hiding(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.getbasetemp()
    return compiled(base.parent if base.name.startswith("popen-") else base, small_cell_k=5)


def test_a_purpose_with_few_in_a_part_is_hidden_whole(hiding: Project) -> None:
    people = [f"p{n}" for n in range(20)]
    rows: Rows = {
        "subjects": [
            {"subject_key": p, "kind": "contact", "subject_bucket": 1, "staff_alias": None}
            for p in people
        ],
        "contacts": [{"customer_key": p} for p in people],
        "consents": [
            {"customer_key": p, "purpose": purpose, "status": "given", "occurred_at": AS_OF}
            for purpose, count in (("marketing", 10), ("tracking", 17)) for p in people[:count]
        ],
    }  # fmt: skip
    shown = hiding.run(rows, AS_OF, "kpi_privacy_desk")["kpi_privacy_desk"]
    assert {(r["item"], r["state"]): r["counted"] for r in shown} == {
        ("marketing", "given"): 10, ("marketing", "no_word"): 10,
        ("tracking", "given"): None, ("tracking", "no_word"): None,
    }  # fmt: skip
