"""Every page in a browser: nothing from elsewhere, no error, nothing over or outside another."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from dashboards.pages import PAGES
from tests.support.figures import HOSTILE

VIEWS = list(itertools.product((390, 1280, 1920), ("light", "dark"), ("nl", "en")))
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
  // letters over letters: no two words of the page share a place
  const words = [];
  const walk = document.createTreeWalker(document.getElementById('main'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const of = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || of.closest('svg, script, .spoken, option, .scroll, details:not([open]) > :not(summary)')) continue;
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    for (const r of range.getClientRects()) if (r.width > 1) words.push([r, walk.currentNode.data.trim()]);
  }
  words.forEach(([a, said], i) => words.slice(i + 1).forEach(([b, other]) => {
    if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 6) found.push('text: ' + said + ' / ' + other);
  }));
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


def _looked_at(browser: Any, address: str, width: int, query: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    wrong = _watched(page, address)
    for one in PAGES:
        page.goto(f"{address}{one.path}?{query}")
        page.wait_for_function(DRAWN)
        assert page.evaluate(OVERLAPS) == [], one.identity
    page.close()
    assert wrong == []


@pytest.mark.parametrize(("width", "theme", "lang"), VIEWS)
def test_pages_of_the_demo_render_whole(
    browser: Any, demo_address: str, width: int, theme: str, lang: str
) -> None:
    _looked_at(browser, demo_address, width, f"theme={theme}&lang={lang}")


@pytest.mark.parametrize(("width", "lang"), [(390, "nl"), (1280, "en")])
def test_pages_with_hostile_names_render_whole(
    browser: Any, address: str, width: int, lang: str
) -> None:
    _looked_at(browser, address, width, f"lang={lang}&period=2026-10&campaign=mail/M001")


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


def test_keyboard_reaches_pickers_pages_and_definitions(browser: Any, demo_address: str) -> None:
    page = browser.new_page()
    page.goto(demo_address)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("() => document.activeElement.id || document.activeElement.className")
        )
        unseen = page.evaluate(
            "() => { const at = document.activeElement; return at !== document.body"
            " && getComputedStyle(at).outlineStyle === 'none' ? at.outerHTML : ''; }"
        )
        assert unseen == ""
    assert {"period", "compare", "print", "term"} <= reached
    page.close()


def test_print_leaves_pickers_out(browser: Any, demo_address: str) -> None:
    page = browser.new_page()
    page.goto(f"{demo_address}/sales")
    page.wait_for_function(DRAWN)
    page.emulate_media(media="print")
    for gone in (".filters", ".tools", ".exports >> nth=0"):
        assert not page.locator(gone).is_visible()
    assert page.locator("h1").is_visible()
    assert page.pdf().startswith(b"%PDF")
    page.close()


def test_language_and_light_are_kept_on_the_way(browser: Any, demo_address: str) -> None:
    page = browser.new_page()
    page.goto(f"{demo_address}/?lang=nl")
    page.click("#theme-dark")
    page.wait_for_url("**theme=dark*")
    page.click("nav a:has-text('Verkoop')")
    page.wait_for_url("**/sales*")
    assert "lang=nl" in page.url
    assert "theme=dark" in page.url
    page.wait_for_function("() => document.documentElement?.dataset.theme === 'dark'")
    page.click("#language")
    page.wait_for_function("() => document.querySelector('h1')?.innerText === 'Sales'")
    page.close()


def test_page_reads_without_scripts(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/?period=2026-10&lang=en")
    assert re.search(r"€\s?12,026", page.inner_text("main"))
    page.select_option("#period", "2026-09")
    page.click(".filters button")
    assert "period=2026-09" in page.url
    context.close()
