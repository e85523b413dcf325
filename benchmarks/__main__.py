"""``python -m benchmarks [--scale 1 10] [--only events sealed pipeline delivery access ...] [--repeat 3]``.

Scale 1 is 1,000 contacts with their interactions and events. The comparisons with bare peers are
made at the largest scale up to 10, the whole pipeline at every scale. 100 takes about an hour.
Erasures are measured when asked for, in a home of scale 1 that is grown to each scale, and so is
``--only growth``: builds in a home of the smallest scale that is grown to the others.
``--only delivery`` repeats the run with 1 % new rows alone, in a home that a whole pipeline left in
``--work``. ``--home PATH --scale N`` serves a home that is there and measures its dashboards only.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import compare, report
from benchmarks.access import measure_access, published_home
from benchmarks.analysts import measure_analysts
from benchmarks.build import measure_build, measure_grown_builds
from benchmarks.dashboards import measure_dashboards
from benchmarks.erasure import measure_erasures
from benchmarks.homes import settings_of
from pipelines.common.clock import now
from pipelines.common.settings import Settings

KINDS = (
    "events", "sealed", "pipeline", "access", "erasure", "analysts", "build", "delivery",
    "dashboards", "growth",
)  # fmt: skip
COMPARED_UP_TO = 10


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--scale", type=float, nargs="+", default=[1.0, 10.0])
    parser.add_argument("--only", nargs="+", choices=KINDS, default=KINDS[:-3])
    parser.add_argument("--repeat", type=int, default=3, help="turns of each comparison")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work", type=Path, help="a folder for samples and homes, kept")
    parser.add_argument(
        "--detector", action="store_true",
        help="whole runs find personal data as a user's do, instead of reading the truth",
    )  # fmt: skip
    parser.add_argument(
        "--logically", action="store_true",
        help="erasures without building, compacting and publishing",
    )  # fmt: skip
    parser.add_argument("--home", type=Path, help="a published home: measures its dashboards only")
    parser.add_argument("--ledger", type=Path, help="of that home, if it is not beside it")
    parser.add_argument("--seconds", type=float, default=20, help="of each crowd of readers")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results"))
    parser.add_argument("--name", help="of the result files; by default the scales")
    chosen = parser.parse_args(arguments)
    if chosen.home is not None:
        chosen.only = ("dashboards",)
    console = Console()
    if chosen.work is not None:
        results = measure(chosen, chosen.work, console)
    else:
        with tempfile.TemporaryDirectory(prefix="klantkluis-bench-") as folder:
            results = measure(chosen, Path(folder), console)
    show(console, report.lines(results))
    name = chosen.name or "scale-" + "-".join(f"{s:g}" for s in sorted(chosen.scale))
    for path in report.write(results, chosen.out, name):
        console.print(f"written: {path.name}")


def measure(chosen: argparse.Namespace, folder: Path, console: Console) -> dict[str, Any]:
    """All that was chosen, smallest scale first."""
    scales = sorted(chosen.scale)
    compared = max((s for s in scales if s <= COMPARED_UP_TO), default=scales[0])
    results: dict[str, Any] = {"date": now().date().isoformat(), "repeat": chosen.repeat}
    results |= {kind: [] for kind in KINDS}

    def tell(what: str) -> None:
        console.print(what, style="dim")

    if "erasure" in chosen.only:
        samples = compare.Samples(folder / f"1-{chosen.seed}", 1, chosen.seed)
        results["erasure"] = measure_erasures(samples, scales, tell, logically=chosen.logically)
    if "growth" in chosen.only:
        samples = compare.Samples(folder / f"{scales[0]:g}-{chosen.seed}", scales[0], chosen.seed)
        results["growth"] = measure_grown_builds(samples, scales, tell)
    if set(chosen.only) <= {"erasure", "growth"}:
        return results | {"machine": report.machine()}
    for scale in scales:
        if chosen.home is not None:
            given = Settings(home=chosen.home, ledger=chosen.ledger)
            results["dashboards"].append(measure_dashboards(scale, given, chosen.seconds, tell))
            break
        tell(f"sample at scale {scale:g}")
        samples = compare.Samples(folder / f"{scale:g}-{chosen.seed}", scale, chosen.seed)
        if scale == compared and "events" in chosen.only:
            results["events"] = [compare.measure_events(samples, chosen.repeat, tell)]
        if scale == compared and "sealed" in chosen.only:
            results["sealed"] = compare.measure_sealed(samples, chosen.repeat, tell)
        if "pipeline" in chosen.only:
            results["pipeline"].append(
                compare.measure_pipeline(
                    samples, tell, detector=chosen.detector, keep=chosen.work is not None
                )
            )
        if "delivery" in chosen.only:
            results["delivery"].append(
                compare.measure_delivery(samples, chosen.repeat, tell, detector=chosen.detector)
            )
        if "access" in chosen.only:
            results["access"].append(measure_access(samples, tell))
        if "analysts" in chosen.only:
            results["analysts"].append(measure_analysts(samples, tell))
        if "build" in chosen.only:
            results["build"].append(measure_build(samples, tell))
        if "dashboards" in chosen.only:
            settings = settings_of(published_home(samples, tell))
            results["dashboards"].append(measure_dashboards(scale, settings, chosen.seconds, tell))
    return results | {"machine": report.machine()}


def show(console: Console, lines: list[report.Line]) -> None:
    """Print the table."""
    table = Table("what", "scale", "measured", "aim", "")
    for line in lines:
        style = {"met": "green", "missed": "red"}.get(line.verdict, "")
        table.add_row(
            line.what, f"{line.scale:g}", line.measured, line.aim, line.verdict, style=style
        )
    console.print(table)


if __name__ == "__main__":
    main()
