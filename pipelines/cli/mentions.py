"""``mentions``: names in texts of which a steward says whether they are an erased person's.

Privacy: pseudonyms and record keys; a text, redacted but for the name, when one is asked for.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.session import session_of

group = typer.Typer(no_args_is_help=True)

Question = Annotated[int, typer.Argument()]
Questions = Annotated[list[int], typer.Argument()]


@group.command("list")
def list_(
    context: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1)] = 50
) -> None:
    """Questions that wait: whose record, and who is called the same."""
    from pipelines.cli.request import deployed
    from pipelines.doubtful_mentions import open_doubts

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.read() as conn:
        rows = [doubt._asdict() for doubt in open_doubts(conn, limit)]
    session.output.listing(rows, "no_mentions")


@group.command("show")
def show(context: typer.Context, question: Question) -> None:
    """One question with its text, redacted but for the name."""
    from pipelines.cli.request import deployed
    from pipelines.doubtful_mentions import show_doubt

    session = session_of(context)
    with deployed(session) as deployment:
        shown = show_doubt(deployment, question)
    session.output.document(shown)
    texts = shown.pop("texts")
    for name, value in shown.items():
        session.output.line(f"{session.texts(f'head_{name}')}: {value}")
    heads = session.output.heads(("column_name", "value"))
    session.output.table(heads, list(texts.items()))


@group.command("cut")
def cut(context: typer.Context, questions: Questions) -> None:
    """The names are the erased person's: cut them out."""
    _decide(context, questions, are_theirs=True)


@group.command("keep")
def keep(context: typer.Context, questions: Questions) -> None:
    """The names are somebody else's: they stay."""
    _decide(context, questions, are_theirs=False)


def _decide(context: typer.Context, questions: list[int], *, are_theirs: bool) -> None:
    from pipelines.cli.request import deployed
    from pipelines.doubtful_mentions import decide_doubts
    from pipelines.warehouse.lock import home_lock

    session = session_of(context)
    with home_lock(session.existing_home(), session.wait_seconds), deployed(session) as deployment:
        count = decide_doubts(deployment, questions, are_theirs=are_theirs)
    session.output.document({"answered": len(set(questions)), "cut": count})
    session.output.say("mentions_decided", answered=len(set(questions)), cut=count)
