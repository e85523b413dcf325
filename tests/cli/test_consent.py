"""`consent` and `audience` from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.batches.context import Tools
from pipelines.steps import PipelineRun
from tests.support.context import Context, WordDetector, make_context

WHO = ("--email", "jan@voorbeeld.example")


@pytest.fixture
def home(tmp_path: Path) -> tuple[str, Path]:
    """The option that names a home with one customer."""
    context = make_context(tmp_path)
    context.deliver("contacts.csv", "id,name,email,mobile\n1,Jan Smit,jan@voorbeeld.example,\n")
    context.land()
    context.vault.close()
    return ("--home", context.home.root)


def test_word_is_set_and_shown_as_of_a_day(cli, home: tuple[str, Path], tmp_path: Path) -> None:
    word = ("--purpose", "marketing", "--channel", "email", "--status")
    assert cli("consent", "set", *WHO, *word, "given", "--at", "2026-01-01", *home).status == 0
    assert cli("consent", "set", *WHO, *word, "withdrawn", "--at", "2026-02-01", *home).status == 0
    shown = cli("consent", "show", *WHO, "--at", "2026-01-15", *home, "--json").document
    assert [row["status"] for row in shown["held"]] == ["given"]
    shown = cli("consent", "show", *WHO, *home, "--json").document
    assert [row["status"] for row in shown["held"]] == ["withdrawn"]
    assert len(shown["words"]) == 2
    assert "jan" not in str(shown)
    assert cli("consent", "set", *WHO, *word, "perhaps", *home).status == 2
    segment = tmp_path / "all.sql"
    segment.write_text("select customer_key from marts.dim_customer")
    answer = cli("audience", "build", segment, "--purpose", "marketing", *home)
    assert answer.status == 1  # nothing is published yet


def test_channel_and_purpose_that_nobody_knows_are_refused(cli, home: tuple[str, Path]) -> None:
    asked = ("request", "open", *WHO, *home, "--right")
    for words, what in (
        ((*asked, "withdraw-consent", "--channel", "duif"), "no such channel"),
        ((*asked, "objection", "--purpose", "nonsense"), "no such purpose"),
        (("consent", "set", *WHO, *home, "--purpose", "marketing", "--status", "given",
          "--channel", "duif"), "no such channel"),
        (("hold", "add", *WHO, *home, "--reference", "2026/1", "--until", "2020-01-01"),
         "cannot end before it begins"),
    ):  # fmt: skip
        told = cli(*words)
        assert told.status == 2, told.out
        assert what in told.err
    assert cli("request", "list", "--all", *home, "--json").document == []
    assert cli(*asked, "withdraw-consent", "--channel", "email").status == 0


def ingest(cli, context: Context) -> None:
    assert cli("ingest", "--home", context.home.root).status == 0


def run_lands(cli, context: Context) -> None:
    tools = Tools(context.settings, WordDetector())
    with PipelineRun.locked(context.settings, tools=tools) as run:
        run.land()


@pytest.mark.parametrize(
    ("words", "code", "dutch"),
    [
        (("--at", "2999-01-01"), "said in the future", "in de toekomst zijn gezegd"),
        (
            ("--at", "2026-02-01", "--expires", "2026-02-01"),
            "before it was said",
            "voordat ze werd gedaan",
        ),
    ],
)
def test_word_of_an_impossible_date_is_refused(
    cli, home: tuple[str, Path], words: tuple[str, ...], code: str, dutch: str
) -> None:
    said = ("consent", "set", *WHO, "--purpose", "marketing", "--status", "given", *words, *home)
    answer = cli(*said)
    assert answer.status == 2
    assert code in answer.err
    assert dutch in cli(*said, "--lang", "nl").err
    assert cli("consent", "show", *WHO, *home, "--json").document["words"] == []


def test_import_names_the_lines_of_persons_nobody_knows(
    cli, home: tuple[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "words.csv"
    file.write_text(
        "email,purpose,status,occurred_at\n"
        "niemand@voorbeeld.example,marketing,withdrawn,2026-01-31\n"
        "\n"
        "jan@voorbeeld.example,marketing,withdrawn,2026-01-31\n"
        "niets@voorbeeld.example,marketing,withdrawn,2026-01-31\n"
    )
    answer = cli("consent", "import", file, *home, "--json")
    assert answer.status == 2
    assert answer.document == {
        "entered": 1, "known": 0, "unknown_lines": [2, 5], "unknown_persons": 2,
    }  # fmt: skip
    assert "lines 2, 5" in answer.err
    assert "voorbeeld" not in answer.err
    assert "(regels 2, 5, rijen 2)" in cli("consent", "import", file, *home, "--lang", "nl").err
    assert len(cli("consent", "show", *WHO, *home, "--json").document["words"]) == 1


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ("given,2999-01-01,,", "word_ahead"),
        ("given,2026-02-01,2026-01-31,", "word_expires_first"),
        ("perhaps,2026-02-01,,", "status_unknown"),
    ],
)
def test_import_of_an_impossible_line_enters_nothing(
    cli, home: tuple[str, Path], tmp_path: Path, cells: str, fault: str
) -> None:
    file = tmp_path / "words.csv"
    file.write_text(
        "email,purpose,status,occurred_at,expires_at,channel\n"
        "jan@voorbeeld.example,marketing,withdrawn,2026-01-31,,\n"
        f"niemand@voorbeeld.example,marketing,{cells}\n"
    )
    answer = cli("consent", "import", file, *home)
    assert answer.status == 2
    assert f"line 3, fault {fault}" in answer.err
    assert f"regel 3, fout {fault}" in cli("consent", "import", file, *home, "--lang", "nl").err
    assert cli("consent", "show", *WHO, *home, "--json").document["words"] == []


@pytest.mark.parametrize(
    ("purpose", "todo", "dutch"),
    [
        ("accounting", "marketing, tracking", "berust niet op toestemming"),
        ("profiling", "--right objection", "gerechtvaardigd belang"),
    ],
)
def test_consent_is_withdrawn_only_where_it_was_asked(
    cli, home: tuple[str, Path], purpose: str, todo: str, dutch: str
) -> None:
    asked = ("request", "open", *WHO, *home, "--purpose", purpose, "--right")
    answer = cli(*asked, "withdraw-consent")
    assert answer.status == 2
    assert todo in answer.err
    assert dutch in cli(*asked, "withdraw-consent", "--lang", "nl").err
    assert cli("request", "list", "--all", *home, "--json").document == []
    assert cli(*asked, "objection").status == 0


@pytest.mark.parametrize("land", [ingest, run_lands])
def test_landed_word_is_shown_without_an_audience(cli, tmp_path: Path, land) -> None:
    context = make_context(tmp_path)
    context.vault.close()
    home = ("--home", context.home.root)
    context.deliver("contacts.csv", "id,name,email,mobile\n1,Jan Smit,jan@voorbeeld.example,\n")
    context.deliver(
        "events.csv",
        "id,campaign,email,type,at,ip\n"
        "e1,c1,jan@voorbeeld.example,unsubscribe,2026-02-01T10:00:00,\n",
    )
    land(cli, context)
    asked = ("--customer-id", "crm/1", *home, "--json")
    shown = cli("consent", "show", *asked, "--at", "2026-03-01T09:00:00").document
    assert [(row["status"], row["origin"]) for row in shown["words"]] == [("withdrawn", "event")]
    assert cli("consent", "show", *asked, "--at", "2026-01-31").document["words"] == []
    (found,) = cli("request", "find", *asked).document
    assert found["consents"] == 1
