"""How long the questions of docs/analysts.md take on a published file of this scale."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.access import published_home
from benchmarks.homes import settings_of
from benchmarks.measure import middle, run_child

PAGE = Path(__file__).parents[1] / "docs" / "analysts.md"
TURNS = 5
_QUESTION = re.compile(r"^### ([^\n]+)\n```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Question(NamedTuple):
    """A question of the page and the SQL that answers it."""

    title: str
    sql: str


def questions() -> list[Question]:
    """The questions of docs/analysts.md, in order."""
    return [Question(*found) for found in _QUESTION.findall(PAGE.read_text(encoding="utf-8"))]


def measure_analysts(samples: Any, tell: Callable[[str], None]) -> dict[str, Any]:
    """Each question in a connection that has just been opened, and again when it is warm."""
    root = published_home(samples, tell)
    tell(f"questions of analysts at scale {samples.scale:g}")
    return {"scale": samples.scale} | run_child("analysts", root=root)


def analysts(root: str) -> dict[str, Any]:
    """Seconds of each question: the middle of several, and the first."""
    from pipelines.cli.sql import answer
    from pipelines.runs import Deployment
    from pipelines.warehouse.connection import connect_published

    settings = settings_of(Path(root), workers=0)
    found: dict[str, Any] = {}
    with Deployment.open(settings) as deployment:
        home, key = deployment.home, deployment.keyring.role_key("analyst")
    with connect_published(home, key, settings) as connection:
        for title, sql in questions():
            spent: list[float] = []
            for _ in range(TURNS):
                started = time.perf_counter()
                rows = len(answer(connection, sql, None).rows)
                spent.append(time.perf_counter() - started)
            found[title] = {"rows": rows, "first": spent[0], "seconds": middle(spent)}
    return {"questions": found}
