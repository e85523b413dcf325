"""Writing a delivery: reference tables, then block after block in constant memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from pipelines.common.errors import UsageError
from pipelines.sample import campaigns, commerce, moments, records, reference, sales, support, web
from pipelines.sample.campaign_plan import Campaign, make_campaigns
from pipelines.sample.files import Files
from pipelines.sample.organisations import Staff, make_companies, make_staff
from pipelines.sample.people import activity_starts, make_people
from pipelines.sample.plan import Block, Plan
from pipelines.sample.randomness import plain_stream
from pipelines.sample.texts import Writer
from pipelines.sample.truth import Truth
from pipelines.sample.work import Work

UNTIL: Final = date(2026, 10, 31)
"""The day after the last event, unless another is asked for."""
Progress = Callable[[str, int, int], None]
"""Called with the name of what goes on, persons done and persons in all."""


class SampleSummary(BaseModel):
    """What was written. Counts of rows by ``source/file``; no data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale: float
    seed: int
    until: date
    persons: int
    records_of_persons: int
    texts: int
    spans: int
    rows: dict[str, int]
    """Data rows by file, those that are broken on purpose included."""
    expected_quarantined: dict[str, int]
    """Rows by file that are broken on purpose and must end in quarantine; no others should."""
    sources: tuple[str, ...]


def write_sample(
    out: Path, scale: float, seed: int, progress: Progress | None = None, *, until: date = UNTIL
) -> SampleSummary:
    """Write a synthetic CRM as its source systems would deliver it, and its truth.

    Args:
        out: Folder; gets a folder for each source and ``truth/``. Made when it is missing.
        scale: Size in thousands of persons; 0.01 is the least.
        seed: The same seed, scale and day give the same bytes.
        progress: Told after every block.
        until: The day after the last event.

    Returns:
        Counts by file.

    Raises:
        UsageError: The scale is out of range.

    Privacy: invented persons only.
    """
    if not 0.01 <= scale <= 4_000:
        raise UsageError(
            "the scale is out of range", code="scale_out_of_range", todo="choose 0.01 to 4000"
        )
    return _write(out, Plan.first(scale, seed, until), progress)


def later_delivery(
    out: Path, scale: float, seed: int, share: float = 0.01, progress: Progress | None = None,
    *, until: date = UNTIL,
) -> SampleSummary:  # fmt: skip
    """Write what the same systems deliver a week later: about ``share`` of the rows, all new.

    Half of its persons are new, half are known and come with changed records; every event is
    new. Reference tables are delivered whole again. Takes the arguments of the first delivery.

    Args:
        out: Folder, another one than that of the first delivery or the same.
        scale: That of the first delivery.
        seed: That of the first delivery.
        share: Rows in relation to the first delivery, above 0 up to 1.
        progress: Told after every block.
        until: That of the first delivery.

    Returns:
        Counts by file.

    Raises:
        UsageError: The share is out of range.

    Privacy: invented persons only.
    """
    if not 0 < share <= 1:
        raise UsageError(
            "the share is out of range", code="share_out_of_range", todo="choose above 0 up to 1"
        )
    return _write(out, Plan.first(scale, seed, until).following(share), progress)


def _write(out: Path, plan: Plan, progress: Progress | None) -> SampleSummary:
    staff = make_staff(plan.history)
    planned = make_campaigns(plan)
    blocks = sum(b.size for b in plan.blocks())
    done = records_written = 0
    truth = Truth(out, plan.stamp)
    with Files(out, plan) as files:
        for ordinal, block in enumerate(plan.blocks()):
            files.begin(ordinal)
            truth.begin(ordinal)
            if ordinal == 0:
                reference.write_reference(out, plan, files, truth, staff, planned)
            records_written += _write_block(plan, block, staff, planned, files, truth)
            done += block.size
            if progress is not None:
                progress("sample", done, blocks)
        truth.close()
        truth.write_spoiled(files.spoiled)
    return SampleSummary(
        scale=plan.scale,
        seed=plan.seed,
        until=plan.until,
        persons=done,
        records_of_persons=records_written,
        texts=truth.texts,
        spans=truth.spans,
        rows=dict(sorted(files.rows.items())),
        expected_quarantined=dict(sorted(files.spoiled.items())),
        sources=tuple(sorted({place.partition("/")[0] for place in files.rows})),
    )


def _write_block(
    plan: Plan,
    block: Block,
    staff: list[Staff],
    planned: list[Campaign],
    files: Files,
    truth: Truth,
) -> int:
    """Make and write everything of one block; gives the number of records of persons."""
    new = Block(block.number, block.size - block.returning, block.first_person)
    companies = make_companies(plan, new)
    people = make_people(plan, new, companies) + records.returning_people(plan, block)
    working = [m for m in staff if m.role != "manager"]
    work = Work(
        plan=plan, block=block, people=people, companies=companies,
        sellers=[m for m in working if m.team == "verkoop"],
        agents=[m for m in working if m.team == "klantenservice"],
        campaigns=planned, files=files, truth=truth,
        writer=Writer(plain_stream(plan.seed, "texts", block.number), people, staff, block.number),
        starts=activity_starts(plan, people),
    )  # fmt: skip
    records.write_records(work)
    campaigns.make_campaign_work(work)
    sales.write_deals(work)
    support.write_tickets(work)
    sales.write_leads(work)
    sales.write_tasks(work)
    moments.write_interactions(work)
    moments.write_consents(work)
    web.write_web_events(work)
    commerce.write_orders(work)
    commerce.write_subscriptions(work)
    return sum(bool(p.crm_id) + bool(p.shop_id) + bool(p.requester_id) for p in people)
