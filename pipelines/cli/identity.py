"""``identity``: who may be one person; merging, and undoing it.

Privacy: pseudonyms, reasons and weights; values only by ``customer show``.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.session import session_of

group = typer.Typer(no_args_is_help=True)

Key = Annotated[str, typer.Argument()]


@group.command("queue")
def queue(
    context: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1)] = 50
) -> None:
    """Pairs that may be one person, the surest first."""
    from pipelines.cli.request import deployed
    from pipelines.identity.queue import open_pairs

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.read() as conn:
        pairs = open_pairs(conn, limit)
    rows = [pair._asdict() for pair in pairs]
    session.output.listing(rows, "queue_empty")


@group.command("list")
def list_(context: typer.Context) -> None:
    """Merges that stand."""
    from pipelines.cli.request import deployed
    from pipelines.identity.merge import standing_merges

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.read() as conn:
        rows = [merge._asdict() for merge in standing_merges(conn)]
    session.output.listing(rows, "no_merges")


@group.command("merge")
def merge(
    context: typer.Context,
    key: Key,
    other: Annotated[str, typer.Argument()],
    despite_names: Annotated[bool, typer.Option("--despite-names")] = False,
) -> None:
    """Let one pseudonym stand for both from the next run on."""
    from pipelines.cli.request import deployed
    from pipelines.identity.queue import id_of
    from pipelines.merging import merge_persons

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.begin() as conn:
        done = merge_persons(
            conn, deployment.vault, id_of(conn, key), id_of(conn, other), actor="steward",
            despite_names=despite_names,
        )  # fmt: skip
    merge = done.merge
    session.output.document(merge._asdict() | {"drafts": done.drafts})
    session.output.say("merged", pseudonym=merge.subject_key, into=merge.into_key)
    if done.drafts:
        session.output.say("merged_with", drafts=done.drafts)


@group.command("unmerge")
def unmerge(context: typer.Context, key: Key) -> None:
    """Undo a merge; each gets back what was theirs with the next run."""
    from pipelines.cli.request import deployed
    from pipelines.identity.queue import id_of
    from pipelines.unmerging import unmerge_person

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.begin() as conn:
        done = unmerge_person(conn, deployment.vault, id_of(conn, key), actor="steward")
    merge, copied = done.merge, {"words": done.words, "holds": done.holds, "drafts": done.drafts}
    session.output.document(merge._asdict() | copied)
    session.output.say("unmerged", pseudonym=merge.subject_key, into=merge.into_key)
    if any(copied.values()):
        session.output.say("unmerged_with", **copied)


@group.command("apart")
def apart(context: typer.Context, key: Key, other: Annotated[str, typer.Argument()]) -> None:
    """Answer the queue: these two are not one person, and are not proposed again."""
    from pipelines.cli.request import deployed
    from pipelines.identity.queue import id_of, keep_apart

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.begin() as conn:
        count = keep_apart(
            conn, deployment.vault, id_of(conn, key), id_of(conn, other), actor="steward"
        )
    session.output.document({"answered": count})
    session.output.say("kept_apart", count=count)


@group.command("propose")
def propose(context: typer.Context) -> None:
    """Look for more pairs with Splink and queue them; nobody is merged by it."""
    from pipelines.cli.request import deployed
    from pipelines.proposals import propose_pairs

    session = session_of(context)
    with deployed(session) as deployment:
        count = propose_pairs(deployment)
    session.output.document({"queued": count})
    session.output.say("pairs_proposed", count=count)
