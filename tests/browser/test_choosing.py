"""Choosing with mouse and keys, taking along and printing: the newest choice, on white paper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.figures import HOSTILE

DRAWN = """() => [...document.querySelectorAll('.plot')].every(p => p.dataset.drawn === 'yes')"""
SWAPPED = "() => document.documentElement.dataset.swapped === '{}'"


def test_later_choice_wins_over_an_earlier_one_that_answers_late(
    browser: Any, address: str
) -> None:
    page = browser.new_page()
    page.goto(f"{address}/campaigns?lang=en")
    page.wait_for_function(DRAWN)
    held: list[Any] = []
    page.route("**/campaigns?*period=2026-09*", lambda route: held.append(route))
    with page.expect_event("requestfailed") as failed:
        page.select_option("#period", "2026-09")
        page.wait_for_function("() => document.getElementById('main').ariaBusy === 'true'")
        page.select_option("#period", "2026-10")
    assert "period=2026-09" in failed.value.url
    page.wait_for_function(SWAPPED.format(1))
    assert "period=2026-10" in page.url
    assert page.input_value("#period") == "2026-10"
    assert "Period: Oct 2026" in page.text_content(".printed")
    assert "Campaigns is up to date. Period: Oct 2026" in page.text_content("#said")
    page.close()


def test_arrows_walk_through_a_picker_and_enter_or_leaving_it_applies(
    browser: Any, address: str
) -> None:
    page = browser.new_page()
    page.goto(f"{address}/campaigns?period=2026-10")
    page.wait_for_function(DRAWN)
    page.focus("#channel")
    for name in ("ArrowDown", "ArrowDown"):
        page.keyboard.press(name)
    assert page.input_value("#channel") == "social"
    assert "channel" not in page.url
    page.keyboard.press("Enter")
    page.wait_for_function(SWAPPED.format(1))
    assert "channel=social" in page.url
    page.wait_for_function("() => document.activeElement.id === 'channel'")
    page.keyboard.press("ArrowUp")
    assert "channel=social" in page.url
    page.keyboard.press("Tab")
    page.wait_for_function(SWAPPED.format(2))
    assert "channel=email" in page.url
    page.close()


def test_definition_opens_by_key_and_by_tap(browser: Any, address: str) -> None:
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{address}/?period=2026-10&lang=en")
    meaning = page.locator("#d-sales_figures-win_rate")
    assert not meaning.is_visible()
    page.tap("[popovertarget='d-sales_figures-win_rate']")
    assert meaning.inner_text() == "Win rate: won / (won + lost)"
    page.keyboard.press("Escape")
    assert not meaning.is_visible()
    page.focus("[popovertarget='d-sales_figures-win_rate']")
    page.keyboard.press("Enter")
    assert meaning.is_visible()
    context.close()


def test_what_leaves_a_dark_page_is_on_white(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/campaigns?period=2026-10&theme=dark&lang=en")
    page.wait_for_function(DRAWN)
    with page.expect_download() as taken:
        page.locator("button.png").first.click()
    assert Path(taken.value.path()).read_bytes().startswith(b"\x89PNG")
    ground, ink, title, says = json.loads(
        page.evaluate("() => document.documentElement.dataset.pictured")
    )
    assert (ground, ink) == ("#fff", "#1b1f27")
    assert title == "Opens, clicks and conversions of those delivered to"
    assert says.startswith("Period: Oct 2026 · ")
    label = ".ytick text >> nth=0"
    colour = "t => getComputedStyle(t).fill"
    assert page.eval_on_selector(".ytick text", colour) != "rgb(0, 0, 0)"
    page.emulate_media(media="print")
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.ytick text')).fill === 'rgb(27, 31, 39)'"
    )
    assert page.locator(label).is_visible()
    accent = "() => getComputedStyle(document.querySelector('td a')).color"
    assert page.evaluate(accent) == "rgb(0, 86, 143)"
    assert "Period: Oct 2026" in page.inner_text(".printed")
    page.close()


def test_longest_name_widens_no_page_and_the_first_column_stays(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{address}/campaign?campaign={HOSTILE[2]}")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{address}/campaigns?period=2026-10")
    page.wait_for_function(DRAWN)
    moved = """() => { const box = document.querySelector('[data-block=campaign_list] .scroll');
      box.scrollLeft = 400;
      return box.querySelector('td').getBoundingClientRect().left - box.getBoundingClientRect().left }"""
    assert abs(page.evaluate(moved)) < 2
    page.close()
