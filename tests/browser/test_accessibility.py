"""axe-core on every page, light and dark: no serious violation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboards.access import Access
from dashboards.pages import PAGES
from tests.support.figures import publish
from tests.support.serving import served

DRAWN = "() => [...document.querySelectorAll('.plot')].every(p => p.dataset.drawn === 'yes')"
SERIOUS = {"serious", "critical"}
FOUND = """() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(
  v => [v.impact, v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')]))"""


@pytest.fixture(scope="module")
def axe(repository: Path) -> str:
    script = repository / ".venv" / "axe" / "package" / "axe.min.js"
    if not script.is_file():
        pytest.skip("no axe-core; .ci/run fetches it with npm")
    return script.read_text("utf-8")


def _serious(page: Any, axe: str, address: str) -> list[tuple[str, ...]]:
    page.goto(address)
    page.wait_for_function(DRAWN)
    page.evaluate(axe)
    return [(address, *rest) for rest in page.evaluate(FOUND) if rest[0] in SERIOUS]


@pytest.mark.parametrize(("theme", "lang"), [("light", "nl"), ("dark", "en")])
def test_pages_of_the_demo_have_no_serious_violation(
    browser: Any, demo_address: str, axe: str, theme: str, lang: str
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    query = f"theme={theme}&lang={lang}"
    found = [_serious(page, axe, f"{demo_address}{one.path}?{query}") for one in PAGES]
    page.close()
    assert [violation for each in found for violation in each] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_with_all_kinds_of_parts_have_no_serious_violation(
    browser: Any, address: str, axe: str, theme: str
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    query = f"theme={theme}&period=2026-03&campaign=mail/M001"
    found = [_serious(page, axe, f"{address}{one.path}?{query}") for one in PAGES]
    found.append(_serious(page, axe, f"{address}/there-is-no-such-page?theme={theme}"))
    page.close()
    assert [violation for each in found for violation in each] == []


def test_sign_in_has_no_serious_violation(browser: Any, axe: str, tmp_path: Path) -> None:
    access = Access.model_validate({"users": {"anna": {"roles": ["sales"]}}, "is_https": False})
    page = browser.new_page()
    with served(publish(tmp_path), access) as address:
        assert _serious(page, axe, f"{address}/") == []
        assert page.inner_text("button") == "Sign in"
    page.close()
