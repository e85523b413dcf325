"""One parsed dbt project for all tests of the orchestration, and homes that use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.common.settings import Settings
from tests.support.context import CRM, Context, make_context


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    from assets.warehouse import load_manifest

    return load_manifest(Settings(home=tmp_path_factory.mktemp("parsed") / "none"))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch, manifest: dict[str, Any]) -> None:
    """Spare a test the parsing of the project."""
    import pipelines.definitions

    monkeypatch.setattr(pipelines.definitions, "load_manifest", lambda settings: manifest)


@pytest.fixture
def deployed(tmp_path: Path) -> Context:
    """A home with one source of its own."""
    context = make_context(tmp_path, CRM)
    context.vault.close()
    return context
