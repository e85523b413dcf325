"""Rows about campaigns, support and customers in the files of a sample, read without the pipeline.

What a column means, in which zone a time is written and what a row must have is written down here a
second time. Whoever a row is about is named by what stands in the file: the id in its system, or the
address. :func:`named` gives them the pseudonyms, and fails where one of them got two.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from tests.oracle.source_files import (
    BrokenRowError,
    Row,
    Rows,
    amount_of,
    csv_rows,
    key_of,
    moment,
    required,
    sample,
)

_CHANNELS = {"telefoon": "phone", "bezoek": "meeting", "formulier": "webform", "sociaal": "social",
             "notitie": "note"}  # fmt: skip
_STATES = {"betaald": "paid", "openstaand": "open", "geannuleerd": "cancelled"}
_PROXIES = ("GoogleImageProxy", "YahooMailProxy")
_SCANNERS = ("Barracuda", "Mimecast", "SafeLinks", "Proofpoint", "bot", "scanner")
KEYS = {"customer_key", "account_key", "user_key"}
CONTENTS = {
    "accounts": ("created_at", "revenue"),
    "users": ("hired_at", "left_at", "team", "role"),
    "contacts": ("source", "created_at", "updated_at", "birth_year"),
}
"""What tells records apart whose landed keys are pseudonyms."""
Make = Callable[[Row], Row]


def whole_sample(folder: Path) -> tuple[Rows, int]:
    """Every relation that a figure is made of, and how many rows are broken."""
    rows, broken = sample(folder)
    for relation, pattern, make in _FILES:
        found = rows.setdefault(relation, [])
        for path in sorted(folder.glob(pattern)):
            for line in _lines(path):
                try:
                    found.append(make(required(line)))
                except BrokenRowError:
                    broken += 1
    return rows, broken


def named(rows: Rows, landed: Rows) -> None:
    """Put the pseudonyms of the landed rows in the place of names; fails where something is amiss.

    Every row of a file has to be landed and the other way round, and one name has one pseudonym.
    """
    names: dict[str, str | None] = {}
    for relation, mine in rows.items():
        if relation not in landed or relation in CONTENTS:
            continue
        theirs = {row["record_key"]: row for row in landed[relation]}
        assert theirs.keys() == {row["record_key"] for row in mine}, relation
        assert len(mine) == len(theirs), f"{relation} has a key twice"
        for row in mine:
            for column in KEYS & row.keys():
                name, pseudonym = row[column], theirs[row["record_key"]][column]
                if name is None:
                    assert pseudonym is None, f"{relation}.{column}"
                else:
                    assert names.setdefault(name, pseudonym) == pseudonym, f"{relation}.{column}"
    for relation, column in (("accounts", "account_key"), ("users", "user_key"),
                             ("contacts", "customer_key")):  # fmt: skip
        _by_content(names, rows[relation], landed[relation], column, CONTENTS[relation])
    rows["subjects"] = [
        {"subject_key": key, "kind": kind}
        for kind, column in (("contact", "customer_key"), ("account", "account_key"), ("user", "user_key"))
        for key in sorted(
            {names[row[column]] or "" for some in rows.values() for row in some
             if row.get(column) is not None} - {""}
        )
    ]  # fmt: skip
    for some in rows.values():
        for row in some:
            row |= {column: names[row[column]] for column in KEYS & row.keys() if row[column]}


def _by_content(
    names: dict[str, str | None], mine: list[Row], theirs: list[Row], column: str, by: Sequence[str]
) -> None:
    """Who is who among accounts, staff and contacts, whose landed records do not show their ids.

    Those whom no other row refers to and of whom all is the same are anybody of them.
    """

    def content(row: Row, *, is_named: bool) -> tuple[Any, ...]:
        account = row.get("account_key")
        if is_named and column != "account_key":
            account = names.get(account) if account else None
        return (*(row[name] for name in by), account if column != "account_key" else None)

    left = Counter((content(row, is_named=False), row[column]) for row in theirs)
    assert len(mine) == len(theirs)
    unknown = []
    for row in mine:
        pseudonym = names.get(row[column])
        if pseudonym is None:
            unknown.append(row)
            continue
        left[content(row, is_named=True), pseudonym] -= 1
    assert min(left.values()) == 0, f"{column}: a record differs"
    waiting: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for (told, pseudonym), count in left.items():
        waiting[told] += [pseudonym] * count
    for row in unknown:
        names[row[column]] = waiting[content(row, is_named=True)].pop()


def _lines(path: Path) -> Iterator[Row | None]:
    """The rows of a file; None for one that cannot be read."""
    if path.suffix == ".parquet":
        yield from pl.read_parquet(path).iter_rows(named=True)
    elif path.suffix == ".jsonl":
        for line in path.read_text(encoding="utf-8").splitlines():
            found = None
            with suppress(json.JSONDecodeError):
                found = json.loads(line)
            yield found if isinstance(found, dict) else None
    else:
        is_crm = path.parent.name == "crm"
        is_narrow = path.name.startswith(("organisaties", "facturen", "contracten"))
        yield from csv_rows(
            path, "windows-1252" if is_crm and is_narrow else "utf-8-sig", ";" if is_crm else ","
        )


def instant(text: Any) -> datetime | None:
    """An ISO time in UTC."""
    if text is None or text == "":
        return None
    if isinstance(text, datetime):
        return text.replace(tzinfo=UTC) if text.tzinfo is None else text.astimezone(UTC)
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    raise BrokenRowError


def _one_of(*choices: str | None) -> str | None:
    return next((choice for choice in choices if choice), None)


def _address(text: str | None) -> str | None:
    return f"address/{text.strip().lower()}" if text and text.strip() else None


def _person(r: Row) -> str | None:
    """Of the campaign tool: by the CRM's id, else by the address."""
    return _one_of(key_of("crm", r["crm_contact"]), _address(r["email"]))


def _agent_class(agent: str) -> str | None:
    if not agent:
        return None
    if agent == "Mozilla/5.0" or any(name in agent for name in _PROXIES):
        return "privacy_proxy"
    is_scanner = any(name.lower() in agent.lower() for name in _SCANNERS)
    return "bot" if is_scanner else "person"


def _page(url: str) -> str | None:
    """What is kept of an address: no scheme, no query; a long number in the path is a star."""
    bare = re.sub(r"^\w+://", "", re.split(r"[?#;]", url)[0])
    return re.sub(r"/[^/]*\d{5,}[^/]*", "/*", bare) or None


def _dutch(text: str) -> Decimal | None:
    return amount_of(text.replace(",", "."))


def _year(text: str) -> int | None:
    if not text:
        return None
    with suppress(ValueError):
        return datetime.strptime(text, "%d-%m-%Y").year  # noqa: DTZ007 - a day of birth
    with suppress(ValueError):
        return date.fromisoformat(text).year
    raise BrokenRowError


def _crm_contact(r: Row) -> Row:
    moment(r["Verwijderd"])
    return {
        "record_key": required(key_of("crm", r["Contactnr"])), "source": "crm",
        "customer_key": key_of("crm", r["Contactnr"]), "account_key": key_of("crm", r["Organisatie"]),
        "birth_year": _year(r["Geboortedatum"]), "created_at": moment(r["Aangemaakt"]),
        "updated_at": moment(r["Gewijzigd"]),
    }  # fmt: skip


def _contact(source: str, id_: str, created: str, r: Row) -> Row:
    return {
        "record_key": required(key_of(source, r[id_])), "source": source,
        "customer_key": key_of(source, r[id_]), "account_key": None,
        "birth_year": _year(r.get("birth_date") or ""), "created_at": instant(r[created]),
        "updated_at": instant(r["updated_at"]),
    }  # fmt: skip


def _ticket(r: Row) -> Row:
    return {
        "record_key": required(key_of("tickets", r["id"])),
        "customer_key": _one_of(
            key_of("crm", r.get("crm_contact") or ""), key_of("tickets", r.get("requester_id") or "")
        ),
        "account_key": key_of("crm", r.get("crm_account") or ""),
        "user_key": key_of("crm", r["assignee"] or ""),
        "channel": r["channel"], "topic": r["topic"], "priority": r["priority"],
        "status": required(r["status"] or None),
        "sla_policy": key_of("tickets", r["sla_policy_id"] or ""),
        **{at: instant(r[at])
           for at in ("created_at", "first_response_at", "resolved_at", "closed_at")},
    }  # fmt: skip


def _survey(r: Row) -> Row:
    score = r["score"]
    return {
        "record_key": required(key_of("tickets", r["id"])),
        "customer_key": _one_of(
            key_of("crm", r.get("crm_contact") or ""), key_of("tickets", r.get("requester_id") or "")
        ),
        "ticket_id": key_of("tickets", r["ticket_id"] or ""),
        "asked_at": instant(r["asked_at"]), "answered_at": instant(r["answered_at"]),
        "score": None if score is None else float(score),
        "satisfied": None if score is None else score >= 4,
    }  # fmt: skip


def _campaign_event(r: Row) -> Row:
    return {
        "record_key": required(key_of("mail", r["event_id"])),
        "campaign_id": required(key_of("mail", r["campaign_id"])), "customer_key": _person(r),
        "event_type": required(r["event"] or None), "occurred_at": required(instant(r["timestamp"])),
        "url_path": _page(r["url"]), "user_agent_class": _agent_class(r["user_agent"]),
    }  # fmt: skip


def _cost(source: str, r: Row) -> Row:
    return {
        "record_key": key_of(source, r["id"]), "kind": r["kind"],
        "campaign_id": key_of("mail", r.get("campaign_id") or ""),
        "cost_date": date.fromisoformat(r["date"]), "amount": amount_of(r["amount"]),
        "currency": r["currency"] or None,
    }  # fmt: skip


_FILES: tuple[tuple[str, str, Make], ...] = (
    ("accounts", "crm/organisaties-*.csv", lambda r: {
        "record_key": key_of("crm", r["Relatienummer"]),
        "account_key": key_of("crm", r["Relatienummer"]), "created_at": moment(r["Aangemaakt"]),
        "revenue": _dutch(r["Jaaromzet"]),
    }),
    ("contacts", "crm/contactpersonen-*.csv", _crm_contact),
    ("contacts", "shop/customers-*.csv",
     lambda r: _contact("shop", "customer_id", "registered_at", r)),
    ("contacts", "tickets/requesters-*.jsonl",
     lambda r: _contact("tickets", "id", "created_at", r)),
    ("interactions", "crm/contactmomenten-*.csv", lambda r: {
        "record_key": required(key_of("crm", r["Nr"])),
        "customer_key": key_of("crm", r["Contactnr"]), "account_key": key_of("crm", r["Organisatie"]),
        "channel": required(_CHANNELS.get(r["Soort"], r["Soort"]) or None),
        "occurred_at": required(moment(r["Tijdstip"])),
    }),
    ("consents", "crm/toestemmingen-*.csv", lambda r: {
        "record_key": key_of("crm", r["Nr"]),
        "customer_key": _one_of(key_of("crm", r["Contactnr"]), _address(r["E-mail"])),
        "purpose": r["Doel"], "lawful_basis": r["Grondslag"], "status": r["Stand"],
        "occurred_at": required(moment(r["Tijdstip"])),
    }),
    ("orders", "crm/facturen-*.csv", lambda r: {
        "record_key": key_of("crm", r["Factuurnr"]), "customer_key": key_of("crm", r["Contactnr"]),
        "account_key": key_of("crm", r["Organisatie"]), "deal_id": key_of("crm", r["Kansnr"]),
        "ordered_at": required(moment(r["Datum"])), "amount": _dutch(r["Bedrag"]),
        "margin": _dutch(r["Marge"]), "currency": r["Valuta"] or None, "status": _STATES[r["Status"]],
    }),
    ("orders", "shop/orders-*.parquet", lambda r: {
        "record_key": key_of("shop", r["order_id"]), "customer_key": key_of("shop", r["customer_id"]),
        "account_key": None, "deal_id": None, "ordered_at": instant(r["ordered_at"]),
        "amount": amount_of(str(r["amount"])),
        "margin": None if r["margin"] is None else amount_of(str(r["margin"])),
        "currency": r["currency"], "status": _STATES[r["status"]],
    }),
    ("subscriptions", "crm/contracten-*.csv", lambda r: {
        "record_key": key_of("crm", r["Contractnr"]), "customer_key": key_of("crm", r["Contactnr"]),
        "account_key": key_of("crm", r["Organisatie"]), "started_at": required(moment(r["Ingang"])),
        "ended_at": moment(r["Einde"]), "amount_per_month": _dutch(r["Maandbedrag"]),
        "currency": r["Valuta"] or None,
    }),
    ("subscriptions", "shop/subscriptions-*.csv", lambda r: {
        "record_key": key_of("shop", r["id"]), "customer_key": key_of("shop", r["customer_id"]),
        "account_key": None, "started_at": required(instant(r["started_at"])),
        "ended_at": instant(r["ended_at"]), "amount_per_month": amount_of(r["monthly"]),
        "currency": r["currency"] or None,
    }),
    ("web_events", "shop/web_events-*.csv", lambda r: {
        "record_key": key_of("shop", r["event_id"]), "customer_key": key_of("shop", r["customer_id"]),
        "event_type": r["event"], "occurred_at": required(instant(r["timestamp"])),
    }),
    ("campaigns", "mail/campaigns-*.csv", lambda r: {
        "record_key": key_of("mail", r["id"]), "name": r["name"], "channel": r["channel"] or None,
        "starts_at": instant(r["starts_at"]), "ends_at": instant(r["ends_at"]),
    }),
    ("campaign_members", "mail/members-*.csv", lambda r: {
        "record_key": key_of("mail", r["id"]), "campaign_id": key_of("mail", r["campaign_id"]),
        "customer_key": _person(r), "added_at": instant(r["added_at"]),
        "is_holdout": {"true": True, "false": False, "": None}[r["is_holdout"]],
    }),
    ("campaign_events", "mail/events-*.csv", _campaign_event),
    ("costs", "mail/costs-*.csv", lambda r: _cost("mail", r)),
    ("costs", "planning/sales_costs-*.csv", lambda r: _cost("planning", r)),
    ("sla_policies", "tickets/sla_policies-*.jsonl", lambda r: {
        "record_key": f"{r['id']}/{r['metric']}/{r['priority']}/{r['valid_from']}",
        "source": "tickets",
        "sla_policy_id": r["id"], "metric": r["metric"], "priority": r["priority"],
        "target_minutes": float(r["target_minutes"]), "calendar": r["calendar"],
        "valid_from": instant(r["valid_from"]), "valid_to": instant(r["valid_to"]),
    }),
    ("tickets", "tickets/tickets-*.jsonl", _ticket),
    ("tickets", "tickets/portal_tickets-*.jsonl", _ticket),
    ("ticket_events", "tickets/ticket_events-*.jsonl", lambda r: {
        "record_key": key_of("tickets", r["id"]), "ticket_id": key_of("tickets", r["ticket_id"]),
        "event_type": r["type"], "actor_type": r["actor"],
        "user_key": key_of("crm", r["agent_id"] or ""),
        "occurred_at": required(instant(r["at"])), "tier": r["tier"],
    }),
    ("surveys", "tickets/surveys-*.jsonl", _survey),
    ("surveys", "tickets/portal_surveys-*.jsonl", _survey),
)  # fmt: skip


COMPARED = sorted(
    {relation for relation, _, _ in _FILES} - {"sla_policies"} | {"deals", "leads", "users"}
)
"""The relations that :func:`named` needs as they were landed."""
