"""How requests for access and portability are planned and fulfilled: by a draft that waits for review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.kept_persons import is_erased, kept_of_subject
from pipelines.packages.drafts import make_draft
from pipelines.rights.handlers import Fulfilment, Handler, PlanLine
from pipelines.rights.person import load_person
from pipelines.vault import quarantine
from pipelines.vault.records import records_mentioning, records_of_subjects

if TYPE_CHECKING:
    from pipelines.rights.requests import Request
    from pipelines.runs import Deployment


def plan_package(deployment: Deployment, request: Request) -> list[PlanLine]:
    """How many sealed records a package would have, by entity; nothing is unsealed."""
    with deployment.vault.read() as conn:
        if is_erased(conn, request.subject_id):
            return [
                PlanLine("keep", "vault", line.entity, line.rows, line.ground, line.until)
                for line in kept_of_subject(conn, request.subject_id)
            ]
        person = load_person(conn, request.subject_id)
        counts: dict[str, int] = {}
        own = records_of_subjects(conn, person.subject_ids)
        for record in own:
            counts[record.entity] = counts.get(record.entity, 0) + 1
        known = {record.record_id for record in own}
        about = records_mentioning(
            conn, (p for p in person.identifiers if p[0] in ("email", "phone", "name"))
        )
        aside = quarantine.rows_with(
            conn, (p for p in person.identifiers if p[0] in ("email", "phone"))
        )
    lines = [PlanLine("package", "vault", entity, n) for entity, n in sorted(counts.items())]
    mentions = sum(record.record_id not in known for record in about)
    return [
        *lines,
        PlanLine("package", "vault", "mentions", mentions),
        PlanLine("package", "quarantine", "quarantine_rows", len(aside)),
    ]


def fulfil_package(deployment: Deployment, request: Request) -> Fulfilment:
    """Make the draft; the request is fulfilled when a steward releases it.

    Of somebody who was erased there is no draft: the letter says what is kept, why and until when.
    """
    from pipelines.privacy.detector import make_detector

    with deployment.vault.read() as conn:
        if request.is_open and is_erased(conn, request.subject_id):
            return Fulfilment("fulfilled")
    make_draft(
        deployment, request.subject_id, request.right, request=request.number,
        language=request.language, detector=make_detector(),
    )  # fmt: skip
    return Fulfilment("under_way")


PACKAGE = Handler(plan_package, fulfil_package)
