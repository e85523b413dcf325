"""What an unknown file holds: kinds by column, a mapping that loads, never a value."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml

from pipelines.batches.classify import classify_file
from pipelines.common.errors import InputError
from pipelines.common.policy import load_policy
from pipelines.landing.sources import load_source
from pipelines.privacy.detector import PresidioDetector

NAMES = ["Jan de Vries", "Sanne Bakker", "Piet Jansen", "Fatima el Amrani", "Kees Visser", "Anna Smit",
         "Mo Yilmaz", "Eva de Boer", "Tom Mulder", "Lisa Dekker", "Noor Peters", "Daan Hendriks"]  # fmt: skip
ROWS = [
    {
        "klantnummer": f"K{1000 + i}",
        "naam": name,
        "e-mail": f"persoon{i}@voorbeeld.example",
        "telefoon": f"06-123456{i:02d}",
        "postcode": f"{1011 + i} AB",
        "geboortedatum": f"{i + 1:02d}-03-1980",
        "bedrag": f"{i * 10},50",
        "actief": "ja" if i % 2 else "nee",
        "x1": f"persoon{i}@elders.example",
        "opmerking": f"Gebeld met {name}, wil graag een nieuwe offerte per mail nr {i}",
        "leeg": "",
    }
    for i, name in enumerate(NAMES)
]
DETECTOR = PresidioDetector()


def written(path: Path) -> Path:
    table = pl.DataFrame(ROWS)
    if path.suffix == ".csv":
        table.write_csv(path, separator=";")
    elif path.suffix == ".jsonl":
        table.write_ndjson(path)
    elif path.suffix == ".parquet":
        table.write_parquet(path)
    else:
        table.write_excel(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_classify_tells_kinds_and_no_value(tmp_path: Path, suffix: str) -> None:
    found = classify_file(written(tmp_path / f"klanten{suffix}"), DETECTOR, load_policy())
    kinds = {c.column: c.kind for c in found.columns}
    assert kinds["naam"] == "PERSON"
    assert kinds["e-mail"] == kinds["x1"] == "EMAIL"
    assert kinds["telefoon"] == "PHONE"
    assert kinds["postcode"] == "POSTCODE"
    assert kinds["geboortedatum"] == "DATE_OF_BIRTH"
    assert kinds["opmerking"] == "FREE_TEXT"
    assert [kinds[name] for name in ("bedrag", "actief", "leeg")] == [None] * 3
    (note,) = [c for c in found.columns if c.column == "opmerking"]
    assert note.within["PERSON"] > 0.8
    assert all(0 <= c.confidence <= 1 and 0 <= c.share <= 1 for c in found.columns)
    shown = repr(found)
    for row in ROWS:
        for name in ("naam", "e-mail", "telefoon", "geboortedatum", "klantnummer"):
            assert str(row[name]) not in shown


def test_classify_proposes_a_mapping_that_loads(tmp_path: Path) -> None:
    found = classify_file(written(tmp_path / "klanten.csv"), DETECTOR, load_policy())
    file = tmp_path / "mapping.yaml"
    file.write_text(found.mapping)
    source = load_source(file)
    (entity,) = source.files[0].entities
    assert entity.entity == "contacts"
    assert source.files[0].delimiter == ";"
    assert {c: m.from_ for c, m in entity.columns.items()} == {
        "contact_id": "klantnummer",
        "full_name": "naam",
        "email": "e-mail",
        "phone": "telefoon",
        "postcode": "postcode",
        "birth_date": "geboortedatum",
    }
    rules = yaml.safe_load(found.rules)["columns"]
    assert rules["x1"] == {"class": "direct_identifier", "action": "drop"}
    assert rules["opmerking"] == {"class": "free_text", "action": "redact_text"}
    assert rules["naam"]["as"] == "contacts.full_name"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.pdf", b"%PDF", "file_kind_unknown"),
        ("x.csv", b"", "file_unreadable"),
        ("x.jsonl", b"{geheim", "file_unreadable"),
        ("x.xlsx", b"geheim", "file_unreadable"),
        ("x.parquet", b"geheim", "file_unreadable"),
    ],
)
def test_classify_file_that_cannot_be_read_is_told_without_content(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        classify_file(path, DETECTOR)
    assert caught.value.code == code
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "personal"),
    [
        ("hillstrom_email/hillstrom.csv", set()),
        ("maven_crm_sales/sales_teams.csv", {"sales_agent", "manager"}),
        ("maven_crm_sales/sales_pipeline.csv", {"sales_agent"}),
        (
            "support_tickets_kaggle/customer_support_tickets.csv",
            {"Customer Name", "Customer Email", "Ticket Description"},
        ),
    ],
)
def test_classify_real_files(real_data: Path, file: str, personal: set[str]) -> None:
    found = classify_file(real_data / file, DETECTOR)
    sure = {c.column for c in found.columns if c.kind and c.confidence >= 0.6}
    assert personal <= sure
    if not personal:
        assert sure == set()
