"""Restates closed periods: a new version beside the old one, with its reason and what it lacks.

Sealed figures never change; who finds that a closed period was wrong has it worked out again from the
rows that are left, and the version says how many persons' share it can no longer have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.common.errors import UsageError
from pipelines.vault import audit, schema

if TYPE_CHECKING:
    from pipelines.runs import Deployment

_REASON: Final = re.compile(r"[\w .,:;()/+-]{3,120}")


@dataclass(frozen=True)
class Restatement:
    """Periods that start in [``start``, ``end``) get a new version for this reason.

    Raises:
        UsageError: The days are the wrong way round, or the reason cannot be kept.
    """

    start: date
    end: date
    reason: str

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise UsageError(
                "a restatement begins before it ends", code="restatement_days",
                todo="give --from the first day, and --to the day after the last period's start",
            )  # fmt: skip
        if not _REASON.fullmatch(self.reason):
            raise UsageError(
                "the reason has 3 to 120 letters, digits and . , : ; ( ) / + -",
                code="restatement_reason", todo="say what was corrected, without a name",
            )  # fmt: skip


def variables_of(deployment: Deployment, restatement: Restatement) -> dict[str, str]:
    """What dbt is told, and the entry in the audit chain.

    The persons are those whose erasure is complete: whether one had a share in these periods nobody
    can know any more, so that their number is the most that can be lacking.
    """
    e, s = schema.erasures, schema.subjects
    erased = (
        sa.select(sa.func.count())
        .select_from(e.join(s, s.c.subject_id == e.c.subject_id))
        .where(e.c.state == "completed", s.c.merged_into.is_(None), s.c.kind == "contact")
    )
    with deployment.vault.begin() as conn:
        persons = conn.scalar(erased) or 0
        audit.append(
            conn, deployment.vault, actor="steward", action="periods_restated",
            payload={"from": restatement.start, "to": restatement.end,
                     "reason": restatement.reason, "persons_lacking": persons},
        )  # fmt: skip
    lacking = f"; without the share of up to {persons} erased persons" if persons else ""
    return {
        "restate_from": restatement.start.isoformat(),
        "restate_to": restatement.end.isoformat(),
        "restate_reason": restatement.reason + lacking,
    }
