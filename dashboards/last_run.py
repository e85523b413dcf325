"""How the last run ended, from ``reports/last_run.json`` of the home: what checks found, in counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pipelines.common.settings import Home


@dataclass(frozen=True)
class Check:
    """One check over all that it looked at."""

    name: str
    relations: int
    failing: tuple[str, ...]
    """Tables, with a column where the check is about one, that break it."""


@dataclass(frozen=True)
class LastRun:
    """Whether the newest run published, and what its checks found."""

    is_published: bool = True
    checks: tuple[Check, ...] = ()

    @property
    def failing(self) -> int:
        """Checks that do not hold."""
        return sum(bool(check.failing) for check in self.checks)


def last_run(home: Home) -> LastRun:
    """What the home says of its last run; nothing bad where it says nothing."""
    try:
        document = json.loads((home.reports / "last_run.json").read_text("utf-8"))
        found: dict[str, list[dict[str, Any]]] = {}
        for check in document["checks"]:
            found.setdefault(str(check["check"]), []).append(check)
        checks = tuple(_check(name, results) for name, results in found.items())
        return LastRun(bool(document["is_published"]), checks)
    except (OSError, ValueError, KeyError, TypeError):
        return LastRun()


def _check(name: str, results: list[dict[str, Any]]) -> Check:
    failing = [
        f"{result['table']} {result['column']}".strip() for result in results if result["failing"]
    ]
    return Check(name, len({result["table"] for result in results}), tuple(failing))
