"""A build that fails names nodes and codes, and leaves no value anywhere under the home."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import yaml
from pydantic import SecretStr

from pipelines.common.errors import BuildError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse import dbt_plugin
from pipelines.warehouse.build_session import configure
from pipelines.warehouse.connection import connect_warehouse
from pipelines.warehouse.dbt import PROJECT, BuildChoices, build, write_manifest

KEY = SecretStr("11" * 32)
SETTINGS = Settings(memory_limit_mb=256)
MARKER = "Marker-of-a-person"
CHOICES = BuildChoices(as_of=datetime(2026, 1, 1, tzinfo=UTC), run_id="run-1")

PROJECT_FILE = """
name: klantkluis
version: "1.0"
profile: klantkluis
model-paths: [models]
test-paths: [tests]
"""
GOOD = "{{ config(materialized='table') }} select body, getvariable('as_of') as as_of from warehouse.pseudo.notes"
BAD = "{{ config(materialized='table') }} select cast(body as integer) as n from {{ ref('good') }}"
AFTER = "select * from {{ ref('bad') }}"
TEST = "select body from {{ ref('other') }}"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    for folder in home.folders():
        folder.mkdir(parents=True, exist_ok=True)
    connection = connect_warehouse(home, KEY, SETTINGS)
    connection.execute("create schema pseudo")
    connection.execute("create table pseudo.notes as select ? as body", [MARKER])
    connection.close()
    return home


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "dbt_project.yml").write_text(PROJECT_FILE)
    shutil.copy(PROJECT / "profiles.yml", folder)
    (folder / "models" / "good.sql").write_text(GOOD)
    return folder


def test_build_that_lacks_memory_says_how_to_give_it_more(home: Home, project: Path) -> None:
    text = "{{ config(materialized='table') }} select list(i::varchar) as whole from range(20000000) t(i)"
    (project / "models" / "good.sql").write_text(text)
    with pytest.raises(BuildError) as caught:
        build(home, KEY, Settings(memory_limit_mb=128), CHOICES, project=project)
    assert caught.value.where == {"good": "out_of_memory_error"}
    assert "KLANTKLUIS_MEMORY_LIMIT_MB" in caught.value.sentence


def test_build_failing_cast_leaves_no_value_under_the_home(
    home: Home, project: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (project / "models" / "bad.sql").write_text(BAD)
    (project / "models" / "after.sql").write_text(AFTER)
    (project / "models" / "other.sql").write_text("select * from {{ ref('good') }}")
    (project / "tests" / "assert_nothing.sql").write_text(TEST)
    with pytest.raises(BuildError) as caught:
        build(home, KEY, SETTINGS, CHOICES, project=project)
    assert caught.value.where == {"bad": "conversion_error", "assert_nothing": "test_failed"}
    printed = capfd.readouterr()
    texts = [str(caught.value), printed.out, printed.err, caplog.text]
    files = [p for p in home.root.rglob("*") if p.is_file() and p != home.warehouse]
    assert any(p.name == "partial_parse.msgpack" for p in files)
    contents = [p.read_bytes() for p in files] + [t.encode() for t in texts]
    for secret in (MARKER, KEY.get_secret_value()):
        assert all(secret.encode() not in content for content in contents)
    assert not list(project.glob("logs")) + list(project.glob("target"))


def test_build_releases_the_warehouse_and_keeps_the_key_from_the_environment(
    home: Home, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def noted(cursor: duckdb.DuckDBPyConnection) -> None:
        seen.append(str(os.environ))
        configure(cursor)

    monkeypatch.setattr(dbt_plugin, "configure", noted)
    result = build(home, KEY, SETTINGS, CHOICES, project=project)
    assert [(n.node, n.kind, n.status, n.code) for n in result.nodes] == [
        ("good", "model", "success", "")
    ]
    assert seen
    assert all(KEY.get_secret_value() not in environment for environment in seen)
    connection = connect_warehouse(home, KEY, SETTINGS)
    rows = connection.execute("select as_of from main.good").fetchall()
    connection.close()
    assert rows == [("2026-01-01T00:00:00+00:00",)]


KEYS = """
version: 2
models:
  - name: shown
    data_tests: [{grain: {arguments: {columns: [source, note_id], by_batch: true}}}]
"""
NOTES = """
create schema ops; create schema pseudo;
create table ops.batches as select 1 as batch_id;
create table pseudo.notes as
    select 1 as batch_id, 'crm' as source, unnest(['a', 'b']) as note_id, 'text' as body;
"""


def built(home: Home, project: Path, *statements: str) -> list[str]:
    with closing(connect_warehouse(home, KEY, SETTINGS)) as connection:
        for statement in statements:
            connection.execute(statement)
    return sorted(n.node for n in build(home, KEY, SETTINGS, CHOICES, project=project).nodes)


def new_batch(number: int, note: str) -> str:
    return (
        f"insert into ops.batches values ({number}); "
        f"insert into pseudo.notes values ({number}, 'crm', '{note}', 'text')"
    )


def test_build_leaves_views_that_stand_and_tests_keys_of_new_batches(
    tmp_path: Path, home: Home, project: Path
) -> None:
    home = Home(tmp_path / "keys")
    for folder in home.folders():
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(PROJECT / "macros", project / "macros")
    view, test = project / "models" / "shown.sql", "grain_shown_True__source__note_id"
    view.write_text("{{ config(materialized='view') }} select * from warehouse.pseudo.notes")
    (project / "models" / "shown.yml").write_text(KEYS)
    assert built(home, project, NOTES) == ["good", test, "shown"]
    assert built(home, project, new_batch(2, "c")) == ["good", test]
    with pytest.raises(BuildError) as caught:
        built(home, project, new_batch(3, "a"))
    assert caught.value.where == {test: "test_failed"}
    mended = "delete from pseudo.notes where batch_id = 3"
    assert built(home, project, mended) == ["good", test]
    with pytest.raises(BuildError):
        built(
            home,
            project,
            new_batch(4, "d"),
            "update pseudo.notes set source = null where batch_id = 4",
        )
    taken_back = (
        "delete from ops.batches where batch_id = 2; delete from pseudo.notes where batch_id = 4"
    )
    assert built(home, project, taken_back) == ["good", test, "shown"]


IN_PLACE = """
version: 2
models:
  - name: told
    data_tests:
      - grain: {arguments: {columns: [note_id]}}
      - holds: {arguments: {condition: "amount > 0"}}
"""
TOLD = "select * from warehouse.pseudo.notes"
IN_PYTHON = """
def model(dbt, session):
    dbt.config(materialized="table")
    return session.sql("{query}")
"""


@pytest.mark.parametrize("kind", ["table", "incremental", "python"])
def test_build_tests_a_table_before_it_stands(
    tmp_path: Path, project: Path, kind: str, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """No node of its own: the tests are made in the transaction of the table, and tell no value."""
    home = Home(tmp_path / "in_place")
    for folder in home.folders():
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(PROJECT / "macros", project / "macros")
    hook = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["models"][
        "klantkluis"
    ]["+post-hook"]
    (project / "dbt_project.yml").write_text(
        PROJECT_FILE + yaml.safe_dump({"models": {"klantkluis": {"+post-hook": hook}}})
    )
    (project / "models" / "good.sql").unlink()
    (project / "models" / "told.yml").write_text(IN_PLACE)
    if kind == "python":
        (project / "models" / "told.py").write_text(IN_PYTHON.format(query=TOLD))
    else:
        config = f"{{{{ config(materialized='{kind}') }}}} "
        (project / "models" / "told.sql").write_text(config + TOLD)
    sound = "create schema pseudo; create table pseudo.notes as select 'a' as note_id, 1 as amount"
    assert built(home, project, sound) == ["told"]
    for broken in ("'b', 0", "null, 1", "'a', 2", f"'{MARKER}', 0"):
        with pytest.raises(BuildError) as caught:
            built(home, project, f"delete from pseudo.notes; insert into pseudo.notes values ({broken})",
                  "insert into pseudo.notes values ('a', 1)")  # fmt: skip
        assert caught.value.where == {"told": "test_failed"}
        printed = capfd.readouterr()
        files = [p for p in home.root.rglob("*") if p.is_file() and p != home.warehouse]
        left = [p.read_bytes().decode(errors="replace") for p in files]
        left += [str(caught.value), printed.out, printed.err, caplog.text]
        assert not [text for text in left if MARKER in text]
        if kind != "python":
            with closing(connect_warehouse(home, KEY, SETTINGS)) as connection:
                assert connection.execute("select * from main.told").fetchall() == [("a", 1)]
    last = "delete from pseudo.notes; insert into pseudo.notes values ('c', 3)"
    assert built(home, project, last) == ["told"]


def test_build_of_a_parsed_project_does_not_parse_it_again(
    tmp_path: Path, home: Home, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither at another instant nor in a home that moved, got other keys and other memory."""
    write_manifest(home.root, SETTINGS, project=project)
    moved, key = Home(tmp_path / "moved"), SecretStr("22" * 32)
    shutil.copytree(home.root, moved.root)
    moved.warehouse.unlink()
    with closing(connect_warehouse(moved, key, SETTINGS)) as connection:
        connection.execute("create schema pseudo")
        connection.execute("create table pseudo.notes as select 'moved' as body")

    def parse(*_: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr("dbt.parser.manifest.ManifestLoader.parse_project", parse)
    later = BuildChoices(as_of=datetime(2026, 2, 1, tzinfo=UTC), run_id="run-2")
    build(home, KEY, SETTINGS, CHOICES, project=project)
    build(home, KEY, SETTINGS, later, project=project)
    with closing(connect_warehouse(home, KEY, SETTINGS)) as connection:
        rows = connection.execute("select as_of from main.good").fetchall()
    assert rows == [("2026-02-01T00:00:00+00:00",)]
    build(moved, key, Settings(memory_limit_mb=300), CHOICES, project=project)
    with closing(connect_warehouse(moved, key, SETTINGS)) as connection:
        assert connection.execute("select body from main.good").fetchall() == [("moved",)]
