"""``sql`` on a published file that a test wrote."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.cli.output import plain, printable
from pipelines.common.settings import Home, Settings
from pipelines.warehouse import connection
from pipelines.warehouse.connection import attach, open_instance
from pipelines.warehouse.spill import own_folder

KEY = "ab" * 32


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published") / "home"
    settings = Settings(home=root)
    home = Home.of(settings)
    for folder in home.folders():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = home.keys / "analyst.key"
    key.write_text(KEY + "\n")
    key.chmod(0o600)
    with open_instance(home.spill, settings) as duck:
        attach(duck, home.analytics, SecretStr(KEY), alias="analytics")
        duck.execute("create schema analytics.marts")
        duck.execute(
            """create table analytics.marts.kpi_sales_monthly as
            select range as month_number, (range * 1.5)::decimal(18, 4) as won_revenue,
            null::double as win_rate, date '2026-01-01' as month from range(150)"""
        )
    return root


def test_query_answers_with_a_table(cli, published: Path) -> None:
    answer = cli(
        "sql", "select won_revenue from marts.kpi_sales_monthly limit 2", "--home", published
    )
    assert answer.status == 0
    assert "won_revenue" in answer.out
    assert "2 rows" in answer.out


def test_json_is_one_list_of_row_objects(cli, published: Path) -> None:
    query = "from marts.kpi_sales_monthly where month_number = 1"
    answer = cli("sql", query, "--home", published, "--json")
    assert answer.document == [
        {"month_number": 1, "won_revenue": 1.5, "win_rate": None, "month": "2026-01-01"}
    ]


def test_json_is_not_cut_and_a_table_is(cli, published: Path) -> None:
    query = "from marts.kpi_sales_monthly"
    assert len(cli("sql", query, "--home", published, "--json").document) == 150
    assert "first 100 rows" in cli("sql", query, "--home", published).out
    assert len(cli("sql", query, "--home", published, "--json", "--limit", "7").document) == 7


def test_query_without_rows_is_an_empty_list(cli, published: Path) -> None:
    query = "from marts.kpi_sales_monthly where false"
    assert cli("sql", query, "--home", published, "--json").document == []


def test_query_from_standard_input(cli, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("select 40 + 2 as answer"))
    assert cli("sql", "--home", published, "--json").document == [{"answer": 42}]


@pytest.mark.parametrize(
    ("query", "needle"),
    [
        ("selct 1", "syntax"),
        ("select nothing_here from marts.kpi_sales_monthly", "nothing_here"),
        ("from marts.no_such_table", "no_such_table"),
    ],
)
def test_wrong_query_says_what_is_wrong_with_it(
    cli, published: Path, query: str, needle: str
) -> None:
    answer = cli("sql", query, "--home", published)
    assert answer.status == 2
    assert needle in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    "query",
    [
        "select 'jan@example.nl'::integer",
        "select date 'jan@example.nl'",
        "select strptime('jan@example.nl', '%Y')",
        "select error('jan@example.nl')",
    ],
)
def test_value_that_does_not_fit_is_not_repeated(cli, published: Path, query: str) -> None:
    answer = cli("sql", query, "--home", published, "--debug")
    assert answer.status == 2
    assert "jan@example.nl" not in answer.err + answer.out


@pytest.mark.parametrize(
    "query",
    [
        "from read_csv('/etc/passwd')",
        "copy (select 1) to 'out.csv'",
        "attach 'other.duckdb'",
        "set enable_external_access = true",
        "install spatial",
        "create table marts.mine as select 1",
    ],
)
def test_files_network_and_writing_are_out_of_reach(cli, published: Path, query: str) -> None:
    assert cli("sql", query, "--home", published).status in (2, 3)


def test_missing_key_of_the_analyst_is_not_allowed(cli, tmp_path: Path) -> None:
    (tmp_path / "home" / "keys").mkdir(parents=True)
    answer = cli("sql", "select 1", "--home", tmp_path / "home")
    assert answer.status == 3
    assert "analyst.key" in answer.err


def test_before_publication_it_says_so(cli, tmp_path: Path) -> None:
    keys = tmp_path / "home" / "keys"
    keys.mkdir(parents=True)
    (keys / "analyst.key").write_text(KEY)
    (keys / "analyst.key").chmod(0o600)
    answer = cli("sql", "select 1", "--home", tmp_path / "home", "--lang", "nl")
    assert answer.status == 1
    assert "nog niets gepubliceerd" in answer.err


def test_cell_cannot_steer_the_terminal(cli, published: Path) -> None:
    answer = cli("sql", "select chr(27) || '[2J' || chr(8238) as cell", "--home", published)
    assert answer.status == 0
    assert "\x1b" not in answer.out
    assert "\u202e" not in answer.out


def test_printable_keeps_accents_and_joins_lines() -> None:
    assert printable("Zoë\n€ 5") == "Zoë € 5"


def test_plain_keeps_large_whole_numbers_exact() -> None:
    assert plain([2**60, 3, None, b"x"]) == [str(2**60), 3, None, "b'x'"]


@pytest.mark.parametrize(
    "query",
    [
        "copy (select 1) to '{home}/spill/x.csv'",
        "attach '{home}/spill/y.duckdb' as y",
        "attach ':memory:' as m",
        "create table x as select 1",
        "delete from marts.kpi_sales_monthly",
        "pragma enable_profiling",
        "set enable_external_access = true",
        "load json",
        "select 1; select 2",
        "",
        "   ",
    ],
)
def test_only_one_query_that_reads_is_answered(cli, published: Path, query: str) -> None:
    answer = cli("sql", query.replace("{home}", str(published)), "--home", published)
    assert answer.status == 3
    assert "one query that reads" in answer.err
    assert not [path for path in (published / "spill").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "query",
    [
        "from glob('{spill}/*')",
        "from glob(current_setting('temp_directory') || '/*')",
        "select content from read_text('{spill}/left.csv')",
        "select (select content from read_blob('{spill}/left.csv'))",
        "from '{spill}/left.csv'",
        "from query($$from read_csv('{spill}/left.csv')$$)",
        (
            "from json_execute_serialized_sql(json_serialize_sql("
            "$$select content from read_text('{spill}/left.csv')$$))"
        ),
    ],
)
def test_temporary_files_are_out_of_reach(cli, published: Path, query: str) -> None:
    # DuckDB allows its temporary folder to every query, also without access to anything else.
    spill = own_folder(published / "spill")  # of this process, in which the command runs
    left = spill / "left.csv"
    left.write_text("a\nleft-behind\n")
    try:
        answer = cli("sql", query.replace("{spill}", str(spill)), "--home", published)
    finally:
        left.unlink()
    assert answer.status == 3
    assert "left-behind" not in answer.out + answer.err


def test_query_that_would_fill_the_disk_ends_with_a_sentence(
    cli, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLANTKLUIS_MEMORY_LIMIT_MB", "128")
    monkeypatch.setattr(connection, "_SPILL_PER_MEMORY", 1)
    query = "select count(*) from (select repeat('x', 100) || range as t from range(4_000_000) order by t)"
    answer = cli("sql", query, "--home", published)
    assert answer.status == 2
    assert "more memory and temporary space than a query may use" in answer.err
    assert "raise KLANTKLUIS_MEMORY_LIMIT_MB" in answer.err
