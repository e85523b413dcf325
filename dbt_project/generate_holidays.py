"""Writes the public holidays that the business calendars name: ``python -m dbt_project.generate_holidays``.

``seeds/business_hours.csv`` says of each calendar its hours, its time zone and whose holidays it
keeps: a country of ISO 3166, with a part of it after a hyphen (``GB-ENG``). A test compares the seed
with what this module would write.

Source: the ``holidays`` package; public holidays only, as observed.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import holidays

SEEDS = Path(__file__).parent / "seeds"
HOURS, HOLIDAYS = SEEDS / "business_hours.csv", SEEDS / "public_holidays.csv"
YEARS = range(2000, 2041)


def places() -> list[str]:
    """Whose holidays some calendar keeps, in order."""
    with HOURS.open(encoding="utf-8", newline="") as written:
        return sorted({row["holidays"] for row in csv.DictReader(written) if row["holidays"]})


def holiday_rows() -> list[tuple[str, str, str]]:
    """Place, day and name, in order."""
    found = []
    for place in places():
        country, _, part = place.partition("-")
        days = holidays.country_holidays(
            country, subdiv=part or None, years=YEARS, language="en_US"
        )
        found += [(place, day.isoformat(), name) for day, name in sorted(days.items())]
    return found


def text() -> str:
    """The seed as it should be."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("country", "holiday_date", "name"))
    writer.writerows(holiday_rows())
    return out.getvalue()


if __name__ == "__main__":
    HOLIDAYS.write_text(text(), encoding="utf-8")
