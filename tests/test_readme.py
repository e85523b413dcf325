"""The README and the runbooks claim nothing that is not there: commands, targets, folders, links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.app import command
from pipelines.cli.main import hoisted

REPOSITORY = Path(__file__).parents[1]
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
NAMES = [str(path.relative_to(REPOSITORY)) for path in DOCUMENTS]


def _code(text: str) -> list[str]:
    """Lines of fenced blocks and what stands between single backticks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines()] + [
        " ".join(inline.split()) for inline in re.findall(r"`([^`]+)`", prose)
    ]


def _commands(text: str) -> list[list[str]]:
    lines = [re.sub(r"^ExecStart=\S*/", "", line) for line in _code(text)]
    return [shlex.split(line)[1:] for line in lines if line.startswith("klantkluis ")]


def _targets() -> set[str]:
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_that_a_document_names_exist(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    named = {line.split()[1] for line in _code(text) if re.match(r"make [a-z]+", line)}
    assert named <= _targets()


@pytest.mark.parametrize("name", NAMES)
def test_commands_that_a_document_names_exist_with_their_options(name: str) -> None:
    for words in _commands((REPOSITORY / name).read_text(encoding="utf-8")):
        node: Any = command()
        _, rest = hoisted(words)
        while rest and rest[0] in getattr(node, "commands", {}):
            node = node.commands[rest.pop(0)]
        assert rest == [] or not hasattr(node, "commands") or rest == ["--help"], words
        options = {option for parameter in node.params for option in parameter.opts} | {"--help"}
        assert {word for word in rest if word.startswith("--")} <= options, words


@pytest.mark.parametrize("name", NAMES)
def test_links_of_a_document_lead_somewhere(name: str) -> None:
    path = REPOSITORY / name
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert broken == []


def test_readme_names_every_top_level_folder_and_no_other() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    tree = set(re.findall(r"^([a-z_]+)/ ", text, re.MULTILINE))
    kept_out = {"data", "data-ledger", "logs"}
    folders = {
        path.name
        for path in REPOSITORY.iterdir()
        if path.is_dir() and not path.name.startswith((".", "_")) and path.suffix != ".egg-info"
    }
    assert tree == folders - kept_out


def test_two_commands_of_the_readme_are_targets_that_set_up_by_themselves() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test", "check", "run", "dashboards", "dagster", "bench"):
        assert re.search(rf"^{target}: \$\(STAMP\)", makefile, re.MULTILINE), target


def test_lock_has_hashes_and_no_addresses() -> None:
    text = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    packages = re.findall(r"^[a-z0-9][a-z0-9._-]*==", text, re.MULTILINE)
    assert len(packages) > 50
    blocks = re.split(r"^(?=[a-z0-9][a-z0-9._-]*==)", text, flags=re.MULTILINE)
    assert [b.split("==")[0] for b in blocks if "==" in b and "--hash=sha256:" not in b] == []
    assert "setuptools==" in text, "an editable install without network needs it"
