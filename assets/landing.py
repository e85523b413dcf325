"""Landing and privacy: files become batches of the vault and pseudonymous rows."""

from collections.abc import Iterator

import dagster as dg

from assets.steps import WRITER, step
from pipelines.common.entities import load_entities
from pipelines.resources.pipeline_run import RUN

INBOX = dg.AssetKey(["inbox"])
BATCHES = dg.AssetKey(["vault", "batches"])
SUBJECTS = dg.AssetKey(["pseudo", "subjects"])
LINKS = dg.AssetKey(["pseudo", "subject_links"])
WORDS = dg.AssetKey(["pseudo", "consent_words"])
COUNTS = dg.AssetKey(["ops", "batch_counts"])
DESK = dg.AssetKey(["ops", "desk_counts"])

inbox = dg.AssetSpec(INBOX, group_name="landing", description="Files as sources drop them.")


def pseudo_key(entity: str) -> dg.AssetKey:
    """The relation that holds an entity's current pseudonymous rows."""
    return dg.AssetKey(["pseudo", entity])


def _specs() -> list[dg.AssetSpec]:
    landed = dg.AssetSpec(
        BATCHES,
        deps=[INBOX],
        group_name="landing",
        kinds={"sqlalchemy"},
        description="What each file brought, and what became of every row of it.",
    )
    rows = [
        dg.AssetSpec(
            key, deps=[BATCHES], group_name="privacy", kinds={"duckdb"},
            description="Current rows, without a direct identifier.",
        )
        for key in [COUNTS, DESK, SUBJECTS, LINKS, WORDS, *map(pseudo_key, load_entities())]
    ]  # fmt: skip
    return [landed, *rows]


@dg.multi_asset(
    name="land_files",
    specs=_specs(),
    pool=WRITER,
    required_resource_keys={RUN},
)
def land_files(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Land what waits in the inbox; pseudonymous rows come with each batch or not at all."""
    with step(context) as run:
        summary = run.land()
    yield dg.MaterializeResult(
        BATCHES,
        metadata={
            "files": len(summary.batches),
            "failed_files": len(summary.failed),
            "undone_batches": len(summary.undone_batches),
        },
    )
    yield dg.MaterializeResult(COUNTS)
    yield dg.MaterializeResult(DESK)
    yield dg.MaterializeResult(SUBJECTS)
    yield dg.MaterializeResult(LINKS)
    yield dg.MaterializeResult(WORDS)
    for entity in load_entities():
        counts = summary.entities.get(entity)
        metadata = {name: int(count) for name, count in vars(counts).items()} if counts else {}
        yield dg.MaterializeResult(pseudo_key(entity), metadata=metadata)
