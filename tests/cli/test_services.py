"""``dagster``: on this machine only, on the same home, with nothing of the data in its history."""

from __future__ import annotations

import socket
from pathlib import Path

from pydantic import SecretStr

from pipelines.cli.output import Output
from pipelines.cli.services import address, dagster_arguments, dagster_environment
from pipelines.cli.session import Session
from pipelines.cli.texts import Texts
from pipelines.common.settings import Settings
from pipelines.vault.keyring import FileKey
from tests.support.figures import publish


def test_dagster_listens_on_the_loopback_address_only() -> None:
    arguments = dagster_arguments(3123)
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    assert arguments[arguments.index("--port") + 1] == "3123"


def test_dagster_gets_the_home_and_redacts_errors(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", lang="nl")
    session = Session(settings, Output(Texts("nl"), as_json=False), 0, False)
    environment = dagster_environment(session, session.home)
    assert environment["KLANTKLUIS_HOME"] == str(tmp_path / "home")
    assert environment["DAGSTER_HOME"] == str(tmp_path / "home" / "dagster")
    assert environment["DAGSTER_REDACT_USER_CODE_ERRORS"] == "1"
    assert "PATH" in environment


def test_dashboards_on_a_taken_port_or_a_damaged_file_say_what_to_do(cli, tmp_path: Path) -> None:
    home = tmp_path / "home"
    cli("init", "--home", home)
    key = FileKey(home / "keys" / "dashboards.key").read().hex()
    publish(tmp_path, key=SecretStr(key))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = cli("dashboards", "--home", home, "--port", port)
    assert answer.status == 2
    assert "choose another with --port" in answer.err
    assert "Serving" not in answer.out
    (home / "dashboards.duckdb").write_bytes(b"no database" * 1_000)
    answer = cli("dashboards", "--home", home)
    assert answer.status == 1
    assert "run klantkluis run, which writes it anew" in answer.err
    assert "Traceback" not in answer.err


def test_address_of_either_kind_can_be_opened() -> None:
    assert address("127.0.0.1", 8050) == "http://127.0.0.1:8050"
    assert address("::1", 8050) == "http://[::1]:8050"


def test_dashboards_before_a_publication_say_so(cli, tmp_path: Path) -> None:
    cli("init", "--home", tmp_path / "home")
    answer = cli("dashboards", "--home", tmp_path / "home")
    assert answer.status == 1
    assert "nothing has been published yet" in answer.err
