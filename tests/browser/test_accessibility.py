"""axe-core on every page, light and dark: no serious violation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboards.pages import PAGES

SERIOUS = {"serious", "critical"}
FOUND = """() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(
  v => [v.impact, v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')]))"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_have_no_serious_violation(
    browser: Any, address: str, repository: Path, theme: str
) -> None:
    axe = repository / ".venv" / "axe" / "package" / "axe.min.js"
    if not axe.is_file():
        pytest.skip("no axe-core; .ci/run fetches it with npm")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    found = []
    for one in PAGES:
        page.goto(f"{address}{one.path}?theme={theme}&period=2026-10&campaign=mail/M001")
        page.evaluate(axe.read_text("utf-8"))
        found += [(one.identity, *rest) for rest in page.evaluate(FOUND) if rest[0] in SERIOUS]
    page.close()
    assert found == []
