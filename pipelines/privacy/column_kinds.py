"""What kind of personal data the columns of an unknown table hold.

Names of columns are hints, values decide: a sample of each column goes through the detector with
the column's name as its context, as Presidio's own tabular tools do.

Privacy: values in; names of kinds, shares and confidences out, never a value.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, Literal, NamedTuple

import polars as pl

from pipelines.privacy.detector import Detector
from pipelines.privacy.spans import Span

SAMPLE: Final = 300
"""Distinct values of a column that are looked at."""
FREE_TEXT: Final = "FREE_TEXT"
Shape = Literal["empty", "number", "date", "boolean", "id", "category", "text", "other"]
_LEAST_SHARE: Final = 0.3
_COVERED: Final = 0.6
_FEW_NAMES: Final = 10
_NUMBER = r"^[+-]?[\d.,]+ ?[%€$£]?$"
_DATE = r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}:\d{2}.*)?$"
_HINTS: Final = {
    "EMAIL": r"e-?mail|mailadres",
    "PHONE": r"tel|phone|mobie?l|gsm|fax",
    "IBAN": r"iban|rekening|bank_?account",
    "BSN": r"bsn|burgerservice|sofi",
    "NATIONAL_ID": r"national_?id|ssn|rijksregister|nino",
    "PERSON": r"naam|name|agent|manager|contact|eigenaar|owner|klant$|customer$",
    "ADDRESS": r"straat|street|adres|address",
    "POSTCODE": r"post_?code|zip",
    "CITY": r"plaats|city|town|woonplaats|gemeente",
    "DATE_OF_BIRTH": r"geb|birth|dob",
    "IP_ADDRESS": r"^ip|_ip|ip_?addr",
    "URL": r"url|website|link",
    "LICENCE_PLATE": r"kenteken|plate",
    "ID_DOCUMENT": r"paspoort|passport|rijbewijs|licen[cs]e_?n",
    "VAT_NUMBER": r"btw|vat",
    "COMPANY_ID": r"kvk",
    "CUSTOMER_NUMBER": r"klantn|customer_?n|debiteur",
    FREE_TEXT: r"opmerk|notes?$|comment|body|bericht|message|omschrijving|description|memo|tekst|text",
}
_COMPANY = re.compile(
    r"company|bedrijf|account|product|campaign|campagne|bestand|file|stage|pipeline"
)


class ColumnKind(NamedTuple):
    """What a column holds.

    ``kind`` is a type of the detector, ``FREE_TEXT``, or None where nothing personal was seen;
    ``share`` is the part of the values looked at that hold it, ``confidence`` (0-1) joins it with
    the name; ``within`` are the types found inside free text, with their share.
    """

    column: str
    kind: str | None
    share: float
    confidence: float
    shape: Shape
    filled: float
    distinct: int
    within: dict[str, float]


def column_kinds(table: pl.DataFrame, detector: Detector) -> list[ColumnKind]:
    """The kind of each column, in the table's order.

    Args:
        table: Text columns, a sample of the rows.
        detector: What finds personal data in a value.
    """
    return [_kind(table[name], detector) for name in table.columns]


def _kind(column: pl.Series, detector: Detector) -> ColumnKind:
    filled = column.cast(pl.String).str.strip_chars()
    filled = filled.filter(filled.is_not_null() & (filled != ""))
    distinct = filled.unique(maintain_order=True)
    step = max(1, len(distinct) // SAMPLE)
    values = distinct.gather_every(step).head(SAMPLE).to_list()
    shape = _shape(column.name, filled, distinct)
    part = round(len(filled) / max(1, len(column)), 3)
    if not values:
        return ColumnKind(column.name, None, 0.0, 0.0, "empty", part, 0, {})
    label = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\W]+", " ", column.name).strip()
    lead = f"{label}: "
    spans = detector.detect([lead + value for value in values])
    whole: Counter[str] = Counter()
    anywhere: Counter[str] = Counter()
    for value, found in zip(values, spans, strict=True):
        inside = [s for s in found if s.end > len(lead)]
        anywhere.update({s.type for s in inside})
        whole.update(_covering(value, inside, len(lead)))
    count = len(values)
    hints = {kind for kind, pattern in _HINTS.items() if re.search(pattern, column.name.lower())}
    if _COMPANY.search(column.name.lower()):
        hints.discard("PERSON")
    if shape == "text":
        within = {k: round(n / count, 3) for k, n in sorted(anywhere.items())}
        sure = 0.9 if FREE_TEXT in hints else 0.7
        return ColumnKind(column.name, FREE_TEXT, 1.0, sure, shape, part, len(distinct), within)
    if len(distinct) < _FEW_NAMES and "PERSON" not in hints:
        del whole["PERSON"]  # "Central" and "Rural" behind a label read like names
    best = max(whole, key=lambda k: (whole[k] * (2 if k in hints else 1), k), default=None)
    share = whole[best] / count if best else 0.0
    if best is None or share < _LEAST_SHARE:
        named = sorted(hints - {FREE_TEXT}) if shape in ("other", "id") else []
        if shape == "date" and "DATE_OF_BIRTH" in hints:
            named = ["DATE_OF_BIRTH"]
        if not named:
            return ColumnKind(column.name, None, 0.0, 0.0, shape, part, len(distinct), {})
        best, share = named[0], whole[named[0]] / count
    # the name alone is a third of the proof; half of it that most values are of that kind
    confidence = min(1.0, 0.6 * share + (0.4 if best in hints else 0.1))
    return ColumnKind(
        column.name, best, round(share, 3), round(confidence, 2), shape, part, len(distinct), {}
    )


def _covering(value: str, spans: list[Span], offset: int) -> set[str]:
    """The types of which a place covers most of the value."""
    return {s.type for s in spans if s.end - max(s.start, offset) >= _COVERED * len(value)}


def _shape(name: str, filled: pl.Series, distinct: pl.Series) -> Shape:
    if not len(filled):
        return "empty"
    words = filled.str.count_matches(r"\S+")
    if float(words.median() or 0) >= 5 or float(words.quantile(0.9) or 0) >= 8:  # type: ignore[arg-type]
        return "text"
    lower = set(distinct.str.to_lowercase().head(5).to_list())
    if len(distinct) <= 2 and lower <= {
        "0",
        "1",
        "true",
        "false",
        "ja",
        "nee",
        "yes",
        "no",
        "j",
        "n",
        "y",
    }:
        return "boolean"
    is_id = bool(re.search(r"(^|_)(id|nr|no|nummer|number|key|code)$", name.lower()))
    if is_id and len(distinct) > 0.5 * len(filled):
        return "id"
    if float(filled.str.contains(_DATE).mean() or 0) > 0.9:  # type: ignore[arg-type]
        return "date"
    if float(filled.str.contains(_NUMBER).mean() or 0) > 0.9:  # type: ignore[arg-type]
        return "number"
    return "category" if len(distinct) <= 50 and len(distinct) < 0.2 * len(filled) else "other"
