"""What all tests share: no setting of the developer's machine, no home in the tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.parsed import keep_parsed_under
from tests.support.sharing import (  # noqa: F401  # hooks: pytest finds them here by their names
    pytest_collection_modifyitems,
    pytest_xdist_make_scheduler,
)

settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)

REPOSITORY = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``make pictures`` says of which home."""
    parser.addoption("--pictures-of", help="a published home; its pages become docs/pictures")


@pytest.fixture(autouse=True)
def _own_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A default home outside the tree; the first test that needs none makes nothing."""
    import os

    for name in [name for name in os.environ if name.startswith(("KLANTKLUIS_", "DAGSTER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KLANTKLUIS_HOME", str(tmp_path_factory.getbasetemp() / "no-home"))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")


@pytest.fixture(scope="session", autouse=True)
def _parsed_project(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A place for the parsed dbt project, made by the first test that needs it."""
    keep_parsed_under(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real data sets beside the checkout; tests that use them skip where there are none."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real data beside the checkout")
    return folder
