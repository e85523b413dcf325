"""The rows of source files, read with Python's own csv and openpyxl, and nothing of the pipeline.

What a column means is written down here a second time. Keys are those of the files: who a person is
does not matter to the figures about sales, except a seller, who is paired by the deals.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl

Row = dict[str, Any]
Rows = dict[str, list[Row]]
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
OUTCOMES = {"Gewonnen": "won", "Verloren": "lost", "Lopend": "open"}
SALES_FILES = (
    "crm/medewerkers", "crm/fasen", "crm/kansen-", "crm/kanswijzigingen", "crm/leads",
    "crm/taken", "planning/targets", "planning/exchange_rates", "shop/products",
)  # fmt: skip


class BrokenRowError(ValueError):
    """A row that breaks its contract, which quarantine keeps."""


def sample(folder: Path) -> tuple[Rows, int]:
    """Sales rows of a written sample, and how many rows are broken."""
    rows: Rows = {"orders": []}
    broken = 0

    def read(name: str, pattern: str, encoding: str, make: Callable[[Row], Row]) -> None:
        nonlocal broken
        rows[name] = []
        for path in sorted(folder.glob(pattern)):
            for line in csv_rows(path, encoding, ";" if "/crm/" in str(path) else ","):
                try:
                    rows[name].append(make(required(line)))
                except BrokenRowError:
                    broken += 1

    dutch = "windows-1252"
    read("users", "crm/medewerkers-*.csv", "utf-8-sig", lambda r: {
        "user_key": key_of("crm", r["Code"]), "hired_at": moment(r["In_dienst"]),
        "left_at": moment(r["Uit_dienst"]), "team": r["Team"], "role": r["Functie"],
    })  # fmt: skip
    read("pipeline_stages", "crm/fasen-*.csv", dutch, lambda r: {
        "pipeline": r["Traject"], "stage": r["Fase"], "position": int(r["Volgorde"]),
        "probability": number_of(r["Kans"]), "is_qualified": r["Gekwalificeerd"] == "J",
        "is_closed": r["Afgesloten"] == "J",
    })  # fmt: skip
    read("deals", "crm/kansen-*.csv", dutch, _deal)
    read("deal_changes", "crm/kanswijzigingen-*.csv", dutch, lambda r: {
        "record_key": key_of("crm", r["Nr"]), "deal_id": key_of("crm", r["Kansnr"]),
        # Of a change of owner it is kept that it happened, not to whom (decision 0003).
        "field": r["Veld"], "value": "" if r["Veld"] == "owner" else r["Waarde"],
        "changed_at": required(moment(r["Gewijzigd"])),
    })  # fmt: skip
    read("leads", "crm/leads-*.csv", "utf-8-sig", lambda r: {
        "record_key": key_of("crm", r["Leadnr"]), "customer_key": key_of("crm", r["Contactnr"]),
        "source_channel": r["Bron"] or None, "created_at": required(moment(r["Aangemaakt"])),
        "converted_at": moment(r["Omgezet"]), "deal_id": key_of("crm", r["Kansnr"]),
    })  # fmt: skip
    read("tasks", "crm/taken-*.csv", "utf-8-sig", lambda r: {
        "user_key": key_of("crm", r["Medewerker"]),
        "status": {"open": "open", "gereed": "completed"}[r["Status"]],
        "due_at": moment(r["Vervalt"]), "completed_at": moment(r["Gereed"]),
    })  # fmt: skip
    read("exchange_rates", "planning/exchange_rates-*.csv", "utf-8-sig", lambda r: {
        "rate_date": date.fromisoformat(r["date"]), "currency": r["currency"],
        "rate_to_eur": float(r["rate_to_eur"]),
    })  # fmt: skip
    rows["quotas"] = [
        {
            "user_key": key_of("crm", r["user_code"]), "period_start": _day(r["from"]),
            "period_end": _day(r["until"]), "amount": Decimal(str(r["amount"])),
            "currency": r["currency"],
        }
        for path in sorted(folder.glob("planning/targets-*.xlsx"))
        for r in excel_rows(path, "targets")
    ]  # fmt: skip
    return with_subjects(rows), broken


def with_subjects(rows: Rows) -> Rows:
    """The rows, and the staff whom they name."""
    people = {
        row["user_key"] for name in ("users", "deals", "tasks", "quotas")
        for row in rows.get(name, ()) if row["user_key"]
    }  # fmt: skip
    rows["subjects"] = [{"subject_key": key, "kind": "user"} for key in sorted(people)]
    return rows


def _deal(r: Row) -> Row:
    if r["Uitkomst"] not in OUTCOMES or not r["Fase"]:
        raise BrokenRowError
    return {
        "record_key": required(key_of("crm", r["Kansnr"])), "customer_key": key_of("crm", r["Contactnr"]),
        "account_key": key_of("crm", r["Organisatie"]), "user_key": key_of("crm", r["Verkoper"]),
        "pipeline": r["Traject"] or None, "stage": r["Fase"],
        "amount": amount_of(r["Bedrag"].replace(",", ".")), "currency": r["Valuta"] or None,
        "probability": number_of(r["Kans"]) if r["Kans"] else None,
        "created_at": moment(r["Aangemaakt"]), "engaged_at": moment(r["In_gesprek"]),
        "expected_close_at": moment(r["Verwacht"]), "closed_at": moment(r["Afgesloten"]),
        "outcome": OUTCOMES[r["Uitkomst"]],
    }  # fmt: skip


def csv_rows(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    """Rows of a file, their texts trimmed; an empty one for a line of another length than the head."""
    with path.open(encoding=encoding, newline="") as lines:
        for row in csv.DictReader(lines, delimiter=delimiter):
            is_whole = None not in row and None not in row.values()
            yield {name: text.strip() for name, text in row.items()} if is_whole else {}


def excel_rows(path: Path, sheet: str) -> Iterator[Row]:
    book = openpyxl.load_workbook(path, read_only=True)
    head, *lines = book[sheet].iter_rows(values_only=True)
    yield from (dict(zip(map(str, head), line, strict=True)) for line in lines)
    book.close()


def key_of(source: str, text: str) -> str | None:
    return f"{source}/{text}" if text else None


def required(value: Any) -> Any:
    """The value, of a row that is broken without one."""
    if value is None or value == {}:
        raise BrokenRowError
    return value


def moment(text: str) -> datetime | None:
    """A Dutch clock's time as an instant."""
    if not text:
        return None
    with suppress(ValueError):
        local = datetime.strptime(text, "%d-%m-%Y %H:%M")  # noqa: DTZ007 - the zone follows
        return local.replace(tzinfo=AMSTERDAM).astimezone(UTC)
    raise BrokenRowError


def utc_day(text: str) -> datetime | None:
    """Midnight, in UTC, of a day that has no clock."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else date.fromisoformat(str(value)[:10])


def number_of(text: str) -> float:
    with suppress(ValueError):
        return float(text.replace(",", "."))
    raise BrokenRowError


def amount_of(text: str) -> Decimal | None:
    if not text:
        return None
    with suppress(InvalidOperation):
        return Decimal(text)
    raise BrokenRowError
