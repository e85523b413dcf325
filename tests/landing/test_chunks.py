"""From files of every format to canonical chunks: mapping features and conservation."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from pipelines.common.entities import load_entities
from pipelines.common.errors import InputError
from pipelines.landing.chunks import CanonicalChunk, canonical_chunks
from pipelines.landing.mapping import SourceMapping

DEALS: dict[str, Any] = {
    "deals": {
        "columns": {
            "deal_id": "id",
            "stage": "stage",
            "amount": "amount",
            "closed_at": "closed",
            "probability": "chance",
        }
    }
}


def source(entities: Any, **file: Any) -> SourceMapping:
    body = {"pattern": "file.csv", "entities": entities, **file}
    return SourceMapping(name="crm", timezone="Europe/Amsterdam", files=[body])


def read(path: Path, mapping: SourceMapping, chunk_rows: int = 1000) -> list[CanonicalChunk]:
    return list(canonical_chunks(path, mapping.files[0], mapping, chunk_rows))


def read_text(tmp_path: Path, text: str, entities: Any, **file: Any) -> CanonicalChunk:
    path = tmp_path / "file.csv"
    path.write_text(text)
    (chunk,) = read(path, source(entities, **file))
    return chunk


def accounts(**columns: Any) -> dict[str, Any]:
    return {"accounts": {"columns": {"account_id": "id", "name": "name", **columns}}}


def test_frame_has_all_columns_of_the_entity_in_order_and_type(tmp_path: Path) -> None:
    chunk = read_text(tmp_path, "id,name\n1,x\n", accounts())
    frame = chunk.frames["accounts"]
    entity = load_entities()["accounts"]
    assert frame.columns == ["_line", *entity.columns]
    assert frame.schema == {
        "_line": pl.Int64(),
        **{c.name: c.polars_type for c in entity.columns.values()},
    }


def test_values_are_replaced_and_others_kept_or_otherwise(tmp_path: Path) -> None:
    text = "id,name,s\n1,GTXPro,a\n2,GTK,b\n3,none,c\n4,x,\n"
    columns = {
        "name": {"from": "name", "values": {"GTXPro": "GTX Pro", "none": None}},
        "sector": {"from": "s", "values": {"a": "A"}, "otherwise": "rest"},
    }
    frame = read_text(tmp_path, text, accounts(**columns)).frames["accounts"]
    assert frame["name"].to_list() == ["GTX Pro", "GTK", None, "x"]
    assert frame["sector"].to_list() == ["A", "rest", "rest", None]


def test_constants_expressions_and_nulls(tmp_path: Path) -> None:
    text = "id,name,first,last\n1, x ,Jan,Jansen\n2,n/a,,-\n"
    columns = {
        "city": {"expression": "first || ' ' || last"},
        "country": {"constant": "NL"},
        "created_at": {"constant": "2024-01-02"},
        "sector": {"from": "last", "null_values": "-"},
        "size_class": {"expression": "CASE WHEN _row = 1 THEN 'first' ELSE 'later' END"},
    }
    frame = read_text(tmp_path, text, accounts(**columns), null_values=["n/a"]).frames["accounts"]
    assert frame["name"].to_list() == ["x", None]
    assert frame["city"].to_list() == ["Jan Jansen", None]
    assert frame["country"].to_list() == ["NL", "NL"]
    assert frame["created_at"][0] == dt.datetime(2024, 1, 1, 23, tzinfo=dt.UTC)
    assert frame["sector"].to_list() == ["Jansen", None]
    assert frame["size_class"].to_list() == ["first", "later"]


def test_constants_and_computed_numbers_have_a_point_whatever_the_file_has(tmp_path: Path) -> None:
    columns = {
        "revenue": {"expression": "TRY_CAST(REPLACE(n, ',', '.') AS DOUBLE) * 10"},
        "name": {"constant": "x"},
    }
    chunk = read_text(tmp_path, "id;n\n1;1,25\n", accounts(**columns), delimiter=";", decimal=",")
    assert chunk.frames["accounts"]["revenue"].to_list() == [Decimal("12.5")]
    entities = {
        "products": {
            "columns": {"product_id": "id", "name": "n", "unit_price": {"constant": 1.5},
                        "unit_cost": "n"}
        }
    }  # fmt: skip
    frame = read_text(tmp_path, "id;n\n1;1,25\n", entities, delimiter=";", decimal=",").frames[
        "products"
    ]
    assert frame.select("unit_price", "unit_cost").rows() == [(Decimal("1.5"), Decimal("1.25"))]


def test_json_integers_keep_all_digits(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text('{"id":123456789012345678901234567890,"name":9007199254740993}\n')
    (chunk,) = read(path, source(accounts(), format="jsonl"))
    row = chunk.frames["accounts"].row(0, named=True)
    assert (row["account_id"], row["name"]) == (
        "123456789012345678901234567890",
        "9007199254740993",
    )


def test_free_text_keeps_its_spaces(tmp_path: Path) -> None:
    entities = {"tickets": {"columns": {"ticket_id": "id", "status": "s", "body": "b"}}}
    chunk = read_text(tmp_path, 'id,s,b\n 1 , open ,"  hi\n there "\n', entities)
    row = chunk.frames["tickets"].row(0, named=True)
    assert (row["ticket_id"], row["status"], row["body"]) == ("1", "open", "  hi\n there ")


def test_one_row_yields_several_entities_each_by_its_condition(tmp_path: Path) -> None:
    entities = [
        {"entity": "contacts", "columns": {"contact_id": {"position": True}}},
        {
            "entity": "campaign_members",
            "when": "arm <> 'none'",
            "columns": {
                "member_id": {"expression": "CONCAT(_position, '-', arm)"},
                "campaign_id": "arm",
                "contact_id": {"position": True},
                "is_holdout": {"constant": False},
            },
        },
        {
            "entity": "campaign_members",
            "when": "arm = 'none'",
            "columns": {
                "member_id": {"position": True},
                "campaign_id": {"constant": "a"},
                "is_holdout": {"constant": True},
            },
        },
        {
            "entity": "orders",
            "when": "TRY_CAST(spend AS DOUBLE) > 0",
            "columns": {
                "order_id": {"position": True},
                "ordered_at": {"constant": "2024-01-01"},
                "amount": "spend",
            },
        },
    ]
    chunk = read_text(tmp_path, "arm,spend\na,0\nnone,5\nb,x\n,1\n", entities)
    members = chunk.frames["campaign_members"]
    assert members["_line"].to_list() == [2, 3, 4]
    assert members["member_id"].to_list() == ["1-a", "2", "3-b"]
    assert members["is_holdout"].to_list() == [False, True, False]
    assert chunk.frames["orders"]["_line"].to_list() == [3, 5]
    assert chunk.frames["contacts"]["contact_id"].to_list() == ["1", "2", "3", "4"]
    assert chunk.candidates == {"contacts": 4, "campaign_members": 3, "orders": 2}
    assert (chunk.rows_read, chunk.rejects) == (4, [])


def test_row_that_no_entity_applies_to_is_rejected(tmp_path: Path) -> None:
    entities = {"accounts": {"when": "kind = 'account'", **accounts()["accounts"]}}
    chunk = read_text(tmp_path, "id,name,kind\n1,x,account\n2,y,shoe\n3,z,\n", entities)
    assert [(r.line, r.entity, r.rule) for r in chunk.rejects] == [
        (3, None, "no_entity"),
        (4, None, "no_entity"),
    ]
    assert chunk.rejects[0].row == {"id": "2", "name": "y", "kind": "shoe"}


def test_bad_value_rejects_the_row_of_its_entity_only(tmp_path: Path) -> None:
    entities = {
        **accounts(),
        "products": {"columns": {"product_id": "id", "name": "name", "unit_price": "price"}},
    }
    chunk = read_text(tmp_path, "id,name,price\n1,x,9\n2,y,cheap\n", entities)
    assert chunk.frames["accounts"].height == 2
    assert chunk.frames["products"]["product_id"].to_list() == ["1"]
    assert [tuple(r)[:4] for r in chunk.rejects] == [(3, "products", "type", "unit_price")]


def test_row_with_two_bad_values_is_rejected_once_for_the_first(tmp_path: Path) -> None:
    text = "id,stage,amount,closed,chance\n1,won,x,y,z\n2,won,1,2024-01-01,0.5\n3,won,1,bad,0.5\n"
    chunk = read_text(tmp_path, text, DEALS)
    assert [(r.line, r.column) for r in chunk.rejects] == [(2, "amount"), (4, "closed_at")]
    assert chunk.frames["deals"]["deal_id"].to_list() == ["2"]


def test_expression_that_fails_on_a_row_is_an_error_without_its_value(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_text(
            tmp_path,
            "id,name\n1,secret\n",
            accounts(revenue={"expression": "CAST(name AS DOUBLE)"}),
        )
    assert caught.value.code == "expression_failed"
    assert "secret" not in caught.value.sentence
    assert caught.value.__suppress_context__


def test_rows_are_conserved_over_chunks(tmp_path: Path) -> None:
    lines = ["id,stage,amount,closed,chance"]
    for n in range(200):
        bad = {3: "ragged", 5: f'{n},won,"open', 7: ",,,,"}.get(n % 11)
        lines.append(bad or f"{n},won,{'x' if n % 13 == 0 else n},2024-01-01,0.5")
    path = tmp_path / "file.csv"
    path.write_text("\n".join(lines))
    chunks = read(path, source(DEALS), chunk_rows=17)
    landed = sum(c.frames["deals"].height for c in chunks)
    rejected = sum(len(c.rejects) for c in chunks)
    assert len(chunks) > 5
    assert landed + rejected == sum(c.rows_read for c in chunks) == 200
    seen = [n for c in chunks for n in [*c.frames["deals"]["_line"], *(r.line for r in c.rejects)]]
    assert sorted(seen) == list(range(2, 202))
    for c in chunks:
        own = [r for r in c.rejects if r.entity == "deals"]
        assert c.candidates["deals"] == c.frames["deals"].height + len(own)


def test_position_is_the_row_number_and_survives_reloading(tmp_path: Path) -> None:
    entities = accounts()
    entities["accounts"]["columns"]["account_id"] = {"position": True}
    for body in ("name\nx\nx\n", 'name\n"x\ny"\nx\n'):
        frame = read_text(tmp_path, body, entities).frames["accounts"]
        assert frame["account_id"].to_list() == ["1", "2"]


def typed_rows() -> list[dict[str, Any]]:
    closed = dt.datetime(2024, 7, 1, 10, 30)  # noqa: DTZ001 - a file without a zone
    return [
        {"id": 1, "stage": "won", "amount": 1234.5, "closed": closed, "chance": 0.25},
        {"id": 2, "stage": "won", "amount": None, "closed": None, "chance": 1},
    ]


EXPECTED = [
    ("1", "won", Decimal("1234.5"), dt.datetime(2024, 7, 1, 8, 30, tzinfo=dt.UTC), 0.25),
    ("2", "won", None, None, 1.0),
]


def deals_of(chunks: list[CanonicalChunk]) -> list[tuple[Any, ...]]:
    frame = pl.concat([c.frames["deals"] for c in chunks])
    return frame.select("deal_id", "stage", "amount", "closed_at", "probability").rows()


@pytest.mark.parametrize("decimal", [".", ","])
def test_json_lines(tmp_path: Path, decimal: str) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text("\n".join(json.dumps(r, default=str) for r in typed_rows()))
    assert deals_of(read(path, source(DEALS, format="jsonl", decimal=decimal))) == EXPECTED


def test_json_lines_with_nested_objects_and_keys_that_come_later(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    rows = [
        {"id": 1, "who": {"name": "x", "tags": [1]}},
        {"id": 2, "late": 1, "who": {"name": None}},
        {"id": 3, "who": None},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    (chunk,) = read(path, source(accounts(name="who.name"), format="jsonl"))
    assert chunk.frames["accounts"]["name"].to_list() == ["x", None, None]
    assert chunk.unmapped == {"who.tags": 1, "late": 1}


@pytest.mark.parametrize("decimal", [".", ","])
def test_parquet(tmp_path: Path, decimal: str) -> None:
    path = tmp_path / "file.parquet"
    pl.DataFrame(typed_rows(), strict=False).write_parquet(path, row_group_size=1)
    chunks = read(path, source(DEALS, format="parquet", decimal=decimal), chunk_rows=1)
    assert deals_of(chunks) == EXPECTED
    assert [c.frames["deals"]["_line"].to_list() for c in chunks] == [[1], [2]]


def test_parquet_types(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    zoned = dt.datetime(2024, 7, 1, 10, 30, tzinfo=dt.UTC)
    pl.DataFrame(
        {
            "id": [1],
            "name": pl.Series(["x"], dtype=pl.Categorical),
            "m": pl.Series([Decimal("1.25")]),
            "t": [zoned],
            "d": [[1, 2]],
            "b": [True],
        }
    ).write_parquet(path)
    columns = {"revenue": "m", "created_at": "t", "sector": "d", "city": "b"}
    (chunk,) = read(path, source(accounts(**columns), format="parquet"))
    row = chunk.frames["accounts"].row(0, named=True)
    assert (row["account_id"], row["name"], row["revenue"]) == ("1", "x", Decimal("1.25"))
    assert (row["created_at"], row["sector"], row["city"]) == (zoned, "[1,2]", "true")


@pytest.mark.parametrize("decimal", [".", ","])
def test_excel(tmp_path: Path, decimal: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Deals")
    sheet.append(["Export of today"])
    sheet.append(["id", "stage", "amount", "closed", "chance", None])
    for row in typed_rows():
        sheet.append(list(row.values()))
        sheet.append([])
    sheet.append([3, "won", 1, None, 1, "beyond", "the header"])
    path = tmp_path / "file.xlsx"
    book.save(path)
    mapping = source(DEALS, format="excel", sheet="Deals", skip_rows=1, decimal=decimal)
    (chunk,) = read(path, mapping)
    assert deals_of([chunk]) == EXPECTED
    assert chunk.frames["deals"]["_line"].to_list() == [3, 5]
    assert [(r.line, r.rule) for r in chunk.rejects] == [(7, "ragged_row")]
    assert chunk.rows_read == 3
    # A real date in a cell is read as one, whatever format the mapping names for text.
    columns = {**DEALS["deals"]["columns"], "closed_at": {"from": "closed", "formats": "%d-%m-%Y"}}
    mapping = source({"deals": {"columns": columns}}, format="excel", sheet=2, skip_rows=1)
    assert deals_of(read(path, mapping)) == EXPECTED
    with pytest.raises(InputError) as caught:
        read(path, source(DEALS, format="excel", sheet=3))
    assert caught.value.code == "sheet_missing"
