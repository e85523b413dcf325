"""Global options, help in two languages, errors as one sentence with their status."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from pipelines.cli import home as home_commands
from pipelines.cli.app import command
from pipelines.cli.faults import explain, stack
from pipelines.cli.main import hoisted
from pipelines.cli.texts import LANGUAGES, Texts, localise
from pipelines.common.errors import BusyError, InputError, KeyMissingError, StorageError

SECRET = "jan.de.vries@example.nl"


def _walk(node: Any, path: str = "klantkluis") -> Iterator[tuple[str, Any]]:
    yield path, node
    for name, child in getattr(node, "commands", {}).items():
        yield from _walk(child, name if path == "klantkluis" else f"{path} {name}")


PATHS = [path for path, _ in _walk(command())]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_help_explains_every_command_with_an_example(cli, path: str, language: str) -> None:
    words = [] if path == "klantkluis" else path.split()
    answer = cli(*words, "--help", "--lang", language)
    assert answer.status == 0
    catalogue = Texts(language)
    example = catalogue.messages["commands"][path]["example"]
    shown = " ".join(answer.out.split())
    assert catalogue("example") + ": " + " ".join(example.split()) in shown


def test_both_catalogues_have_the_same_keys() -> None:
    english, dutch = (Texts(language).messages for language in ("en", "nl"))
    for part in ("commands", "parameters", "messages", "usage"):
        assert english[part].keys() == dutch[part].keys()


def test_catalogue_names_no_command_that_is_gone() -> None:
    assert set(Texts("en").messages["commands"]) == set(PATHS)


def test_placeholders_are_the_same_in_both_languages() -> None:
    import string

    english, dutch = (Texts(language).messages["messages"] for language in ("en", "nl"))
    for key, text in english.items():
        fields = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        other = {name for _, name, _, _ in string.Formatter().parse(dutch[key]) if name is not None}
        assert fields == other, key


def test_every_parameter_has_help_in_both_languages() -> None:
    for language in LANGUAGES:
        root = command()
        localise(root, Texts(language))
        for path, node in _walk(root):
            assert all(parameter.help for parameter in node.params), path


def test_global_options_may_stand_anywhere() -> None:
    chosen, rest = hoisted(
        ["sql", "select 1", "--json", "--home", "x", "--lang=nl", "--limit", "3"]
    )
    assert chosen == ["--json", "--home=x", "--lang=nl"]
    assert rest == ["sql", "select 1", "--limit", "3"]


def test_words_after_two_dashes_are_left_alone() -> None:
    assert hoisted(["sql", "--", "--json"]) == ([], ["sql", "--", "--json"])


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (["bogus"], "There is no such command"),
        (["--lang", "nl", "bogus"], "Die opdracht bestaat niet"),
        (["classify", "absent.csv"], "Nothing is at the path given as file"),
        (["--lang", "nl", "classify", "absent.csv"], "Op het pad bij file staat niets"),
        (["sql", "--nope"], "--nope"),
        (
            ["request", "find", "--name", "x", "--birth-date", "13-1"],
            "The value of --birth-date is not",
        ),
        (["sql", "--limit", "many"], "--limit"),
        (["rules", "approve"], "--by"),
        (["status", "--wait", "soon"], "--wait"),
        (["status", "--lang", "fr"], "--lang"),
        (["sample"], "out"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(cli, words: list[str], needle: str) -> None:
    answer = cli(*words)
    assert answer.status == 2
    assert needle in answer.err
    assert answer.err.count("\n") == 1
    assert not answer.out


def test_wrong_setting_in_the_environment_names_the_setting_not_its_value(
    cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLANTKLUIS_MEMORY_LIMIT_MB", "hunter2")
    answer = cli("sources")
    assert answer.status == 2
    assert "memory_limit_mb" in answer.err.lower()
    assert "hunter2" not in answer.err


def test_missing_home_says_what_to_do_in_both_languages(cli, tmp_path) -> None:
    english = cli("status", "--home", tmp_path / "none")
    dutch = cli("status", "--home", tmp_path / "none", "--lang", "nl")
    assert (english.status, dutch.status) == (2, 2)
    assert "klantkluis init" in english.err
    assert "hier is geen omgeving" in dutch.err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageError("no space", code="no_space"), 1),
        (InputError("a cell is too large", code="cell_too_large", where={"line": 3}), 2),
        (KeyMissingError("the key file is missing", code="key_missing"), 3),
        (BusyError("another run holds the lock", code="home_busy"), 4),
    ],
)
def test_errors_of_ours_have_their_exit_status(
    cli, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(_session: object) -> None:
        raise error

    monkeypatch.setattr(home_commands.Session, "existing_home", fail)
    answer = cli("status")
    assert answer.status == status
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("debug", [False, True])
def test_unforeseen_error_shows_no_value_even_with_debug(
    cli, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    # DuckDB, Polars and pydantic put the offending value into their messages
    def fail(_session: object) -> None:
        person = SECRET
        try:
            int(person)
        except ValueError as error:
            raise RuntimeError(f"could not read {person}") from error

    monkeypatch.setattr(home_commands.Session, "existing_home", fail)
    answer = cli("status", *(["--debug"] if debug else []))
    assert answer.status == 1
    assert "RuntimeError" in answer.err
    assert SECRET not in answer.err + answer.out
    assert ("fail" in answer.err) is debug


def test_system_errors_name_neither_path_nor_message() -> None:
    sentence, status = explain(OSError(errno.ENOSPC, "No space", f"/home/{SECRET}"), Texts("en"))
    assert status == 1
    assert SECRET not in sentence


def test_stack_tells_places_of_causes_too() -> None:
    def outer() -> None:
        try:
            int(SECRET)
        except ValueError as cause:
            raise KeyError(SECRET) from cause

    with pytest.raises(KeyError) as caught:
        outer()
    told = stack(caught.value)
    assert "ValueError" in told
    assert "KeyError" in told
    assert SECRET not in "\n".join(told)


def test_whole_numbers_follow_the_language() -> None:
    assert Texts("nl").number(1234567) == "1.234.567"
    assert Texts("en").number(1234567) == "1,234,567"
    assert Texts("nl").number(True) is True


def test_every_error_has_a_dutch_sentence_and_no_other_has_one(repository) -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("pipelines", "dashboards", "assets")
        for path in (repository / folder).rglob("*.py")
    )
    known = yaml.safe_load((repository / "pipelines/cli/messages_nl.yaml").read_text())["errors"]
    assert [code for code in known if f'"{code}"' not in source] == []
    raised = set(re.findall(r'\bcode="([a-z_]+)"', source))
    assert len(raised) > 150
    assert sorted(raised - known.keys()) == []
