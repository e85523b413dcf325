"""Rates, references and orders in time are those of a business, with the known dirt in it."""

from __future__ import annotations

from collections import Counter

import phonenumbers
import polars as pl
import pytest
from stdnum import iban
from stdnum.nl import bsn

from pipelines.sample import identifiers
from pipelines.sample.places import TOWNS
from pipelines.sample.randomness import plain_stream
from pipelines.sample.seasons import DAY, at_work, awake
from pipelines.sample.texts import SENTENCES
from tests.sample.conftest import SEED, Delivery

DUTCH = "%d-%m-%Y %H:%M"
MACHINES = ("Mozilla/5.0", "Barracuda Sentinel (EE)")


def test_identifiers_are_valid_and_fictional() -> None:
    chance = plain_stream(SEED, "test")
    for town in TOWNS:
        number = phonenumbers.parse(identifiers.landline(town.area, chance), "NL")
        assert phonenumbers.is_valid_number(number)
    mobiles = {identifiers.mobile(serial) for serial in range(5_000)}
    assert len(mobiles) == 5_000
    assert all(
        phonenumbers.is_valid_number(phonenumbers.parse(m, "NL")) for m in list(mobiles)[:50]
    )
    for _ in range(200):
        assert bsn.is_valid(number := identifiers.bsn(chance))
        assert number.startswith("99")
        assert iban.is_valid(identifiers.iban(chance))
        assert identifiers.ip_address(chance).startswith(
            ("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:")
        )
    assert SENTENCES >= 150


def test_emails_are_on_reserved_domains(delivery: Delivery) -> None:
    told = delivery.truth("identifiers").filter(pl.col("kind") == "email")["value"]
    reserved = told.str.to_lowercase().str.contains(r"@(.+\.example|.+\.example\.(com|org|net))$")
    assert reserved.all()


def test_campaigns_respond_plausibly(delivery: Delivery) -> None:
    events = delivery.rows("events").with_columns(
        who=pl.coalesce("crm_contact", "email"),
        machine=pl.col("user_agent").is_in(MACHINES) | pl.col("user_agent").str.contains("ggpht"),
    )
    delivered = events.filter(pl.col("event") == "delivered").height
    human = events.filter(~pl.col("machine").fill_null(False))
    pair = ["campaign_id", "who"]
    opened = human.filter(pl.col("event") == "open").n_unique(pair) / delivered
    clicked = human.filter(pl.col("event") == "click").n_unique(pair) / delivered
    assert 0.18 < opened < 0.33
    assert 0.02 < clicked < 0.05
    assert events.filter(pl.col("machine") & (pl.col("event") == "open")).height > 0
    held_out = delivery.rows("members").filter(pl.col("is_holdout") == "true")
    held_out = held_out.with_columns(who=pl.coalesce("crm_contact", "email"))
    shared = {"info", "administratie", "inkoop"}
    own = held_out.filter(
        ~pl.coalesce("email", pl.lit("")).str.split("@").list.first().is_in(shared)
    )
    sent = events.filter(pl.col("event") == "sent").select(pair)
    addresses = own.filter(pl.col("crm_contact").is_not_null())
    assert addresses.join(sent, on=pair).height == 0, "nothing is sent to a hold-out"


def test_deals_agree_with_their_changes(delivery: Delivery) -> None:
    deals = delivery.rows("kansen").filter(~pl.col("Kansnr").str.contains(r"^D-\d+-"))
    changes = delivery.rows("kanswijzigingen").with_columns(
        at=pl.col("Gewijzigd").str.to_datetime(DUTCH), nr=pl.col("Nr").cast(pl.Int64)
    )
    last = changes.sort("at", "nr").group_by("Kansnr", "Veld").agg(pl.col("Waarde").last())
    stages = last.filter(pl.col("Veld") == "stage").join(deals, on="Kansnr")
    assert stages.height == deals.height
    assert (stages["Waarde"] == stages["Fase"]).all()
    amounts = last.filter(pl.col("Veld") == "amount").join(deals, on="Kansnr")
    assert (amounts["Waarde"] == amounts["Bedrag"].str.replace(",", ".")).all()
    outcomes = Counter(deals["Uitkomst"])
    won = outcomes["Gewonnen"] / (outcomes["Gewonnen"] + outcomes["Verloren"])
    assert 0.5 < won < 0.7
    times = deals.select(pl.col("Aangemaakt", "In_gesprek", "Afgesloten").str.to_datetime(DUTCH))
    late = times.filter(pl.col("Afgesloten") < pl.col("Aangemaakt")).height
    assert late <= deals.height * 0.03
    assert times.filter(pl.col("In_gesprek") < pl.col("Aangemaakt")).height == 0
    assert set(deals["Valuta"]) == {"EUR", "USD", "GBP"}
    assert deals["Organisatie"].null_count() > 0
    assert deals["Contactnr"].null_count() > 0


def test_references_are_known(delivery: Delivery) -> None:
    contacts = set(delivery.rows("contactpersonen")["Contactnr"])
    staff = set(delivery.rows("medewerkers")["Code"])
    tickets = set(delivery.rows("tickets")["id"]) | set(delivery.rows("portal_tickets")["id"])
    deals = set(delivery.rows("kansen")["Kansnr"])
    customers = set(delivery.rows("customers")["customer_id"])
    skus = set(delivery.rows("products")["sku"])
    orders = delivery.rows("orders")
    moments = delivery.rows("contactmomenten")
    for column, known in (
        ("Contactnr", contacts),
        ("Medewerker", staff),
        ("Ticket", tickets),
        ("Kansnr", deals),
    ):
        assert set(moments[column].drop_nulls()) <= known, column
    assert set(orders["customer_id"]) <= customers
    assert set(delivery.rows("order_lines")["order_id"]) == set(orders["order_id"])
    assert set(delivery.rows("order_lines")["sku"]) <= skus
    assert set(delivery.rows("ticket_events")["ticket_id"]) <= tickets
    assert set(delivery.rows("leads")["Kansnr"].drop_nulls()) <= deals
    assert set(delivery.rows("portal_tickets")["requester_id"]) <= set(
        delivery.rows("requesters")["id"]
    )
    sellers = delivery.rows("medewerkers").filter(pl.col("Team") == "verkoop")["Code"]
    assert set(sellers) - set(delivery.rows("kansen")["Verkoper"]), "some sellers have no deals"


def test_tickets_agree_with_their_events(delivery: Delivery) -> None:
    events = delivery.rows("ticket_events")
    answers = events.filter((pl.col("type") == "public_reply") & (pl.col("actor") == "agent"))
    first = dict(answers.group_by("ticket_id").agg(pl.col("at").min()).iter_rows())
    tickets = delivery.rows("portal_tickets")
    assert {t: first.get(t) for t in tickets["id"]} == dict(
        tickets.select("id", "first_response_at").iter_rows()
    )
    assert tickets.filter(pl.col("resolved_at") < pl.col("created_at")).height == 0
    assert events["at"].max() < "2026-10-31"  # type: ignore[operator]


def test_activity_has_weeks_and_seasons(delivery: Delivery) -> None:
    at = (
        delivery.rows("contactmomenten")["Tijdstip"]
        .str.to_datetime(DUTCH, strict=False)
        .drop_nulls()
    )
    weekend = at.dt.weekday().is_in([6, 7]).mean()
    assert weekend is not None
    assert weekend < 0.05
    hours = at.dt.hour()
    assert hours.is_in([2, 3]).sum() == 0, "the hour the clock skips"


@pytest.mark.parametrize("offset", range(0, 7 * DAY, 5 * 3600 + 11))
def test_at_work_is_never_earlier_and_in_office_hours(offset: int) -> None:
    at = at_work(20_000 * DAY + offset)
    assert at >= 20_000 * DAY + offset
    assert (at // DAY + 3) % 7 < 5
    assert 8.5 * 3600 <= at % DAY < 17.6 * 3600
    assert awake(at) == at
