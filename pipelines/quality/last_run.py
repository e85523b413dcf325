"""How the last run ended, as a file that dashboards may read: no vault and no key is needed for it.

Privacy: names of checks, tables and columns of ours, and counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from pipelines.common.settings import Home
from pipelines.quality.results import CheckResult
from pipelines.warehouse.replacement import replaced

FILE = "last_run.json"


def write_last_run(
    home: Home, as_of: datetime, checks: Sequence[CheckResult], *, is_published: bool
) -> None:
    """Write ``reports/last_run.json`` in place of the one before.

    Args:
        home: The deployment's places.
        as_of: The instant that the run computed for.
        checks: What its checks found; none where it did not get as far.
        is_published: Whether its figures are what readers see.
    """
    document = {
        "as_of": as_of.isoformat(),
        "is_published": is_published,
        "checks": [check.document() for check in checks],
    }
    home.reports.mkdir(parents=True, exist_ok=True)
    with replaced(home.reports / FILE) as beside:
        beside.write_text(json.dumps(document) + "\n", encoding="utf-8")
