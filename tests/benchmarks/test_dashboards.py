"""The readers of the benchmark read what is there, and its lines say what is met and missed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import dashboards, report
from tests.support.figures import publish
from tests.support.serving import served


def test_readers_find_every_filter_and_count_what_fails(tmp_path: Path) -> None:
    published = publish(tmp_path)
    with served(published) as address:
        port = int(address.rsplit(":", 1)[1])
        addresses = dashboards._addresses(port)
        assert "/campaigns?channel=social" in addresses
        assert "/?period=2026-05" in addresses
        good = dashboards.read(port, readers=2, seconds=0.5, pause=0)
        assert good["requests"] > 0
        assert good["failed"] == 0
        published.home.dashboards.write_bytes(b"damaged" * 1_000)
        with pytest.raises(SystemExit):
            dashboards.read(port, readers=2, seconds=0.2, pause=0)


@pytest.mark.parametrize(
    ("paint", "change", "failed", "held", "verdicts"),
    [(1.4, 0.29, 0, 599, {"met"}), (1.6, 0.31, 1, 601, {"missed"})],
)
def test_lines_say_what_is_met(
    paint: float, change: float, failed: int, held: float, verdicts: set[str]
) -> None:
    alone = {
        "slowest_first_paint_seconds": paint, "slowest_page": "/", "first_paint_seconds": 0.2,
        "charts_drawn_seconds": 1, "change_seconds": change, "change_p95_seconds": change,
    }  # fmt: skip
    crowd: dict[str, Any] = {
        "median_seconds": change, "p95_seconds": 1, "requests": 9, "failed": failed,
        "longest_seconds": 1,
    }  # fmt: skip
    run = {
        "scale": 1, "alone": alone, "among": alone, "hasty": crowd, "republished": crowd,
        "publications": {"publications": 3}, "server_megabytes": held,
    }  # fmt: skip
    lines = report._dashboards(run)
    assert len(lines) == 5
    assert {line.verdict for line in lines} == verdicts
    assert len(report._dashboards(run | {"alone": {}, "among": {}})) == 3  # no browser
