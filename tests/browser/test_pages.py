"""Every page in a browser: nothing from elsewhere, no error, nothing over or outside another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dashboards.pages import PAGES
from tests.support.figures import HOSTILE

VIEWS = [
    (390, "light", "nl"), (390, "dark", "en"), (1280, "light", "en"), (1280, "dark", "nl"),
    (1920, "light", "nl"), (1920, "dark", "en"),
]  # fmt: skip
DRAWN = """() => [...document.querySelectorAll('.plot')].every(p => p.dataset.drawn === 'yes')"""
OVERLAPS = """() => {
  const found = [];
  const clipped = [...document.querySelectorAll(
    'a, button, label, h1, h2, dt, dd, .value, .name, .against')];
  for (const one of clipped) {
    const box = one.getBoundingClientRect();
    if (!box.width || one.closest('.scroll') || one.matches('.skip')) continue;
    if (box.right > innerWidth + 1 || box.left < -1) found.push('outside: ' + one.textContent);
  }
  const blocks = [...document.querySelectorAll('main > *')].map(b => b.getBoundingClientRect());
  blocks.forEach((a, i) => blocks.slice(i + 1).forEach(b => {
    if (a.width && b.width && a.left < b.right - 1 && b.left < a.right - 1
        && a.top < b.bottom - 1 && b.top < a.bottom - 1) found.push('overlap ' + i);
  }));
  for (const plot of document.querySelectorAll('.plot')) {
    const frame = plot.getBoundingClientRect();
    const ticks = [...plot.querySelectorAll('.xtick text, .ytick text, .legendtext')];
    const boxes = ticks.map(t => t.getBoundingClientRect());
    boxes.forEach((b, i) => {
      if (b.left < frame.left - 2 || b.right > frame.right + 2 || b.bottom > frame.bottom + 2)
        found.push('clipped: ' + ticks[i].textContent);
      boxes.slice(i + 1).forEach((o, j) => {
        if (b.left < o.right - 1 && o.left < b.right - 1 && b.top < o.bottom - 2
            && o.top < b.bottom - 2)
          found.push('labels: ' + ticks[i].textContent + ' / ' + ticks[i + 1 + j].textContent);
      });
    });
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push('page is too wide');
  return found;
}"""


def _watched(page: Any, address: str) -> list[str]:
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda e: wrong.append(str(e)))

    def asked(request: Any) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            wrong.append(request.url)

    page.on("request", asked)
    return wrong


@pytest.mark.parametrize(("width", "theme", "lang"), VIEWS)
def test_pages_render_whole(browser: Any, address: str, width: int, theme: str, lang: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    wrong = _watched(page, address)
    for one in PAGES:
        query = f"theme={theme}&lang={lang}&period=2026-10&campaign=mail/M001"
        page.goto(f"{address}{one.path}?{query}")
        page.wait_for_function(DRAWN)
        assert page.evaluate(OVERLAPS) == [], one.identity
    page.close()
    assert wrong == []


def test_filter_changes_rows_address_and_charts_without_a_new_page(
    browser: Any, address: str
) -> None:
    page = browser.new_page()
    wrong = _watched(page, address)
    page.goto(f"{address}/campaigns?period=2026-10")
    page.wait_for_function(DRAWN)
    page.select_option("#channel", "social")
    page.wait_for_function("() => document.documentElement.dataset.swapped === '1'")
    assert "channel=social" in page.url
    assert "1–17" in page.text_content(".pager")
    page.go_back()
    page.wait_for_function("() => document.documentElement.dataset.swapped === '2'")
    assert "1–25" in page.text_content(".pager")
    page.click("td a:has-text('mail/M001')")
    page.wait_for_load_state()
    assert "/campaign?" in page.url
    assert page.locator("[data-figure='kpi_campaign.sent']").first.text_content().strip() == "104"
    page.close()
    assert wrong == []


def test_chart_can_be_taken_as_png_and_tables_as_files(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/campaigns?period=2026-10")
    page.wait_for_function(DRAWN)
    with page.expect_download() as taken:
        page.locator("button.png").first.click()
    assert Path(taken.value.path()).read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as taken:
        page.locator(".exports a").first.click()
    assert taken.value.suggested_filename == "kpi_campaign-2026-10.csv"
    page.close()


def test_hostile_name_runs_nothing(browser: Any, address: str) -> None:
    page = browser.new_page()
    wrong = _watched(page, address)
    page.on("dialog", lambda d: wrong.append("dialog") or d.dismiss())
    page.goto(f"{address}/campaigns?period=2026-10")
    page.wait_for_function(DRAWN)
    assert HOSTILE[0] in page.inner_text("main")
    page.close()
    assert wrong == []


def test_page_reads_without_scripts(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/?period=2026-10&lang=en")
    assert re.search(r"€\s?12,026", page.inner_text("main"))
    page.select_option("#period", "2026-09")
    page.click(".filters button")
    assert "period=2026-09" in page.url
    context.close()
