"""The files of a package: HTML and PDF to read, JSON and CSV for programs, and their schema.

Values reach HTML through autoescaping and PDF as data, so that no text of a customer is markup.
Privacy: what may be handed over in and out.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from pipelines.packages.words import shown, word

COMPACT: Final = frozenset(
    {"orders", "order_lines", "campaign_events", "campaign_members", "web_events", "deal_changes",
     "consents", "subscriptions", "leads", "quotas"}
)  # fmt: skip
"""Entities that are shown as a table; the others hold texts and are shown one by one."""
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_FORMULA: Final = ("=", "@", "\t", "\r")


def files_of(package: dict[str, Any]) -> dict[str, bytes]:
    """Every file of a package by name."""
    language = package["language"]
    name = "gegevens" if language == "nl" else "data"
    readable = view(package)
    made = {
        f"{name}.html": html(readable),
        f"{name}.pdf": pdf(readable),
        "package.json": orjson.dumps(package, option=orjson.OPT_INDENT_2),
        "package.schema.json": schema_text(),
    }
    return made | {f"csv/{n}.csv": content for n, content in tables(package).items()}


@cache
def schema_text() -> bytes:
    """The JSON Schema of ``package.json``."""
    return files("pipelines.packages").joinpath("package.schema.json").read_bytes()


def html(readable: dict[str, Any]) -> bytes:
    """One page, without anything from elsewhere."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(_template("package.html.j2"))
    return template.render(**readable).encode()


def pdf(readable: dict[str, Any]) -> bytes:
    """The same on paper; fonts come with the compiler, nothing is fetched."""
    import typst

    made: bytes = typst.compile(
        _template("package.typ").encode(),
        sys_inputs={"package": orjson.dumps(readable).decode()},
        format="pdf",
        font_paths=[],
        ignore_system_fonts=True,
    )
    return made


def tables(package: dict[str, Any]) -> dict[str, bytes]:
    """One CSV per entity and section, with a header, in UTF-8."""
    found: dict[str, list[dict[str, Any]]] = {}
    for record in package["records"]:
        row = {"source": record["source"], "record": record["record"]} | record["fields"]
        found.setdefault(record["entity"], []).append(row)
    for section in ("texts_about_you", "requests", "lists_for_mailings"):
        if package.get(section):
            found[section] = package[section]
    if package.get("consents"):
        found["consent_ledger"] = package["consents"]
    if package.get("put_aside"):
        found["put_aside"] = [r["fields"] for r in package["put_aside"]]
    found |= package.get("derived", {})
    return {name: _csv(rows) for name, rows in found.items()}


def view(package: dict[str, Any]) -> dict[str, Any]:
    """As both readable forms show it: words in the reader's language, times in the zone it names."""
    zone = package["timezone"]
    package = _local(package, ZoneInfo(zone))
    language = package["language"]

    def said(name: str) -> str:
        return word("sections", name, language)

    groups: dict[str, list[dict[str, Any]]] = {}
    for record in package["records"]:
        groups.setdefault(record["entity"], []).append(record)
    sections = [
        _section(word("entities", entity, language), rows, entity in COMPACT, language)
        for entity, rows in groups.items()
    ]
    more = [
        _section(
            said(name), [{"source": "", "fields": row} for row in package[name]], True, language
        )
        for name in ("consents", "requests", "lists_for_mailings")
        if package.get(name)
    ]
    more += [
        _section(
            said("put_aside"),
            [{"source": "", "fields": r["fields"]} for r in package["put_aside"]],
            False,
            language,
        )
        for _ in (1,)
        if package.get("put_aside")
    ]
    more += [
        _section(
            f"{said('derived')}: {word('derived', name, language)}",
            [{"source": "", "fields": r} for r in rows],
            False,
            language,
        )
        for name, rows in package.get("derived", {}).items()
    ]
    return {
        "language": language,
        "title": said(f"title_{package['kind']}"),
        "said": {n: said(n) for n in _SAID},
        "made": package["made_at"][:10],
        "request": package["request"] or "",
        "zone": zone,
        "facts": _facts(package.get("information"), language),
        "sections": sections,
        "mentions": [
            {
                "where": word("entities", m["entity"], language),
                "source": m["source"],
                "text": m["text"],
            }
            for m in package.get("texts_about_you", ())
        ],
        "more": more,
    }


_SAID: Final = (
    "information", "records", "texts_about_you", "none", "made", "request", "black", "source",
    "times",
)  # fmt: skip


def _section(
    title: str, rows: list[dict[str, Any]], is_compact: bool, language: str
) -> dict[str, Any]:
    names = list(dict.fromkeys(n for row in rows for n in row["fields"])) if is_compact else []
    return {
        "title": title,
        "heads": [word("columns", n, language) for n in names],
        "rows": [[shown(n, row["fields"].get(n), language) for n in names] for row in rows]
        if names
        else [],
        "blocks": []
        if is_compact
        else [
            {
                "source": row["source"],
                "fields": [
                    [word("columns", n, language), shown(n, v, language)]
                    for n, v in row["fields"].items()
                ],
            }
            for row in rows
        ],
    }


def _facts(information: dict[str, Any] | None, language: str) -> list[dict[str, Any]]:
    """Heading and lines of each fact."""
    if information is None:
        return []
    i = information
    months, basis = word("sections", "months", language), word("sections", "basis", language)
    lines: dict[str, list[str]] = {
        "purposes": [
            f"{p['description']} ({basis}: {p['lawful_basis']}; {p['source']})" for p in i["purposes"]
        ],
        "categories": [f"{name}: {', '.join(kinds)}" for name, kinds in i["categories"].items()],
        "recipients": [_line(r) for r in i["recipients"]],
        "transfers": [_line(t) for t in i["transfers"]],
        "retention": [f"{r['data']}: {r['months']} {months} {r['starts']} ({r['ground']})" for r in i["retention"]],
        "sources": [f"{name}: {text}" for name, text in i["sources"].items()],
        "left_out": [i["left_out"]] if i["left_out"] else [],
        "logic": [i["automated_decisions"]]
        + [f"{word('derived', n, language)}: {b.get('description', '')}" for n, b in i["logic"].items()],
        "rights": [i["rights"], _line(i["authority"]), _line(i["controller"]), i["data_protection_officer"]],
    }  # fmt: skip
    none = word("sections", "none", language)
    return [
        {"title": word("sections", name, language), "lines": found or [none]}
        for name, found in lines.items()
    ]


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(str(v) for v in value.values() if v)
    return str(value)


def _local(value: Any, zone: ZoneInfo) -> Any:
    """The same with every instant to the minute, as a clock in the zone shows it."""
    if isinstance(value, dict):
        return {name: _local(v, zone) for name, v in value.items()}
    if isinstance(value, list):
        return [_local(v, zone) for v in value]
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:  # looks like one, in a text of somebody
            return value
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
    return value


def _csv(rows: list[dict[str, Any]]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    """A spreadsheet runs a cell that begins as a formula; a telephone number is none.

    Source: OWASP, CSV injection.
    """
    if isinstance(value, str) and value:
        is_signed = value[0] in "+-" and not value[1:2].isdigit()
        if value.startswith(_FORMULA) or is_signed:
            return f"'{value}"
    return value


@cache
def _template(name: str) -> str:
    return files("pipelines.packages").joinpath("templates", name).read_text(encoding="utf-8")
