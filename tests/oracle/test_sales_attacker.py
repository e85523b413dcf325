"""Nothing that sales publish tells about few: the attacker on periods and their sellers, and on leads.

Whom a deal is about is read from the source rows: a sole trader is a person, a company is nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from pipelines.privacy.generalise import SOLE_TRADER
from tests.oracle.attacker import Part, Told, attack
from tests.oracle.persons import Row, natural_accounts, payer
from tests.oracle.project import Project, Rows, compiled
from tests.oracle.rules import local_day, start_of

K = 3
AS_OF = datetime(2026, 4, 12, 9, 30, tzinfo=UTC)
_PERSONS = tuple(f"person{number}" for number in range(9))
_SOLE_TRADERS = ("sole0", "sole1", "sole2")
_SELLERS = ("seller0", "seller1", "seller2")
_MONTHS = ((2025, 7), (2025, 10), (2025, 11), (2026, 1), (2026, 2), (2026, 3))
_TABLES = ("kpi_sales_monthly", "kpi_sales_rep_monthly", "kpi_leads_monthly")


def crowd(seed: int) -> Rows:
    """Many deals and leads of few, of consumers, sole traders and a company, by few sellers."""
    chance = Random(seed)

    def day() -> datetime:
        return datetime(*chance.choice(_MONTHS), chance.randrange(2, 27), 10, tzinfo=UTC)

    deals, leads = [], []
    for number in range((6, 20, 50, 120)[seed % 4]):
        created = day()
        buyer = chance.choice((*_PERSONS, *_SOLE_TRADERS, "company0"))
        outcome = chance.choice(("won", "won", "lost", None))
        deals.append(
            {"record_key": f"d{number}", "outcome": outcome, "stage": outcome or "first",
             "customer_key": buyer if buyer in _PERSONS else None,
             "account_key": None if buyer in _PERSONS else buyer,
             "user_key": chance.choice((*_SELLERS, None)), "amount": Decimal(10),
             "created_at": created, "engaged_at": created, "currency": None,
             "closed_at": created + timedelta(days=chance.randrange(40)) if outcome else None}
        )  # fmt: skip
        leads.append(
            {"record_key": f"l{number}", "customer_key": chance.choice((*_PERSONS, None)),
             "source_channel": chance.choice(("web", "fair")), "created_at": day(),
             "converted_at": day() if chance.random() < 0.5 else None, "deal_id": None}
        )  # fmt: skip
    kinds = (("contact", _PERSONS), ("account", (*_SOLE_TRADERS, "company0")), ("user", _SELLERS))
    return {
        "subjects": [
            {"subject_key": key, "kind": kind, "subject_bucket": 1, "staff_alias": None}
            for kind, keys in kinds
            for key in keys
        ],
        "contacts": [{"customer_key": person, "account_key": None} for person in _PERSONS[:6]]
        + [{"customer_key": person, "account_key": "company0"} for person in _PERSONS[6:]],
        "accounts": [{"account_key": key, "size_class": "zzp"} for key in _SOLE_TRADERS]
        + [{"account_key": "company0", "name": "Firma", "size_class": "10-49"}],
        "users": [{"user_key": seller} for seller in _SELLERS],
        "deals": deals,
        "leads": leads,
    }


@pytest.fixture(scope="session")
def suppressing(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.getbasetemp()
    return compiled(base.parent if base.name.startswith("popen-") else base, small_cell_k=K)


@pytest.mark.parametrize("seed", range(12))
def test_sales_tables_tell_about_nobody(suppressing: Project, seed: int) -> None:
    rows = crowd(seed)
    assert not attack(_told(rows, suppressing.run(rows, AS_OF, *_TABLES)), K)


def test_attacker_finds_something_where_nothing_is_hidden(project: Project) -> None:
    rows = crowd(2)
    found = attack(_told(rows, project.run(rows, AS_OF, *_TABLES)), K)
    assert {line.split(":")[0] for line in found} == {
        "won",
        "lost",
        "created",
        "converted",
        "others",
        "timed",
        "excluded",
    }
    assert any("sales_rep" in line for line in found)


def test_enough_is_shown(suppressing: Project) -> None:
    # Hiding everything would pass the attack.
    shown = {
        name: [row for row in table if not row["is_suppressed"]]
        for name, table in suppressing.run(crowd(3), AS_OF, *_TABLES).items()
    }
    assert all(shown.values())


def test_a_sole_trader_counts_as_a_person_and_a_company_as_nobody(suppressing: Project) -> None:
    def deals(*accounts: str) -> Rows:
        won = {"outcome": "won", "stage": "won", "amount": Decimal(1), "user_key": "seller0",
               "created_at": datetime(2026, 2, 3, tzinfo=UTC), "customer_key": None,
               "closed_at": datetime(2026, 2, 5, tzinfo=UTC), "currency": None}  # fmt: skip
        named = [won | {"record_key": f"d{n}", "account_key": a} for n, a in enumerate(accounts)]
        return crowd(0) | {"deals": named, "leads": []}

    def is_hidden(rows: Rows) -> bool:
        (row,) = [
            row for row in suppressing.run(rows, AS_OF, "kpi_sales_monthly")["kpi_sales_monthly"]
            if row["period_grain"] == "month"
        ]  # fmt: skip
        return bool(row["is_suppressed"])

    assert is_hidden(deals("sole0", "sole1"))
    assert not is_hidden(deals("sole0", "sole1", "sole2"))
    assert not is_hidden(deals("company0"))


def test_natural_accounts_are_those_whose_name_landing_takes_away(project: Project) -> None:
    sizes = ("zzp", "ZZP'er", "Eenmanszaak", "sole trader", "Sole-Trader", "self_employed",
             "selfemployed", "Freelancer", "1", " 1 ", "1-9", "10", "11", "250+", "", None)  # fmt: skip
    accounts = [
        {"account_key": f"account{n}", "name": "Firma", "size_class": size}
        for n, size in enumerate(sizes)
    ]
    nameless = [{"account_key": "nameless", "size_class": "10-49"}]
    found = project.run({"accounts": accounts + nameless}, AS_OF, "int_natural_accounts")
    assert {row["account_key"] for row in found["int_natural_accounts"]} == {
        f"account{n}" for n, size in enumerate(sizes) if size and re.search(SOLE_TRADER, size)
    } | {"nameless"}


def _told(rows: Rows, tables: Rows) -> list[Told]:
    natural = natural_accounts(rows)
    found = []
    for name in ("kpi_sales_monthly", "kpi_sales_rep_monthly"):
        for row in tables[name]:
            if not row["is_suppressed"]:
                where = {"table": name, "grain": row["period_grain"], "start": row["period_start"],
                         "seller": row.get("user_key")}  # fmt: skip
                deals = [d for d in rows["deals"] if row.get("user_key") in (None, d["user_key"])]
                for figure in ("won", "lost", "created"):
                    parts = frozenset(_parts(row, figure, deals, natural))
                    found.append(Told(figure, where, parts))
    for row in tables["kpi_leads_monthly"]:
        if not row["is_suppressed"]:
            keys = ("period_start", "source_channel")
            where = {"table": "leads"} | {key: row[key] for key in keys}
            for figure in ("converted", "others", "timed", "excluded"):
                parts = frozenset(
                    (lead["customer_key"] or lead["record_key"], lead["record_key"])
                    for lead in rows["leads"]
                    if figure in _told_by(lead)
                    and start_of("month", local_day(lead["created_at"])) == row["period_start"]
                    and lead["source_channel"] == row["source_channel"]
                )
                found.append(Told(figure, where, parts))
    return found


def _told_by(lead: Row) -> set[str]:
    """The figures of leads that a lead is in."""
    if lead["converted_at"] is None:
        return {"others"}
    return {"converted", "timed" if lead["converted_at"] >= lead["created_at"] else "excluded"}


def _parts(row: dict[str, Any], figure: str, deals: list[Row], natural: set[str]) -> Iterator[Part]:
    for deal in deals:
        at = deal["created_at"] if figure == "created" else deal["closed_at"]
        if figure in ("created", deal["outcome"]) and _is_in(row, local_day(at)):
            yield (payer(deal, natural), deal["record_key"])


def _is_in(row: dict[str, Any], day: date) -> bool:
    grain = row["period_grain"]
    return bool(grain == "all" or start_of(grain, day) == row["period_start"])
