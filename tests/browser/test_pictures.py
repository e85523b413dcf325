"""Pictures of every page for README and docs, from a demo's data: ``make pictures`` renews them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from dashboards.pages import PAGES
from pipelines.common.settings import Settings
from tests.support.serving import served_home

WIDTH, HEIGHT, QUALITY, SCALE = 1280, 1150, 60, 0.8
MOST_BYTES = 900_000
DRAWN = "() => [...document.querySelectorAll('.plot')].every(p => p.dataset.drawn === 'yes')"


def _picture(page: Any, address: str) -> bytes:
    page.goto(address)
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(200)
    height = min(HEIGHT, page.evaluate("() => document.body.scrollHeight"))
    shot = page.context.new_cdp_session(page).send(
        "Page.captureScreenshot",
        {
            "format": "webp", "quality": QUALITY, "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": SCALE},
        },
    )  # fmt: skip
    return base64.b64decode(shot["data"])


def test_every_page_can_be_pictured_and_pictures_are_small(
    browser: Any,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    repository: Path,
) -> None:
    home = request.config.getoption("pictures_of")
    folder = repository / "docs" / "pictures" if home else tmp_path
    folder.mkdir(exist_ok=True)
    if home:
        with served_home(Settings(home=Path(home))) as address:
            taken = _all(browser, address)
    else:
        taken = _all(browser, request.getfixturevalue("demo_address"))
    for name, picture in taken.items():
        assert picture[:4] + picture[8:12] == b"RIFFWEBP"
        (folder / f"{name}.webp").write_bytes(picture)
    assert 10_000 < sum(map(len, taken.values())) < MOST_BYTES


def _all(browser: Any, address: str) -> dict[str, bytes]:
    page = browser.new_page(viewport={"width": WIDTH, "height": 900})
    taken = {p.identity: _picture(page, f"{address}{p.path}?lang=en&theme=light") for p in PAGES}
    taken["campaigns-dark-nl"] = _picture(page, f"{address}/campaigns?lang=nl&theme=dark")
    page.close()
    return taken


def test_pictures_in_the_docs_are_of_the_pages_there_are(repository: Path) -> None:
    folder = repository / "docs" / "pictures"
    pictures = {path.stem for path in folder.glob("*.webp")}
    assert pictures == {page.identity for page in PAGES} | {"campaigns-dark-nl"}
    assert sum(path.stat().st_size for path in folder.iterdir()) < MOST_BYTES
    text = (repository / "docs" / "dashboards.md").read_text("utf-8")
    assert not [name for name in pictures if f"(pictures/{name}.webp)" not in text]
