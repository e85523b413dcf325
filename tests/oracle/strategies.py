"""Adversarial CRMs: rows that systems really deliver, and that break careless figures.

Equal instants, nights on which the clock changes, leap days, several currencies with gaps in their
rates, deals closed before they were opened, zero amounts, and references that lead nowhere. Each
maker gives rows of one part; :func:`crm` puts parts together.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]
AS_OF = datetime(2026, 4, 12, 9, 30, tzinfo=UTC)
TURNS = (
    datetime(2026, 3, 28, 23, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2025, 10, 26, 0, 30, tzinfo=UTC),
    datetime(2025, 10, 26, 1, 30, tzinfo=UTC),
    datetime(2025, 12, 31, 23, tzinfo=UTC),
    datetime(2025, 12, 31, 22, 59, 59, 999999, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2026, 1, 31, 23, tzinfo=UTC),
    datetime(2026, 3, 31, 22, tzinfo=UTC),
    AS_OF,
)
"""The turns of a month, of a year and of the clock in Amsterdam, a leap day, and the run itself."""
_FIRST = datetime(2025, 9, 1, tzinfo=UTC)

PERSONS = tuple(f"person{number}" for number in range(6))
ACCOUNTS = ("account0", "account1")
SELLERS = ("seller0", "seller1", "seller2")
CURRENCIES = (None, "EUR", "USD", "XTS")

instants = st.one_of(
    st.sampled_from(TURNS),
    st.integers(0, 222 * 24 * 4).map(lambda quarters: _FIRST + timedelta(minutes=15 * quarters)),
)
amounts = st.one_of(
    st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("1000000.10")]),
    st.integers(1, 500_000).map(lambda cents: Decimal(cents) / 100),
)
local_dates = instants.map(lambda instant: instant.date())


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value, or a gap."""
    return st.one_of(values, st.none())


@st.composite
def subjects(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Persons (some of an account, some minors, some merged), accounts, sellers and rates."""
    kinds = [("contact", PERSONS), ("account", ACCOUNTS), ("user", SELLERS)]
    contacts = [
        {
            "customer_key": person,
            "account_key": draw(maybe(st.sampled_from(ACCOUNTS))),
            "birth_year": draw(st.sampled_from([None, 1980, 2007, 2008, 2009, 2015])),
            "created_at": draw(instants),
        }
        for person in PERSONS
    ]
    merged = draw(st.sampled_from([True, True, False]))
    links = [{"subject_key": PERSONS[1], "survivor_key": PERSONS[0], "is_restricted": False}]
    users = [
        {
            "user_key": seller,
            "hired_at": draw(maybe(instants)),
            "left_at": draw(maybe(instants)),
        }
        for seller in SELLERS
    ]
    rates = [
        {"rate_date": day, "currency": "USD", "rate_to_eur": draw(st.floats(0.5, 2).map(_short))}
        for day in (date(2025, 9, 1), date(2025, 12, 31), date(2026, 3, 29))
    ]
    return {
        "subjects": [
            {"subject_key": key, "kind": kind, "subject_bucket": 1, "staff_alias": None}
            for kind, keys in kinds
            for key in keys
        ],
        "subject_links": links if merged else [],
        "accounts": [
            {"account_key": ACCOUNTS[0], "name": "Firma"},
            {"account_key": ACCOUNTS[1], "size_class": "zzp"},
        ],
        "contacts": contacts,
        "users": users,
        "exchange_rates": rates,
    }


def _short(rate: float) -> float:
    return round(rate, 2)


@st.composite
def sales(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Deals with histories, leads, tasks, quotas and orders."""
    stages = [("first", 1, 0.1, False), ("second", 2, 0.5, True), ("third", 3, 0.8, True)]
    closed = [("won", 4, 1.0, True), ("lost", 5, 0.0, True)]
    found: dict[str, list[Row]] = {
        "pipeline_stages": [
            {"pipeline": "new", "stage": name, "position": position, "probability": probability,
             "is_qualified": is_qualified, "is_closed": (name, position) in {("won", 4), ("lost", 5)}}
            for name, position, probability, is_qualified in stages + closed
        ],
        "deals": [], "deal_changes": [], "leads": [], "tasks": [], "quotas": [], "orders": [],
    }  # fmt: skip
    for number in range(draw(st.integers(0, 12))):
        _add_deal(draw, found, f"d{number}")
    if draw(st.booleans()):
        for deal in found["deals"]:
            deal["outcome"] = "won" if deal["user_key"] == SELLERS[2] else deal["outcome"]
    deals = [deal["record_key"] for deal in found["deals"]]
    for number in range(draw(st.integers(0, 6))):
        found["leads"].append(
            {"record_key": f"l{number}", "customer_key": draw(maybe(st.sampled_from(PERSONS))),
             "source_channel": draw(maybe(st.sampled_from(["web", "fair"]))),
             "created_at": draw(instants), "converted_at": draw(maybe(instants)),
             "deal_id": draw(maybe(st.sampled_from([*deals, "nowhere"])))}
        )  # fmt: skip
        found["tasks"].append(
            {"record_key": f"t{number}", "user_key": draw(maybe(st.sampled_from(SELLERS))),
             "status": draw(st.sampled_from([None, "open", "completed", "Cancelled"])),
             "due_at": draw(maybe(instants)), "completed_at": draw(maybe(instants)),
             "created_at": draw(maybe(instants))}
        )  # fmt: skip
        first, last = draw(local_dates), draw(local_dates)
        found["quotas"].append(
            {"record_key": f"q{number}", "user_key": draw(st.sampled_from(SELLERS)),
             "period_start": first, "period_end": last,
             "amount": draw(amounts), "currency": draw(st.sampled_from(CURRENCIES))}
        )  # fmt: skip
    for number in range(draw(st.integers(0, 10))):
        amount = draw(amounts)
        found["orders"].append(
            {"record_key": f"o{number}", "customer_key": draw(maybe(st.sampled_from(PERSONS))),
             "account_key": draw(maybe(st.sampled_from(ACCOUNTS))),
             "deal_id": draw(maybe(st.sampled_from([*deals, "nowhere"]))),
             "ordered_at": draw(instants), "amount": amount,
             "margin": draw(st.sampled_from([None, amount, -amount, Decimal(0)])),
             "currency": draw(st.sampled_from(CURRENCIES)),
             "status": draw(st.sampled_from([None, "paid", "Cancelled", "refunded"]))}
        )  # fmt: skip
    found["orders"] += draw(twins(found["orders"]))
    return found


@st.composite
def twins(draw: st.DrawFn, rows: list[Row], **others: st.SearchStrategy[Any]) -> list[Row]:
    """Once more some of the rows, at the same instants; only their keys differ, and what is told."""
    return [
        row
        | {"record_key": f"{row['record_key']}b"}
        | {name: draw(values) for name, values in others.items()}
        for row in rows[: draw(st.integers(0, 3))]
    ]


def _add_deal(draw: st.DrawFn, found: dict[str, list[Row]], key: str) -> None:
    stage = st.sampled_from(["first", "second", "third", "won", "lost", "elsewhere"])
    found["deals"].append(
        {"record_key": key, "account_key": draw(maybe(st.sampled_from(ACCOUNTS))),
         "customer_key": draw(maybe(st.sampled_from(PERSONS))),
         "user_key": draw(maybe(st.sampled_from(SELLERS))),
         "pipeline": draw(st.sampled_from(["new", "new", "renewal", None])),
         "stage": draw(stage), "amount": draw(maybe(amounts)),
         "currency": draw(st.sampled_from(CURRENCIES)),
         "probability": draw(st.sampled_from([None, 0.0, 0.25, 1.0])),
         "created_at": draw(maybe(instants)), "engaged_at": draw(maybe(instants)),
         "expected_close_at": draw(maybe(instants)), "closed_at": draw(maybe(instants)),
         "outcome": draw(st.sampled_from([None, "open", "won", "won", "lost"]))}
    )  # fmt: skip
    for number in range(draw(st.integers(0, 5))):
        field = draw(st.sampled_from(["stage", "stage", "amount", "expected_close_at", "outcome"]))
        value = {
            "stage": stage,
            "amount": amounts.map(str),
            "expected_close_at": local_dates.map(str),
            "outcome": st.just("won"),
        }[field]
        found["deal_changes"].append(
            {"record_key": f"{key}c{number}", "deal_id": key, "field": field,
             "value": draw(st.one_of(value, value, st.just("?"))), "changed_at": draw(instants)}
        )  # fmt: skip


@st.composite
def crm(draw: st.DrawFn, *parts: Any) -> dict[str, list[Row]]:
    """Subjects and the parts asked for, such as :func:`sales`."""
    found = draw(subjects())
    for part in parts:
        found |= draw(part())
    return found


@st.composite
def purchases(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Subscriptions, and words on marketing and profiling."""
    statuses = st.sampled_from(["given", "given", "objected", "objected", "withdrawn", "pending"])
    consents = [
        {"record_key": f"w{number}", "customer_key": draw(st.sampled_from(PERSONS)),
         "purpose": draw(st.sampled_from(["marketing", "profiling", "tracking"])),
         "lawful_basis": "consent", "occurred_at": draw(instants), "status": draw(statuses)}
        for number in range(draw(st.integers(0, 8)))
    ]  # fmt: skip
    return {
        "subscriptions": [
            {"record_key": f"s{number}", "customer_key": draw(maybe(st.sampled_from(PERSONS))),
             "account_key": draw(maybe(st.sampled_from(ACCOUNTS))),
             "started_at": draw(instants), "ended_at": draw(maybe(instants)),
             "amount_per_month": draw(amounts), "currency": draw(st.sampled_from(CURRENCIES))}
            for number in range(draw(st.integers(0, 5)))
        ],
        "consents": consents + draw(twins(consents, status=statuses)),
    }  # fmt: skip


@st.composite
def activity(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Contacts, tickets, surveys and campaign events, bursts of clicks among them."""
    persons, accounts = maybe(st.sampled_from(PERSONS)), maybe(st.sampled_from(ACCOUNTS))
    found: dict[str, list[Row]] = {
        "campaigns": [{"record_key": "c0", "channel": "email"}, {"record_key": "c1", "channel": None}],
        "interactions": [], "tickets": [], "surveys": [], "campaign_events": [],
    }  # fmt: skip
    for number in range(draw(st.integers(0, 8))):
        found["interactions"].append(
            {"record_key": f"i{number}", "customer_key": draw(persons), "account_key": draw(accounts),
             "channel": draw(st.sampled_from(["email", "phone", "note"])), "occurred_at": draw(instants)}
        )  # fmt: skip
        found["tickets"].append(
            {"record_key": f"t{number}", "customer_key": draw(persons), "account_key": draw(accounts),
             "status": draw(st.sampled_from(["open", "closed", "Cancelled"])),
             "created_at": draw(maybe(instants)), "resolved_at": draw(maybe(instants))}
        )  # fmt: skip
        found["surveys"].append(
            {"record_key": f"v{number}", "customer_key": draw(persons),
             "ticket_id": draw(st.sampled_from([f"t{number}", "t0", "nowhere", None])),
             "score": draw(st.sampled_from([None, 1, 4, 5])),
             "satisfied": draw(st.sampled_from([None, True, False]))}
        )  # fmt: skip
    for number in range(draw(st.integers(0, 12))):
        at, person = draw(instants), draw(persons)
        kind = draw(st.sampled_from(["sent", "open", "click", "burst"]))
        for place in range(5 if kind == "burst" else 1):
            found["campaign_events"].append(
                {"record_key": f"e{number}-{place}", "customer_key": person,
                 "campaign_id": draw(st.sampled_from(["c0", "c1"])) if place == 0 else "c0",
                 "event_type": "click" if kind == "burst" else kind,
                 "occurred_at": at + timedelta(milliseconds=250 * place),
                 "user_agent_class": draw(st.sampled_from([None, "desktop", "bot", "privacy_proxy"]))}
            )  # fmt: skip
    found["campaign_events"] += draw(
        twins(found["campaign_events"], event_type=st.sampled_from(["sent", "open", "click"]))
    )
    return found
