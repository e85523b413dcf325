"""What docs/analysts.md promises: every question answered, every way in open, every file safe."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest

from benchmarks.analysts import PAGE, Question, questions
from pipelines.cli.sql import answer
from pipelines.cli.sql_history import History, kept, used_words
from pipelines.warehouse.connection import connect_published
from tests.support.demo import Demo, shared_demo

QUESTIONS = questions()
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BOOTSTRAP = re.compile(r"^```\n(SET temp_file_encryption.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return shared_demo(tmp_path_factory.getbasetemp()).copy(tmp_path_factory.mktemp("analysts"))


@pytest.fixture(scope="module")
def analyst(demo: Demo) -> Iterator[duckdb.DuckDBPyConnection]:
    with demo.deploy() as deployment:
        key = deployment.keyring.role_key("analyst")
    with connect_published(demo.home, key, demo.settings) as connection:
        yield connection


def test_there_are_at_least_twenty_questions() -> None:
    assert len({question.title for question in QUESTIONS}) >= 20


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.title[:40])
def test_question_is_answered(analyst: duckdb.DuckDBPyConnection, question: Question) -> None:
    found = answer(analyst, question.sql, None)
    assert len(found.columns) == len(set(found.columns)) > 1


def test_questions_are_about_what_the_demo_has(analyst: duckdb.DuckDBPyConnection) -> None:
    empty = {q.title for q in QUESTIONS if not answer(analyst, q.sql, None).rows}
    assert len(empty) <= len(QUESTIONS) // 4, empty


def test_each_way_from_python_gives_a_frame(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo.home.root.parent)
    (demo.home.root.parent / "data").symlink_to(demo.home.root)
    first, *others = _PYTHON.findall(PAGE.read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    exec(first, names)
    kinds = set()
    for block in others:
        exec(block, names)
        kinds.add(type(names["frame"]).__module__.partition(".")[0])
        assert len(names["frame"])
    names["connection"].close()
    assert kinds == {"polars", "pandas"}


def test_statements_for_other_tools_open_the_publication_and_nothing_can_be_written(
    demo: Demo,
) -> None:
    (text,) = _BOOTSTRAP.findall(PAGE.read_text(encoding="utf-8"))
    key = (demo.home.keys / "analyst.key").read_text().strip()
    text = text.replace("/path/of/the/home", str(demo.home.root))
    with duckdb.connect() as connection:
        for statement in text.replace("the text of analyst.key", key).splitlines():
            connection.execute(statement)
        assert connection.execute("select count(*) from marts.kpi_campaign").fetchone() != (0,)
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("delete from marts.kpi_campaign")


def test_answer_as_csv_parquet_and_excel(cli: Any, demo: Demo, tmp_path: Path) -> None:
    query = (
        "select '=1+1' as formula, ' @sum' as spaced, 1.5::decimal(9, 2) as amount, "
        "date '2026-01-02' as day, null::varchar as nothing, ['a', 'b'] as several, "
        "{'on': date '2026-01-02'} as whole"
    )
    for kind in ("csv", "parquet", "xlsx"):
        told = cli("sql", query, "--out", tmp_path / f"x.{kind}", "--home", demo.home.root)
        assert told.status == 0, told.err
        assert (tmp_path / f"x.{kind}").stat().st_mode & 0o777 == 0o600
    text = (tmp_path / "x.csv").read_text(encoding="utf-8-sig")
    (made,) = csv.reader(text.splitlines()[1:])
    assert made[:5] == ["'=1+1", "' @sum", "1.50", "2026-01-02", ""]
    assert [json.loads(cell) for cell in made[5:]] == [["a", "b"], {"on": "2026-01-02"}]
    (row,) = pl.read_parquet(tmp_path / "x.parquet").rows()
    assert row[0] == "=1+1"
    cells = openpyxl.load_workbook(tmp_path / "x.xlsx").active[2]
    assert (cells[0].value, cells[0].data_type, cells[2].value) == ("=1+1", "s", 1.5)
    assert json.loads(cells[5].value) == ["a", "b"]


def test_file_of_rows_about_people_says_that_it_is_personal_data(
    cli: Any, demo: Demo, tmp_path: Path
) -> None:
    told = cli(
        "sql", "select customer_key from marts.dim_customer join marts.dim_date on true limit 3",
        "--out", tmp_path / "people.csv", "--home", demo.home.root, "--json",
    )  # fmt: skip
    assert told.document == {"rows": 3, "about_people": ["dim_customer"]}
    told = cli(
        "sql", "from marts.kpi_campaign", "--out", tmp_path / "a.csv", "--home", demo.home.root
    )
    assert "personal data" not in told.out


@pytest.mark.parametrize("name", ["x.json", "x", "missing/x.csv"])
def test_file_that_cannot_be_written_is_one_sentence(
    cli: Any, demo: Demo, tmp_path: Path, name: str
) -> None:
    told = cli("sql", "select 1 as one", "--out", tmp_path / name, "--home", demo.home.root)
    assert told.status in (1, 2)
    assert told.err.count("\n") == 1
    assert not list(tmp_path.rglob("*"))


def test_metrics_from_the_command_line(cli: Any, demo: Demo) -> None:
    words = ("metrics", "query", "campaign_sent", "campaign_open_rate", "--by", "campaign__channel")
    told = cli(*words, "--home", demo.home.root, "--json")
    assert told.status == 0, told.err
    assert {row["campaign__channel"] for row in told.document} >= {"email"}
    told = cli("metrics", "query", "privacy_desk_counted", "--home", demo.home.root)
    assert (told.status, "stewards" in told.err) == (3, True)
    listed = {
        row["metric"] for row in cli("metrics", "list", "--home", demo.home.root, "--json").document
    }
    assert "campaign_sent" in listed
    assert not [name for name in listed if name.startswith("privacy_desk")]
    told = cli("metrics", "query", "nothing", "--home", demo.home.root)
    assert (told.status, told.err.count("\n")) == (2, 1)


def test_metrics_of_several_lengths_of_period_are_of_one(cli: Any, demo: Demo) -> None:
    def ask(*words: str) -> Any:
        return cli("metrics", "query", *words, "--home", demo.home.root, "--json")

    created = "support_monthly_tickets_created"
    whole, months = ask(created), ask(created, "--by", "metric_time__month")
    assert whole.document == ask(created, "--grain", "all").document
    assert whole.document[0][created]
    assert (
        months.document == ask(created, "--by", "metric_time__month", "--grain", "month").document
    )
    assert len(months.document) > 1
    people = cli("metrics", "query", created, "--home", demo.home.root)
    assert "length all; --grain" in people.out
    for words, code in (
        ((created, "sales_monthly_won_deals"), "asked together"),
        (("campaign_sent", "--grain", "year"), "leave --grain out"),
        ((created, "--grain", "week"), "no such periods"),
    ):
        told = ask(*words)
        assert (told.status, code in told.err) == (2, True), told.err


def test_history_keeps_queries_without_values() -> None:
    query = (
        "select /* Jan de Vries */ 'jan@example.nl' as q, 'it''s', 0612345678, \"Jan\", -- Jan\n"
        " e'x\\'jan', $$jan$$, $t$jan$t$, 'month' from marts.kpi_campaign "
        "where day >= '2026-01-01' and n < 25 limit 5;"
    )
    line = kept(query, frozenset({"month"}))
    assert not re.search(r"jan|vries|0612345678|it''s", line, re.IGNORECASE)
    assert "\n" not in line
    for part in ("'month'", "'2026-01-01'", "n < 25", "limit 5", "from marts.kpi_campaign"):
        assert part in line


def test_history_file_is_for_its_owner_and_comes_back(
    analyst: duckdb.DuckDBPyConnection, demo: Demo
) -> None:
    history = History(demo.home.root / "sql_history", analyst)
    query = "select * from marts.kpi_sales_monthly where period_grain = 'month' limit 3;"
    history.note("select 'Quirina Verborgen';")
    history.note(query)
    history.note(query)
    path = demo.home.root / "sql_history"
    assert path.stat().st_mode & 0o777 == 0o600
    assert history.lines() == ["select '…';", query]


def test_words_of_the_history_are_no_pseudonyms(analyst: duckdb.DuckDBPyConnection) -> None:
    words = used_words(analyst)
    assert {"month", "email"} <= words
    keys = {key for (key,) in analyst.execute("select user_key from marts.dim_user").fetchall()}
    assert not words & keys


def test_shell_answers_and_remembers_only_what_was_answered(
    cli: Any, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    (demo.home.root / "sql_history").unlink(missing_ok=True)
    typed = iter([".tables", ".help", "selct 'Quirina';", "select 40 + 2 as answer", ";", ".quit"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))
    told = cli("sql", "--home", demo.home.root)
    assert told.status == 0
    assert "kpi_campaign" in told.out
    assert "42" in told.out
    assert told.out.count(".kpis list what there is") == 2, "once to begin with, once for .help"
    assert (demo.home.root / "sql_history").read_text().splitlines() == [
        ".tables",
        "select 40 + 2 as answer ;",
    ]
