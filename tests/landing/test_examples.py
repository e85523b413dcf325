"""The shipped examples on the real data, where they are: rows per entity."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pipelines.landing.chunks import canonical_chunks
from pipelines.landing.mapping import SourceMapping
from pipelines.landing.sources import load_source, match_files, unmatched_files

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
NAMES = ("maven_crm_sales", "hillstrom_email", "support_tickets_kaggle")


def example(name: str) -> SourceMapping:
    return load_source(ROOT / "docs" / "examples" / name / "source.yaml")


class Landed:
    """All frames of a data set by entity, and its rejects by rule."""

    def __init__(self, name: str) -> None:
        folder = DATA / name
        if not folder.is_dir():
            pytest.skip(f"the data set {name} is not beside the checkout")
        source = example(name)
        parts: dict[str, list[pl.DataFrame]] = {}
        self.rules: Counter[str] = Counter()
        self.rows = 0
        for matched in match_files(source, folder):
            for chunk in canonical_chunks(matched.path, matched.file_mapping, source, 20_000):
                self.rows += chunk.rows_read
                self.rules.update(r.rule for r in chunk.rejects)
                for entity, frame in chunk.frames.items():
                    parts.setdefault(entity, []).append(frame)
        self.frames = {entity: pl.concat(frames) for entity, frames in parts.items()}
        self.counts = {entity: frame.height for entity, frame in self.frames.items()}
        self.unmatched = [p.name for p in unmatched_files(source, folder)]


@pytest.mark.parametrize("name", NAMES)
def test_example_mapping_loads_under_its_name(name: str) -> None:
    assert example(name).name == name


def test_maven_lands_every_deal() -> None:
    landed = Landed("maven_crm_sales")
    assert landed.counts == {"accounts": 85, "users": 35, "products": 7, "deals": 8800}
    assert not landed.rules
    assert landed.unmatched == ["SOURCE.md", "data_dictionary.csv"]
    deals = landed.frames["deals"]
    assert dict(deals["outcome"].value_counts().iter_rows()) == {
        "won": 4238,
        "lost": 2473,
        "open": 2089,
    }
    assert deals["account_id"].null_count() == 1425
    assert deals.filter(outcome="won")["amount"].sum() == 10_005_534
    known = landed.frames["products"].select(product_id="product_id")
    assert deals.join(known, on="product_id", how="anti").is_empty()
    sellers = landed.frames["users"].join(deals.select("user_id"), on="user_id", how="anti")
    assert sellers.height == 5
    accounts = landed.frames["accounts"]
    assert {"technolgy", "Philipines"}.isdisjoint([*accounts["sector"], *accounts["country"]])


def test_hillstrom_keeps_equal_rows_apart_and_shares_the_holdout() -> None:
    landed = Landed("hillstrom_email")
    assert landed.rows == 64_000
    assert not landed.rules
    assert landed.counts == {
        "contacts": 64_000,
        "campaigns": 2,
        "campaign_members": 21_307 + 21_387 + 2 * 21_306,
        "campaign_events": 21_307 + 21_387 + 267 + 189,
        "web_events": 9_394,
        "orders": 578,
    }
    for entity, key in (("contacts", "contact_id"), ("campaign_members", "member_id"),
                        ("campaign_events", "event_id"), ("orders", "order_id")):  # fmt: skip
        assert landed.frames[entity][key].n_unique() == landed.counts[entity]
    members, orders = landed.frames["campaign_members"], landed.frames["orders"]
    spend = members.join(orders.select("contact_id", "amount"), on="contact_id", how="left")
    per_head = {
        (campaign, holdout): float(amount) / persons
        for campaign, holdout, amount, persons in spend.group_by("campaign_id", "is_holdout")
        .agg(pl.col("amount").sum(), pl.len())
        .iter_rows()
    }
    assert per_head["mens", False] - per_head["mens", True] == pytest.approx(0.769828, abs=1e-6)
    assert per_head["womens", False] - per_head["womens", True] == pytest.approx(0.424413, abs=1e-6)


def test_support_tickets_land_and_the_empty_row_is_rejected() -> None:
    landed = Landed("support_tickets_kaggle")
    assert landed.rows == 8_470
    assert landed.rules == {"empty_row": 1}
    assert landed.counts == {"contacts": 8_469, "tickets": 8_469, "surveys": 2_769}
    tickets = landed.frames["tickets"]
    statuses = dict(tickets["status"].value_counts().iter_rows())
    assert statuses == {"pending": 2_881, "open": 2_819, "closed": 2_769}
    assert tickets["created_at"].null_count() == 8_469
    assert tickets["first_response_at"].null_count() == 2_819
    assert tickets["resolved_at"].null_count() == 5_700
    assert tickets.filter(pl.col("resolved_at") < pl.col("first_response_at")).height == 1_365
    assert landed.frames["surveys"]["score"].mean() == pytest.approx(2.991, abs=5e-4)
    # Descriptions span lines, so a row's line is not its number.
    assert tickets["_line"].max() > 29_000
