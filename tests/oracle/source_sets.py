"""The rows of the real sets, read from their files and nothing of the pipeline.

Each set comes as one of our relations or several; what stands for what, and the days that a set
without days is given, is written down here a second time. A person is named by the row.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tests.oracle.source_files import (
    BrokenRowError,
    Row,
    Rows,
    amount_of,
    csv_rows,
    utc_day,
    with_subjects,
)

_SENT = datetime(2008, 3, 1, tzinfo=UTC)
_BOUGHT = datetime(2008, 3, 8, tzinfo=UTC)
_ENDED = datetime(2008, 3, 15, tzinfo=UTC)
_E_MAILS = {"Mens E-Mail": "mens", "Womens E-Mail": "womens"}
_STATES = {"Open": "open", "Pending Customer Response": "pending", "Closed": "closed"}


def maven(folder: Path) -> Rows:
    """The Maven CRM set: days without a clock, amounts in the reporting currency."""
    products = {"GTXPro": "GTX Pro"}
    deals = [
        {
            "record_key": f"maven_crm_sales/{r['opportunity_id']}", "customer_key": None,
            "account_key": r["account"] or None, "user_key": r["sales_agent"] or None,
            "product_id": products.get(r["product"], r["product"]), "pipeline": "sales",
            "stage": r["deal_stage"], "amount": amount_of(r["close_value"]), "currency": None,
            "probability": None, "created_at": None, "engaged_at": utc_day(r["engage_date"]),
            "expected_close_at": None, "closed_at": utc_day(r["close_date"]),
            "outcome": {"Won": "won", "Lost": "lost"}.get(r["deal_stage"], "open"),
        }
        for r in csv_rows(folder / "sales_pipeline.csv", "utf-8-sig", ",")
    ]  # fmt: skip
    teams = list(csv_rows(folder / "sales_teams.csv", "utf-8-sig", ","))
    users = [
        {"user_key": name, "hired_at": None, "left_at": None}
        for name in {r["sales_agent"] for r in teams} | {r["manager"] for r in teams}
    ]
    return with_subjects({"deals": deals, "users": users})


def hillstrom(folder: Path) -> Rows:
    """The e-mail experiment: who got which e-mail, who got none, and who bought for how much.

    Rows that are equal are different persons. Who got none is the hold-out of both e-mails.
    """
    name = "hillstrom_email"
    rows: Rows = {
        "campaigns": [
            {"record_key": f"{name}/{key}", "name": label, "channel": "email", "starts_at": _SENT,
             "ends_at": _ENDED}
            for label, key in _E_MAILS.items()
        ],
        "campaign_members": [], "campaign_events": [], "orders": [], "contacts": [], "web_events": [],
    }  # fmt: skip
    for number, line in enumerate(csv_rows(folder / "hillstrom.csv", "utf-8-sig", ","), start=1):
        person = f"{name}/{number}"
        got = _E_MAILS.get(line["segment"])
        rows["contacts"].append({"record_key": person, "source": name, "customer_key": person})
        rows["campaign_members"] += [
            {"record_key": f"{person}-{key}", "campaign_id": f"{name}/{key}",
             "customer_key": person, "is_holdout": got is None, "added_at": _SENT}
            for key in ([got] if got else _E_MAILS.values())
        ]  # fmt: skip
        happened = [("sent", _SENT)] * bool(got) + [("conversion", _BOUGHT)] * (
            bool(got) and line["conversion"] == "1"
        )
        rows["campaign_events"] += [
            {"record_key": f"{person}-{kind}", "campaign_id": f"{name}/{got}",
             "customer_key": person, "event_type": kind, "occurred_at": at}
            for kind, at in happened
        ]  # fmt: skip
        if line["visit"] == "1":
            rows["web_events"].append(
                {"record_key": f"{person}-visit", "customer_key": person, "event_type": "page",
                 "occurred_at": _BOUGHT}
            )  # fmt: skip
        spend = amount_of(line["spend"])
        if spend:
            rows["orders"].append(
                {"record_key": person, "customer_key": person, "account_key": None, "deal_id": None,
                 "ordered_at": _BOUGHT, "amount": spend, "margin": None, "currency": None,
                 "status": None}
            )  # fmt: skip
    rows["subjects"] = [
        {"subject_key": row["customer_key"], "kind": "contact"} for row in rows["contacts"]
    ]
    return rows


def kaggle_tickets(folder: Path) -> tuple[Rows, int]:
    """The tickets and what their customers said of them, and how many rows are broken.

    What the set calls times are instants, and nothing says when a ticket was created.
    """
    rows: Rows = {"tickets": [], "surveys": [], "contacts": []}
    broken = 0
    for line in csv_rows(folder / "customer_support_tickets.csv", "utf-8-sig", ","):
        try:
            _add_ticket(rows, line)
        except BrokenRowError:
            broken += 1
    return rows, broken


def _add_ticket(rows: Rows, line: Row) -> None:
    if not line.get("Ticket ID"):
        raise BrokenRowError
    key = f"support_tickets_kaggle/{line['Ticket ID']}"
    resolved = _american(line["Time to Resolution"])
    rows["contacts"].append(
        {"record_key": key, "customer_key": key, "address": line["Customer Email"].lower()}
    )
    rows["tickets"].append(
        {"record_key": key, "customer_key": key, "account_key": None, "user_key": None,
         "topic": line["Ticket Subject"], "priority": line["Ticket Priority"].lower(),
         "status": _STATES[line["Ticket Status"]], "sla_policy": None, "created_at": None,
         "first_response_at": _american(line["First Response Time"]), "resolved_at": resolved,
         "closed_at": None}
    )  # fmt: skip
    if line["Customer Satisfaction Rating"]:
        score = float(line["Customer Satisfaction Rating"])
        rows["surveys"].append(
            {"record_key": key, "customer_key": key, "ticket_id": key, "asked_at": None,
             "answered_at": resolved, "score": score, "satisfied": score >= 4}
        )  # fmt: skip


def _american(text: str) -> datetime | None:
    """Month, day, year and a clock without seconds, in UTC."""
    if not text:
        return None
    with suppress(ValueError):
        return datetime.strptime(text, "%m/%d/%Y %H:%M").replace(tzinfo=UTC)
    raise BrokenRowError
