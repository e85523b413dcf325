"""The project, compiled once for all workers of a test run."""

from __future__ import annotations

import pytest

from tests.oracle.project import Project, compiled


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.getbasetemp()
    return compiled(base.parent if base.name.startswith("popen-") else base)
