"""What one reader with a browser waits for; nothing where there is no Chromium."""

from __future__ import annotations

import importlib.util
import shutil
from typing import Any

from benchmarks.measure import middle

PAINTED = """() => new Promise(done => new PerformanceObserver(list => {
  const last = list.getEntries().pop();
  done([performance.getEntriesByType('paint').find(e => e.name === 'first-contentful-paint')
        .startTime, last.startTime]);
}).observe({type: 'largest-contentful-paint', buffered: true}))"""
DRAWN = "() => [...document.querySelectorAll('.plot')].every(p => p.dataset.drawn === 'yes')"
# From the choice in the picker to the new figures and charts on the page.
CHANGE = """([name, value]) => new Promise(done => {
  const begun = performance.now(), picker = document.getElementById(name);
  const before = document.documentElement.dataset.swapped || '0';
  picker.value = value;
  picker.dispatchEvent(new Event('change', {bubbles: true}));
  const look = () => {
    const plots = [...document.querySelectorAll('.plot')];
    if ((document.documentElement.dataset.swapped || '0') !== before
        && plots.every(p => p.dataset.drawn === 'yes')) done(performance.now() - begun);
    else requestAnimationFrame(look);
  };
  look();
})"""
CHANGED = (("/sales", "period"), ("/campaigns", "channel"), ("/support", "period"), ("/", "period"))


def browse(port: int, turns: int, changes: int) -> dict[str, Any]:
    """Open every page with nothing cached, then change filters.

    Args:
        port: Of the server on this machine.
        turns: How often each page is opened.
        changes: How many filters are changed in all.
    """
    from benchmarks.dashboards import PATHS

    found = next((p for n in ("chromium", "chromium-browser") if (p := shutil.which(n))), None)
    if found is None or importlib.util.find_spec("playwright") is None:
        return {}
    from playwright.sync_api import sync_playwright

    address = f"http://127.0.0.1:{port}"
    paints: dict[str, list[float]] = {path: [] for path in PATHS}
    figures, drawn, changed = [], [], []
    with sync_playwright() as api:
        browser = api.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for path in (path for _ in range(turns) for path in PATHS):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            page.goto(address + path)
            first, largest = page.evaluate(PAINTED)
            page.wait_for_function(DRAWN)
            paints[path].append(first / 1000)
            figures.append(largest / 1000)
            drawn.append(page.evaluate("() => performance.now()") / 1000)
            context.close()
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for path, name in CHANGED:
            page.goto(address + path)
            page.wait_for_function(DRAWN)
            values = page.evaluate(
                f"() => [...document.getElementById('{name}').options].map(o => o.value)"
            )
            for turn in range(changes // len(CHANGED)):
                value = values[(turn + 1) % len(values)]
                changed.append(page.evaluate(CHANGE, [name, value]) / 1000)
        browser.close()
    each = {path: middle(times) for path, times in paints.items()}
    ordered = sorted(changed)
    return {
        "first_paint_seconds": middle(each.values()), "slowest_page": max(each, key=each.__getitem__),
        "slowest_first_paint_seconds": max(each.values()), "largest_paint_seconds": middle(figures),
        "charts_drawn_seconds": middle(drawn), "change_seconds": middle(ordered),
        "change_p95_seconds": ordered[int(len(ordered) * 0.95)], "changes": len(ordered),
    }  # fmt: skip
