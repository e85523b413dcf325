"""The truth beside the sample: who is who, what stands in which text, what must never leak.

- ``truth/persons-YYYYMMDD-NNN.csv``: source, entity, record_id, person_id. One row per record of a person.
- ``truth/spans-YYYYMMDD-NNN.jsonl``: source, entity, record_id, column, language, digest, spans; one line
  per text, texts without personal data too. ``digest`` is :func:`text_digest` of the text.
- ``truth/identifiers-YYYYMMDD-NNN.csv``: kind, value, person_id, origin (column or text).
- ``truth/spoiled-YYYYMMDD.csv``: file, rows that must end in quarantine.

Privacy: invented persons only; still, nothing of the truth is ever landed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, TextIO

import orjson

from pipelines.sample.files import PART_BLOCKS
from pipelines.sample.organisations import Staff
from pipelines.sample.people import Person
from pipelines.sample.texts import Span, Text

_KINDS: Final = {"EMAIL": "email", "PHONE": "phone", "BSN": "national_id", "IBAN": "iban"}
_HEADERS: Final = {
    "persons": ("source", "entity", "record_id", "person_id"),
    "identifiers": ("kind", "value", "person_id", "origin"),
}


def text_digest(text: str) -> str:
    """A short name of a text, to find its spans by."""
    return blake2b(text.encode(), digest_size=12).hexdigest()


class Truth:
    """Collects and writes the truth of a delivery, block after block; ``stamp`` is its day."""

    def __init__(self, out: Path, stamp: str) -> None:
        self._stamp = stamp
        self._folder = out / "truth"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._part = 0
        self._files: dict[str, TextIO] = {}
        self._spans: list[bytes] = []
        self._persons: list[tuple[str, str, str, str]] = []
        self._identifiers: dict[tuple[str, str, str, str], None] = {}
        self.texts = 0
        self.spans = 0

    def begin(self, ordinal: int) -> None:
        """Start a block; blocks share the parts of the files."""
        self.flush()
        if ordinal % PART_BLOCKS == 0:
            self.close()
            self._part += 1

    def person(self, source: str, entity: str, record_id: str, person_id: str) -> None:
        """Say whose a record is."""
        self._persons.append((source, entity, record_id, person_id))

    def identifiers(self, person: Person) -> None:
        """Every identifier of somebody that stands in a column."""
        values = (
            ("email", person.email), ("email", person.other_email), ("phone", person.landline),
            ("phone", person.mobile), ("national_id", person.bsn), ("iban", person.iban),
            ("name", person.name.full),
        )  # fmt: skip
        for kind, value in values:
            if value:
                self._identifiers[kind, value, person.person_id, "column"] = None

    def staff(self, member: Staff) -> None:
        """The identifiers of a colleague."""
        self._identifiers["name", member.name.full, member.user_id, "column"] = None
        self._identifiers["email", member.email, member.user_id, "column"] = None

    def name(self, value: str, person_id: str) -> None:
        """A name that stands in a column of something that is no contact."""
        self._identifiers["name", value, person_id, "column"] = None

    def text(self, source: str, entity: str, record_id: str, column: str, text: Text) -> str:
        """Note the spans of a text that lands; gives the text back."""
        spans = [
            {"start": s.start, "end": s.end, "type": s.type, "person": s.person} for s in text.spans
        ]
        self._spans.append(
            orjson.dumps(
                {
                    "source": source,
                    "entity": entity,
                    "record_id": record_id,
                    "column": column,
                    "language": text.language,
                    "digest": text_digest(text.text),
                    "spans": spans,
                }
            )
        )
        self.texts += 1
        self.spans += len(spans)
        for span in text.spans:
            self._note(text.text[span.start : span.end], span)
        return text.text

    def _note(self, value: str, span: Span) -> None:
        kind = _KINDS.get(span.type)
        if kind is None and span.type == "PERSON" and " " in value and "." not in value:
            kind = "name"
        if kind is not None:
            self._identifiers[kind, value, span.person or "", "text"] = None

    def flush(self) -> None:
        """Write what the block collected."""
        if self._part == 0:
            return
        if self._spans:
            self._open("spans", "jsonl").write((b"\n".join(self._spans) + b"\n").decode())
        self._write_rows("persons", self._persons)
        self._write_rows("identifiers", list(self._identifiers))
        self._spans.clear()
        self._persons.clear()
        self._identifiers.clear()

    def _write_rows(self, name: str, rows: list[tuple[str, str, str, str]]) -> None:
        if rows:
            csv.writer(self._open(name, "csv"), lineterminator="\n").writerows(rows)

    def _open(self, name: str, ending: str) -> TextIO:
        if name not in self._files:
            path = self._folder / f"{name}-{self._stamp}-{self._part:03d}.{ending}"
            self._files[name] = path.open("w", encoding="utf-8", newline="")
            if name in _HEADERS:
                csv.writer(self._files[name], lineterminator="\n").writerow(_HEADERS[name])
        return self._files[name]

    def close(self) -> None:
        """Write what is left and close the files."""
        self.flush()
        for handle in self._files.values():
            handle.close()
        self._files.clear()

    def write_spoiled(self, spoiled: Mapping[str, int]) -> None:
        """Write which files hold how many rows that must end in quarantine."""
        with (self._folder / f"spoiled-{self._stamp}.csv").open(
            "w", encoding="utf-8", newline=""
        ) as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(("file", "rows"))
            writer.writerows(sorted(spoiled.items()))


def read_spans(folder: Path) -> Iterator[dict[str, Any]]:
    """The lines of every ``spans-*.jsonl`` of a truth folder, in order.

    Returns:
        Objects with source, entity, record_id, column, language, digest and spans
        (start, end, type, person), as :class:`Truth` writes them.
    """
    for path in sorted(folder.glob("spans-*.jsonl")):
        with path.open("rb") as handle:
            for line in handle:
                yield orjson.loads(line)
