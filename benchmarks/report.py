"""The results as a table, as JSON and as Markdown. Numbers of ours only."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

AIMS = {"events": 4.0, "sealed": 2.0, "nothing": 0.03, "later": 0.08, "peak": 2048.0, "growth": 1.0,
        "access": 2.0, "logical": 2.0, "logical_growth": 2.0, "physical": 60.0, "many": 3.0,
        "first_paint": 1.5, "change": 0.3, "server": 600.0, "question": 0.2, "build": 60.0, "new_build": 0.15}  # fmt: skip


class Line(NamedTuple):
    """One line of the table."""

    what: str
    scale: float
    measured: str
    aim: str
    verdict: str


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": [round(x, 1) for x in os.getloadavg()],
        **{name: version(name) for name in ("duckdb", "polars", "cryptography", "dagster")},
    }


def lines(results: dict[str, Any]) -> list[Line]:
    """All measurements against their aims."""
    found = [_ratio(row, "events: ", AIMS["events"]) for row in results["events"]]
    found += [_ratio(row, "sealed: ", AIMS["sealed"]) for row in results["sealed"]]
    for run in results["pipeline"]:
        found += _pipeline(run)
    found += [_later(run) for run in results.get("delivery", ())]
    found += [_access(run) for run in results.get("access", ())]
    for run in results.get("dashboards", ()):
        found += _dashboards(run)
    for run in results.get("analysts", ()):
        found.append(_questions(run))
    found += _builds(results.get("build", ())) + _grown_builds(results.get("growth", ()))
    return found + _growth(results["pipeline"]) + _erasures(results.get("erasure", ()))


def _questions(run: dict[str, Any]) -> Line:
    title, slowest = max(run["questions"].items(), key=lambda item: item[1]["seconds"])
    first = max(found["first"] for found in run["questions"].values())
    return Line(
        f"{len(run['questions'])} questions of analysts, the slowest", run["scale"],
        f"{1000 * slowest['seconds']:.0f} ms ({title}); the first time up to {1000 * first:.0f} ms",
        f"< {1000 * AIMS['question']:.0f} ms", _verdict(slowest["seconds"] < AIMS["question"]),
    )  # fmt: skip


def _builds(runs: Sequence[dict[str, Any]]) -> list[Line]:
    """The aim in seconds is of scale 100; at others the time is told without one."""
    found = []
    for run in runs:
        is_full = run["scale"] == 100
        dbt, bare = (sum(m[kind] for m in run["models"].values()) for kind in ("dbt", "bare"))
        ratio = run["later_seconds"] / run["seconds"]
        found += [
            Line("dbt build, everything anew", run["scale"],
                 f"{run['seconds']:.1f} s, {run['nodes']} nodes ({run['cpu']:.1f} s of processor, "
                 f"tests {run['tests_seconds']:.1f} s)",
                 f"< {AIMS['build']:g} s" if is_full else "",
                 _verdict(run["seconds"] < AIMS["build"]) if is_full else ""),
            Line("models by dbt, two at a time, against their bare SQL in turn", run["scale"],
                 f"{dbt / bare:.2f}× ({dbt:.1f} s against {bare:.1f})", "", ""),
            Line("dbt build with 1 % new rows", run["scale"],
                 f"{run['later_seconds']:.1f} s, {100 * ratio:.1f}% of a full build",
                 f"< {100 * AIMS['new_build']:g}%", _verdict(ratio < AIMS["new_build"])),
        ]  # fmt: skip
    return found + _grown_builds(runs)


def _grown_builds(runs: Sequence[dict[str, Any]]) -> list[Line]:
    """Time of a build by its rows: under 1, what does not grow with them weighs more."""
    found = []
    small, *larger = sorted(runs, key=lambda run: run["scale"]) or [{}]
    for large in larger:
        rows = large["scale"] / small["scale"]
        clock, cpu = (large[kind] / small[kind] / rows for kind in ("seconds", "cpu"))
        found.append(
            Line(f"growth of a build against scale {small['scale']:g}", large["scale"],
                 f"{clock:.2f}× of linear ({small['seconds']:.1f} s and {large['seconds']:.1f} s; "
                 f"processor time {cpu:.2f}×; {large['peak']:,.0f} MB)",
                 "≤ 1×", _verdict(clock <= 1))
        )  # fmt: skip
    return found


def _erasures(runs: Sequence[dict[str, Any]]) -> list[Line]:
    """Aims are of the home grown to scale 1,000; below it they are told all the same."""
    found = []
    for run in runs:
        one, many, scale = run["one"], run["many"], run["scale"]
        found += [
            Line(
                "erase one person, logically",
                scale,
                f"{one['logical']:.2f} s",
                f"< {AIMS['logical']:g} s",
                _verdict(one["logical"] < AIMS["logical"]),
            ),
        ]
        if run["logically"]:
            found.append(
                Line(f"erase {run['persons']:,} persons at once, logically", scale,
                     f"{many['logical']:.1f} s", "", "")
            )  # fmt: skip
            continue
        found += [
            Line("erase one person, until published without", scale,
                 f"{one['physical']:.1f} s ({one['cpu']:.1f} s of processor)",
                 f"< {AIMS['physical']:g} s", _verdict(one["physical"] < AIMS["physical"])),
            Line(f"erase {run['persons']:,} persons at once, against one", scale,
                 f"{many['physical'] / one['physical']:.2f}× ({many['physical']:.1f} s, "
                 f"logically {many['logical']:.1f})",
                 f"≤ {AIMS['many']:g}×",
                 _verdict(many["physical"] <= AIMS["many"] * one["physical"])),
        ]  # fmt: skip
    ordered = sorted((r for r in runs if r["scale"] >= 10), key=lambda r: r["scale"])
    for large in ordered[1:]:
        ratio = large["one"]["logical"] / ordered[0]["one"]["logical"]
        found.append(
            Line(f"erase one person, logically, against scale {ordered[0]['scale']:g}",
                 large["scale"], f"{ratio:.2f}×", f"≤ {AIMS['logical_growth']:g}×",
                 _verdict(ratio <= AIMS["logical_growth"]))
        )  # fmt: skip
    return found


def _ratio(row: dict[str, Any], prefix: str, aim: float) -> Line:
    measured = (
        f"{row['ratio']:.1f}× ({row['ours_us']:.1f} µs a row against {row['peer_us']:.1f}; "
        f"processor time {row['cpu_ratio']:.1f}×)"
    )
    if not row.get("has_aim", True):
        return Line(prefix + row["what"], row["scale"], measured, "", "")
    verdict = _verdict(row["ratio"] <= aim)
    return Line(prefix + row["what"], row["scale"], measured, f"≤ {aim:g}×", verdict)


def _pipeline(run: dict[str, Any]) -> list[Line]:
    full, scale = run["full"], run["scale"]
    per_row = full["process"] / full["rows"] * 1e6
    peak = max(full["peak"], run["later"]["peak"])
    whole = f"{full['process']:.1f} s, {full['rows']:,} rows, {per_row:.1f} µs a row"
    return [
        Line(f"whole pipeline, {_spans(run)}", scale, whole, "", ""),
        Line("run with nothing new", scale,
             f"{run['nothing']['process']:.2f} s, {run['nothing_ratio']:.1%} of the full run",
             f"< {AIMS['nothing']:.0%}", _verdict(run["nothing_ratio"] < AIMS["nothing"])),
        _later(run),
        Line("peak memory", scale, f"{peak:,.0f} MB",
             f"< {AIMS['peak']:,.0f} MB", _verdict(peak < AIMS["peak"])),
    ]  # fmt: skip


def _later(run: dict[str, Any]) -> Line:
    later, ratio = run["later"], run["later_ratio"]
    measured = (
        f"{later['process']:.1f} s ({later['cpu']:.1f} s of processor), {later['rows']:,} rows, "
        f"{ratio:.1%} of the full run"
    )
    aim = AIMS["later"]
    return Line(
        "run with 1 % new rows", run["scale"], measured, f"< {aim:.0%}", _verdict(ratio < aim)
    )


def _spans(run: dict[str, Any]) -> str:
    """Where the spans of texts came from."""
    return "with the detector" if run.get("detector") else "spans from the truth"


def _access(run: dict[str, Any]) -> Line:
    whole = run["gathered_seconds"] + run["rendered_seconds"]
    measured = (
        f"{whole:.2f} s for {run['records']:,.0f} records (gathered {run['gathered_seconds']:.2f}, "
        f"files {run['rendered_seconds']:.2f}); the first {run['first_seconds']:.2f} s, "
        f"loading the detector {run['detector_seconds']:.2f} s"
    )
    aim = AIMS["access"]
    return Line("access package", run["scale"], measured, f"< {aim:g} s", _verdict(whole < aim))


def _dashboards(run: dict[str, Any]) -> list[Line]:
    scale, alone, among = run["scale"], run["alone"], run["among"]
    hasty, republished = run["hasty"], run["republished"]
    found = []
    if "change_seconds" in alone:  # a browser was there
        paint, change = alone["slowest_first_paint_seconds"], among["change_seconds"]
        found += [
            Line("dashboards: first paint with figures, slowest page", scale,
                 f"{paint:.2f} s ({alone['slowest_page']}; median of pages "
                 f"{alone['first_paint_seconds']:.2f}, charts drawn {alone['charts_drawn_seconds']:.2f})",
                 f"< {AIMS['first_paint']:g} s", _verdict(paint < AIMS["first_paint"])),
            Line("dashboards: filter change in a browser, ten readers", scale,
                 f"{change * 1000:.0f} ms median, 95 % {among['change_p95_seconds'] * 1000:.0f} "
                 f"(alone {alone['change_seconds'] * 1000:.0f})",
                 f"< {AIMS['change'] * 1000:.0f} ms", _verdict(change < AIMS["change"])),
        ]  # fmt: skip
    answer, failed, held = hasty["median_seconds"], republished["failed"], run["server_megabytes"]
    return [
        *found,
        Line("dashboards: answer to ten readers without a pause", scale,
             f"{answer * 1000:.0f} ms median, 95 % {hasty['p95_seconds'] * 1000:.0f}, "
             f"{hasty['requests']:,} answers, {hasty['failed']} failed",
             f"< {AIMS['change'] * 1000:.0f} ms",
             _verdict(answer < AIMS["change"] and not hasty["failed"])),
        Line("dashboards: failed while publishing under load", scale,
             f"{failed} of {republished['requests'] + failed:,} in "
             f"{run['publications']['publications']} publications, longest "
             f"{republished['longest_seconds']:.2f} s", "0", _verdict(not failed)),
        Line("dashboards: peak memory of the server", scale, f"{held:,.0f} MB",
             f"< {AIMS['server']:,.0f} MB", _verdict(held < AIMS["server"])),
    ]  # fmt: skip


def _growth(runs: list[dict[str, Any]]) -> list[Line]:
    found = []
    ordered = sorted(runs, key=lambda r: r["scale"])
    for small, large in pairwise(ordered):
        per_row = [r["full"]["process"] / r["full"]["rows"] for r in (small, large)]
        ratio = per_row[1] / per_row[0]
        what = f"cost per row, against scale {small['scale']:g}"
        measured = f"{ratio:.2f}×"
        aim = f"≤ {AIMS['growth']:g}×"
        found.append(Line(what, large["scale"], measured, aim, _verdict(ratio <= AIMS["growth"])))
    return found


def _verdict(holds: bool) -> str:
    return "met" if holds else "missed"


def markdown(results: dict[str, Any]) -> str:
    """The table and where the time goes."""
    m = results["machine"]
    parts = [
        "# Results of `make bench`",
        (
            f"\n{results['date']}, {m['cores']} cores, {m['system']}, Python {m['python']}, DuckDB "
            f"{m['duckdb']}, Polars {m['polars']}; load of the machine at the end "
            f"{', '.join(map(str, m['load']))}. Medians of {results['repeat']}, "
            "what is compared was measured in turns; whole runs were measured once.\n"
        ),
        _table(("what", "scale", "measured", "aim", ""), map(_cells, lines(results))),
    ]
    for row in (*results["events"], *results["sealed"]):
        if "inside" in row:
            parts.append(f"\n## Inside landing: {row['what']}, scale {row['scale']:g}\n")
            parts.append(_inside(row["inside"], row["rows"]))
    for run in (*results["pipeline"], *results.get("delivery", ())):
        parts += _where_time_goes(run)
    for run in results.get("erasure", ()):
        parts += _inside_erasure(run)
    for run in results.get("build", ()):
        parts += _models(run)
    for run in results.get("analysts", ()):
        parts += _each_question(run)
    return "\n".join(parts) + "\n"


def _models(run: dict[str, Any]) -> list[str]:
    """The dearest models first; the rest together."""
    ordered = sorted(run["models"].items(), key=lambda item: -item[1]["dbt"])
    rows = [(name, f"{m['dbt']:.2f}", f"{m['bare']:.2f}") for name, m in ordered[:30]]
    rest = [sum(m[kind] for _, m in ordered[30:]) for kind in ("dbt", "bare")]
    rows.append((f"{len(ordered[30:])} others", f"{rest[0]:.2f}", f"{rest[1]:.2f}"))
    return [
        f"\n## Models of a full build, scale {run['scale']:g}\n",
        _table(("model", "seconds in dbt", "seconds of its bare SQL"), rows),
    ]


def _each_question(run: dict[str, Any]) -> list[str]:
    rows = [
        (title, f"{1000 * m['seconds']:.0f}", f"{1000 * m['first']:.0f}", f"{m['rows']:,}")
        for title, m in run["questions"].items()
    ]
    return [
        f"\n## Questions of docs/analysts.md, scale {run['scale']:g}\n",
        _table(("question", "ms", "ms the first time", "rows"), rows),
    ]


def _inside_erasure(run: dict[str, Any]) -> list[str]:
    names = run["one"]["parts"]
    rows = [
        (name, *(f"{run[who]['parts'].get(name, {}).get('seconds', 0):.2f}"
                 for who in ("first", "one", "many")))
        for name in names
    ]  # fmt: skip
    return [
        f"\n## Where an erasure's time goes, scale {run['scale']:g}\n",
        (
            "Seconds; the first one loads code and the detector. Dagster's start, about 4 s of processor "
            "time, is not in it. Homes above scale 1 are grown from one of scale 1 "
            "(`benchmarks/growth.py`): subjects, random keys, blind indexes, sealed records and rows of "
            "the warehouse are multiplied; texts of copies name the persons of the first.\n"
        ),
        _table(("part", "first", "one person", f"{run['persons']:,} persons"), rows),
    ]


def _where_time_goes(run: dict[str, Any]) -> list[str]:
    parts: list[str] = []
    for name, title in (("full", "full run"), ("later", "run with 1 % new rows")):
        result = run[name]
        stages = {n: s["seconds"] for n, s in result["stages"].items()}
        stages["land"] = stages.get("land", 0) - result["detection"]
        stages["detection" if run.get("detector") else _spans(run)] = result["detection"]
        stages["start of the process, Dagster, the rest"] = result["process"] - sum(stages.values())
        parts.append(f"\n## Scale {run['scale']:g}, {title}: {result['process']:.1f} s\n")
        parts.append(
            _table(
                ("stage", "seconds", "share", "most memory, MB"),
                (
                    (n, f"{s:.1f}", f"{s / result['process']:.0%}", _megabytes(result, n))
                    for n, s in stages.items()
                ),
            )
        )
    parts.append(f"\n### Landing by kind of file, scale {run['scale']:g}, without detection\n")
    parts.append(
        _table(
            ("entity", "rows", "seconds", "µs a row"),
            (
                (e, f"{p['rows']:,}", f"{p['seconds'] - p['detection']:.2f}",
                 f"{(p['seconds'] - p['detection']) / max(p['rows'], 1) * 1e6:.1f}")
                for e, p in run["full"]["parts"].items()
            ),
        )
    )  # fmt: skip
    return parts


def _megabytes(result: dict[str, Any], stage: str) -> str:
    peak = result.get("peaks", {}).get(stage)
    return f"{peak:,.0f}" if peak else ""


def _inside(inside: dict[str, float], rows: int) -> str:
    return _table(
        ("step", "seconds", "µs a row"),
        ((n, f"{s:.2f}", f"{s / rows * 1e6:.1f}") for n, s in inside.items()),
    )


def _cells(line: Line) -> tuple[str, ...]:
    return line.what, f"{line.scale:g}", line.measured, line.aim, line.verdict


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    made = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(made + ["| " + " | ".join(row) + " |" for row in rows])


def write(results: dict[str, Any], folder: Path, name: str) -> tuple[Path, Path]:
    """Write both files; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    as_json, as_text = folder / f"{name}.json", folder / f"{name}.md"
    as_json.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    as_text.write_text(markdown(results), encoding="utf-8")
    return as_json, as_text
