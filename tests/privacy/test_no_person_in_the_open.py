"""Line 2: outside vault, keys, quarantine, outbox and inbox no file of a home holds an identifier.

Every file is opened and read: DuckDB and SQLite row by row, anything else as bytes.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.common.errors import KlantkluisError
from tests.support.demo import Demo
from tests.support.stores import duckdb_relations, sqlite_tables, stores_of

PRIVATE = {
    "vault.db",
    "vault.db-wal",
    "vault.db-shm",
    "keys.db",
    "keys",
    "quarantine",
    "outbox",
    "inbox",
}
FREE_TEXT = re.compile(r"_redacted$")


class Identifiers:
    """The sample's identifiers of one kind, to be looked for in texts."""

    def __init__(self, demo: Demo) -> None:
        rows = demo.truth("identifiers")
        self.column = {r["value"] for r in rows if r["origin"] == "column"}
        self.all = {r["value"] for r in rows}
        self._words = re.compile(r"[^\s,;:\"'<>()\[\]|=]+")

    def found_in(self, text: str, *, values: set[str] | None = None) -> set[str]:
        """Identifiers that stand in the text: whole values, also inside a longer text."""
        wanted = self.all if values is None else values
        words = self._words.findall(text)
        spans = {" ".join(words[i : i + n]) for n in range(1, 6) for i in range(len(words) - n + 1)}
        return wanted & (spans | {s.strip(".!?") for s in spans} | {text})


@pytest.fixture(scope="module")
def identifiers(demo: Demo) -> Identifiers:
    return Identifiers(demo)


def open_files(demo: Demo) -> list[Path]:
    """Files of the home in which nobody may stand."""
    root = demo.home.root
    files = [p for p in root.rglob("*") if p.is_file()]
    return [p for p in files if p.relative_to(root).parts[0] not in PRIVATE]


def texts_of(demo: Demo) -> Iterator[tuple[str, str, str]]:
    """(file or relation, column, text) of everything that lies open."""
    stores = dict(stores_of(demo.home))
    for path in [*open_files(demo), *(p for p in demo.home.ledger.rglob("*") if p.is_file())]:
        name = path.name
        if path in stores:
            for table, columns, rows in duckdb_relations(path, stores[path], demo.home.spill):
                for row in rows:
                    for column, value in zip(columns, row, strict=True):
                        if isinstance(value, str):
                            yield f"{name}:{table}", column, value
        elif path.read_bytes()[:15] == b"SQLite format 3":
            for table, columns, rows in sqlite_tables(path):
                for row in rows:
                    for column, value in zip(columns, row, strict=True):
                        text = (
                            value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                        )
                        if isinstance(text, str):
                            yield f"{name}:{table}", column, text
        else:
            for line in path.read_bytes().decode("utf-8", "replace").splitlines():
                yield name, "", line


def leaks(demo: Demo, identifiers: Identifiers) -> tuple[dict[str, int], int, int]:
    """Places with identifiers (structured), and mentions left in redacted texts of how many."""
    places: dict[str, int] = {}
    left = texts = 0
    for place, column, text in texts_of(demo):
        if FREE_TEXT.search(column):
            texts += 1
            left += len(identifiers.found_in(text))
        elif found := identifiers.found_in(text):
            places[f"{place}.{column}"] = places.get(f"{place}.{column}", 0) + len(found)
    return places, left, texts


def test_home_after_a_run_holds_no_identifier(
    demo: Demo, identifiers: Identifiers, record_property: Any
) -> None:
    places, left, texts = leaks(demo, identifiers)
    record_property("identifiers_left_in_redacted_texts", left)
    record_property("redacted_texts", texts)
    assert places == {}
    assert texts > 1000
    # Free text leans on the detector: what it misses is a number, not a promise.
    assert left / texts < 0.02


def test_the_test_itself_finds_what_stands_in_the_open(
    demo: Demo, identifiers: Identifiers
) -> None:
    value = min(v for v in identifiers.column if "@" in v)
    assert identifiers.found_in(f"sent to <{value}>, thanks") == {value}
    name = min(
        v for v in identifiers.column if v.count(" ") == 1 and v.isascii() and v.isprintable()
    )
    assert name in identifiers.found_in(f"called {name}.")


def test_stores_and_keys_are_for_their_owner_only(demo: Demo) -> None:
    assert demo.home.root.stat().st_mode & 0o077 == 0
    for path in demo.home.keys.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name
    for path, _ in stores_of(demo.home):
        assert b"select" not in path.read_bytes().lower(), path.name


FAILURES = {
    "landing": "pipelines.batches.land.land_rows",
    "pseudonymisation": "pipelines.batches.rows.pseudonymise",
    "sealing": "pipelines.batches.seal.save_records",
    "build": "pipelines.warehouse.dbt.build",
    "publication": "pipelines.warehouse.publication.publish",
}


@pytest.mark.parametrize("layer", FAILURES)
def test_home_after_a_failing_run_holds_no_identifier(
    demo: Demo,
    identifiers: Identifiers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    layer: str,
) -> None:
    """A library's exception with values in its message, raised in each layer."""
    own = demo.copy(tmp_path)
    secret = min(v for v in identifiers.column if "@" in v)
    source = next(iter((own.sample / "crm").glob("contactpersonen-*")))
    target = own.home.inbox / "crm" / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    text = source.read_bytes().replace(b"Amsterdam", b"Amersfoort")
    target.write_bytes(text + text.splitlines(keepends=True)[1].replace(b";", b"9;", 1))

    def fail(*_: object, **__: object) -> None:
        raise ValueError(f"could not convert string '{secret}' to INT32")

    monkeypatch.setattr(FAILURES[layer], fail)
    with pytest.raises(KlantkluisError) as error:
        own.run()
    assert secret not in str(error.value)
    assert secret not in repr(error.value.__dict__)
    assert error.value.__cause__ is None
    assert secret not in caplog.text
    places, _, _ = leaks(own, identifiers)
    assert places == {}
    shutil.rmtree(own.home.root)
