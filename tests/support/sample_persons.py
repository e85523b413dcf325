"""What the sample's own files say of a person, read without any of the pipeline's readers."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

# stem -> source, entity, id column, columns with a customer number, columns with a parent's id
FILES: dict[str, tuple[str, str, str, tuple[str, ...], dict[str, str]]] = {
    "contactpersonen": ("crm", "contacts", "Contactnr", ("Contactnr",), {}),
    "customers": ("shop", "contacts", "customer_id", ("customer_id",), {}),
    "requesters": ("tickets", "contacts", "id", ("id",), {}),
    "kansen": ("crm", "deals", "Kansnr", ("Contactnr",), {}),
    "leads": ("crm", "leads", "Leadnr", ("Contactnr",), {}),
    "contactmomenten": ("crm", "interactions", "Nr", ("Contactnr",), {}),
    "toestemmingen": ("crm", "consents", "Nr", ("Contactnr",), {}),
    "facturen": ("crm", "orders", "Factuurnr", ("Contactnr",), {}),
    "contracten": ("crm", "subscriptions", "Contractnr", ("Contactnr",), {}),
    "members": ("mail", "campaign_members", "id", ("crm_contact",), {}),
    "events": ("mail", "campaign_events", "event_id", ("crm_contact",), {}),
    "tickets": ("tickets", "tickets", "id", ("crm_contact",), {}),
    "portal_tickets": ("tickets", "tickets", "id", ("requester_id",), {}),
    "surveys": ("tickets", "surveys", "id", ("crm_contact",), {}),
    "portal_surveys": ("tickets", "surveys", "id", ("requester_id",), {}),
    "orders": ("shop", "orders", "order_id", ("customer_id",), {}),
    "subscriptions": ("shop", "subscriptions", "id", ("customer_id",), {}),
    "web_events": ("shop", "web_events", "event_id", ("customer_id",), {}),
    "order_lines": ("shop", "order_lines", "line_id", (), {"order_id": "orders"}),
    "factuurregels": ("crm", "order_lines", "Regelnr", (), {"Factuurnr": "orders"}),
    "kanswijzigingen": ("crm", "deal_changes", "Nr", (), {"Kansnr": "deals"}),
    "ticket_events": ("tickets", "ticket_events", "id", (), {"ticket_id": "tickets"}),
    "taken": ("crm", "tasks", "Taaknr", (), {"Kansnr": "deals", "Ticket": "tickets"}),
}
Record = tuple[str, str, str]
"""Source, entity, number."""
NUMBERS_OF = {"Contactnr": "crm", "crm_contact": "crm", "customer_id": "shop"}


class SamplePersons:
    """Records and texts of each person of a sample, by the truth's names of persons."""

    def __init__(self, sample: Path) -> None:
        self.sample = sample
        self.numbers: dict[tuple[str, str], str] = {}
        for row in _truth_rows(sample, "persons"):
            if row["entity"] == "contacts":
                self.numbers[row["source"], row["record_id"]] = row["person_id"]
        self.records: dict[str, set[Record]] = defaultdict(set)
        owner: dict[tuple[str, str], str] = {}
        for stem, (source, entity, key, customers, parents) in FILES.items():
            for row in _rows(sample, source, stem):
                person = self._person(source, row, customers) or next(
                    (
                        owner[target, str(row[column])]
                        for column, target in parents.items()
                        if (target, str(row.get(column))) in owner
                    ),
                    None,
                )
                if person is not None:
                    self.records[person].add((source, entity, str(row[key])))
                    owner[entity, str(row[key])] = person

    def _person(self, source: str, row: dict[str, Any], columns: tuple[str, ...]) -> str | None:
        for column in columns:
            number = row.get(column)
            known = self.numbers.get((NUMBERS_OF.get(column, source), str(number)))
            if number and known:
                return known
        return None

    def contact_numbers(self, person: str) -> list[tuple[str, str]]:
        """(source, customer number) of a person."""
        return sorted(k for k, v in self.numbers.items() if v == person)


@cache
def spans_of(sample: Path) -> dict[Record, dict[str, list[dict[str, Any]]]]:
    """The truth's spans by record and column."""
    found: dict[Record, dict[str, list[dict[str, Any]]]] = defaultdict(dict)
    for path in sorted((sample / "truth").glob("spans-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            body = json.loads(line)
            key = (body["source"], body["entity"], body["record_id"])
            found[key][body["column"]] = body["spans"]
    return found


def _truth_rows(sample: Path, name: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for path in sorted((sample / "truth").glob(f"{name}-*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            rows += list(csv.DictReader(lines))
    return rows


def _rows(sample: Path, source: str, stem: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted((sample / source).glob(f"{stem}-*")):
        if path.suffix == ".parquet":
            rows += pl.read_parquet(path).to_dicts()
        elif path.suffix == ".jsonl":
            rows += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        else:
            rows += _csv_rows(path)
    return rows


def _csv_rows(path: Path) -> list[dict[str, Any]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = path.read_text(encoding=encoding)
        except UnicodeDecodeError:
            continue
        delimiter = max(";,", key=text.splitlines()[0].count)
        return list(csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter))
    raise AssertionError("an encoding of the sample is unknown")
