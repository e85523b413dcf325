"""The content of a package: records by entity, texts blacked out, and what a steward should look at.

Privacy: what the stores hold of one person in; the same out without other people, and a review
list of counts and places that names nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from pii_rules.models import ColumnRule, Policy
from pipelines.common.entities import load_entities
from pipelines.packages.gather import Held
from pipelines.packages.words import origin_of, words
from pipelines.privacy.mentions import mention_identifiers
from pipelines.privacy.own_values import OwnValues
from pipelines.privacy.third_persons import Blackened, ThirdPersons
from pipelines.vault.blind_index import BlindIndex

FORMAT: Final = "klantkluis-package/2"
PORTABLE_BASES: Final = frozenset({"consent", "contract"})

_SENTENCE: Final = re.compile(r"[^.!?\n]*(?:[.!?]+(?=\s|$)|\n|$)")

Item = dict[str, Any]


class Content(NamedTuple):
    """Sections of a package, and the review list; both plain JSON values."""

    sections: dict[str, Any]
    items: list[Item]


class _Text(NamedTuple):
    """A text that waits to be blacked out, and where it goes."""

    target: dict[str, Any]
    column: str
    text: str
    item: Item
    is_own: bool


def own_of(held: Held) -> OwnValues:
    """The person's own values, which stay in texts."""
    emails = [str(o.fields["email"]) for o in held.sealed.values() if o.fields.get("email")]
    return OwnValues(held.contacts, emails)


def access_content(
    held: Held, policy: Policy, others: ThirdPersons, index: BlindIndex, find_spans: SpanFinder
) -> Content:
    """All sections of an access package.

    Args:
        held: What was gathered.
        policy: Says which columns are free text.
        others: Blacks out whoever is not the person.
        index: For finding the person's own place in others' texts.
        find_spans: The detector.
    """
    items: list[Item] = []
    texts: list[_Text] = []
    records = _records(held, policy, items, texts)
    mentions = _mentions(held, policy, index, find_spans, items, texts)
    aside = [_put_aside(reject, items, texts) for reject in held.put_aside]
    _blacken(texts, others)
    sections = {
        "records": records,
        "texts_about_you": mentions,
        "put_aside": aside,
        "consents": [plain(row) for row in held.consents],
        "requests": [plain(row) for row in held.requests],
        "lists_for_mailings": [plain(row) for row in held.audiences],
        "derived": {name: [plain(r) for r in rows] for name, rows in held.derived.items()},
    }
    return Content(sections, [i for i in items if i["blacked_out"] or i["state"] == "doubtful"])


def portable_content(held: Held, policy: Policy, others: ThirdPersons) -> Content:
    """What the person gave or what was observed of them, on consent or contract; nothing inferred.

    Source: GDPR Art. 20(1); WP 242 rev.01.
    """
    items: list[Item] = []
    texts: list[_Text] = []
    records = _records(held, policy, items, texts, is_portable=_is_portable(policy))
    _blacken(texts, others)
    return Content({"records": records}, [i for i in items if i["blacked_out"]])


SpanFinder = Callable[[list[str]], list[list[Any]]]
Portable = Callable[[str, ColumnRule], bool]


def _is_portable(policy: Policy) -> Portable:
    def portable(entity: str, rule: ColumnRule) -> bool:
        bases = {policy.purposes[p].lawful_basis for p in rule.purposes if p in policy.purposes}
        is_based = bool(bases & PORTABLE_BASES) or entity in words()["contractual"]
        return is_based and origin_of(entity, rule.name) == "given"

    return portable


def _records(
    held: Held,
    policy: Policy,
    items: list[Item],
    texts: list[_Text],
    is_portable: Portable | None = None,
) -> list[dict[str, Any]]:
    """One object per record: entity, source, id, fields under their landed names."""
    made: list[dict[str, Any]] = []
    seen: set[tuple[str, str, str]] = set()
    for entity, rows in held.rows.items():
        for row in rows:
            key = (entity, row["source"], row["record_key"])
            seen.add(key)
            sealed = held.sealed[key].fields if key in held.sealed else {}
            made.append(_record(entity, row, sealed, held, policy))
    for key, opened in held.sealed.items():
        if key not in seen:
            row = {"source": key[1], "record_key": key[2]}
            made.append(_record(key[0], row, opened.fields, held, policy))
    kept = [r for r in (_portable_only(r, policy, is_portable) for r in made) if r["fields"]]
    for record in kept:
        _note_texts(record, policy, items, texts)
    return kept


def _record(
    entity: str,
    row: Mapping[str, Any],
    sealed: Mapping[str, Any],
    held: Held,
    policy: Policy,
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    columns = load_entities()[entity].columns
    for rule in policy.entities[entity].columns.values():
        name = rule.warehouse_column
        if rule.name in words()["withheld"].get(entity, ()):
            continue
        if columns[rule.name].ref == "contacts" and rule.name not in sealed:
            continue  # the person, under our pseudonym
        if sealed.get(rule.name) is not None:
            fields[rule.name] = sealed[rule.name]
        elif rule.action == "redact_text" or rule.name in sealed:
            continue
        elif name is not None and row.get(name) is not None:
            fields[rule.name] = held.called.get(str(row[name]), row[name])
    shown = str(row["record_key"]).partition("/")[2] or sealed.get("contact_id") or ""
    return {
        "entity": entity,
        "source": row["source"],
        "record": shown,
        "fields": plain(fields),
    }


def _portable_only(
    record: dict[str, Any], policy: Policy, is_portable: Portable | None
) -> dict[str, Any]:
    if is_portable is None:
        return record
    rules = policy.entities[record["entity"]].columns
    if not _is_the_persons_word(record):
        rules = {n: r for n, r in rules.items() if r.privacy_class != "free_text"}
    kept = {
        n: v
        for n, v in record["fields"].items()
        if n in rules and is_portable(record["entity"], rules[n])
    }
    return record | {"fields": kept}


def _is_the_persons_word(record: Mapping[str, Any]) -> bool:
    """Whether its text was written by the person: notes and answers of staff were not."""
    fields = record["fields"]
    if record["entity"] == "interactions":
        return bool(fields.get("direction") == "inbound" and fields.get("channel") != "note")
    if record["entity"] == "ticket_events":
        return bool(fields.get("actor_type") == "customer")
    return record["entity"] in ("tickets", "surveys", "consents")


def _note_texts(
    record: dict[str, Any], policy: Policy, items: list[Item], texts: list[_Text]
) -> None:
    rules = policy.entities[record["entity"]].columns
    for name, value in record["fields"].items():
        if rules[name].privacy_class == "free_text" and isinstance(value, str):
            item = _item(items, record["entity"], record["source"], record["record"], name)
            texts.append(_Text(record["fields"], name, value, item, is_own=True))


def _mentions(
    held: Held,
    policy: Policy,
    index: BlindIndex,
    find_spans: SpanFinder,
    items: list[Item],
    texts: list[_Text],
) -> list[dict[str, Any]]:
    """The sentences of others' texts in which the person is mentioned; the rest is not about them."""
    places: list[tuple[Any, bool, str, str]] = []
    for opened, is_sure in held.mentions:
        rules = policy.entities[opened.record.entity].columns
        for name, value in opened.fields.items():
            if (
                isinstance(value, str)
                and name in rules
                and rules[name].privacy_class == "free_text"
            ):
                places.append((opened.record, is_sure, name, value))
    made: list[dict[str, Any]] = []
    found = find_spans([text for *_, text in places])
    for (record, is_sure, name, text), spans in zip(places, found, strict=True):
        mine = [
            s
            for s in spans
            if any(
                (k, index.of(k, v)) in held.mention_pairs for k, v in mention_identifiers(text, [s])
            )
        ]
        if not mine:
            continue
        target: dict[str, Any] = {"entity": record.entity, "source": record.source}
        item = _item(items, record.entity, record.source, record.record_key.partition("/")[2], name)
        item["state"] = "in" if is_sure else "doubtful"
        target["item"] = item["item"]
        texts.append(_Text(target, "text", _excerpt(text, mine), item, is_own=False))
        made.append(target)
    return made


def _excerpt(text: str, spans: Iterable[Any]) -> str:
    """The sentences that hold one of the spans; what was left out is marked."""
    sentences = [m for m in _SENTENCE.finditer(text) if m[0].strip()]
    kept: list[str] = []
    last = -1
    for number, sentence in enumerate(sentences):
        if any(s.start < sentence.end() and s.end > sentence.start() for s in spans):
            if kept and number != last + 1:
                kept.append("[…]")
            kept.append(sentence[0].strip())
            last = number
    return " ".join(kept)


def _put_aside(reject: Any, items: list[Item], texts: list[_Text]) -> dict[str, Any]:
    """A rejected row as it came; its cells may hold anybody."""
    fields = {str(k): plain(v) for k, v in reject.row.items() if v is not None}
    item = _item(items, reject.entity or "", "", f"line {reject.line}", "*")
    for name, value in list(fields.items()):
        if isinstance(value, str):
            texts.append(_Text(fields, name, value, item, is_own=False))
    return {"entity": reject.entity, "line": reject.line, "rule": reject.rule, "fields": fields}


def _item(items: list[Item], entity: str, source: str, record: str, column: str) -> Item:
    made: Item = {
        "item": len(items) + 1, "entity": entity, "source": source, "record": record,
        "column": column, "state": "in", "blacked_out": {},
    }  # fmt: skip
    items.append(made)
    return made


def _blacken(texts: list[_Text], others: ThirdPersons) -> None:
    done: list[Blackened] = others.blacken([t.text for t in texts], [t.is_own for t in texts])
    for text, black in zip(texts, done, strict=True):
        text.target[text.column] = black.text
        for kind, count in black.counts.items():
            counts = text.item["blacked_out"]
            counts[kind] = counts.get(kind, 0) + count


def plain(value: Any) -> Any:
    """JSON values: times in ISO 8601, amounts as numbers."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.hex()
    return value
