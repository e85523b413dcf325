"""``package``: what goes to a person who asked for their data; reviewed, released, withdrawn.

Privacy: counts and places; a text only when a steward asks for one place, after the audit entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.session import Session, ask_unseen, session_of

if TYPE_CHECKING:
    from pipelines.rights.requests import Request

group = typer.Typer(no_args_is_help=True)

Number = Annotated[str, typer.Argument()]


@group.command("list")
def list_(context: typer.Context) -> None:
    """Packages, the newest first."""
    from pipelines.cli.request import deployed
    from pipelines.packages.release import list_packages

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.read() as conn:
        rows = list_packages(conn)
    session.output.listing(rows, "no_packages")


@group.command("review")
def review(
    context: typer.Context,
    number: Number,
    item: Annotated[int | None, typer.Option("--item")] = None,
    hide: Annotated[list[int] | None, typer.Option("--hide")] = None,
    include: Annotated[list[int] | None, typer.Option("--include")] = None,
    black: Annotated[str | None, typer.Option("--black")] = None,
) -> None:
    """Where to look before a package is released, and what you decide there."""
    from pipelines.cli.request import deployed
    from pipelines.packages.drafts import change_draft, look_at_item, review_draft
    from pipelines.rights.requests import load_request

    session = session_of(context)
    word = ask_unseen(session.texts("ask_word")) if black == "-" else black
    decided = dict.fromkeys(hide or (), True) | dict.fromkeys(include or (), False)
    with deployed(session) as deployment, deployment.vault.begin() as conn:
        vault, request = deployment.vault, _not_given_up(load_request(conn, number)).number
        if item is not None:
            shown = look_at_item(conn, vault, request, item, actor="steward")
            session.output.document(shown)
            session.output.line(shown["text"])
            return
        draft = (
            change_draft(conn, vault, request, hide=decided, black=word, actor="steward")
            if decided or word
            else review_draft(conn, vault, request)
        )
    session.output.document(draft.review)
    _show_review(session, draft.review)


@group.command("release")
def release(context: typer.Context, number: Number) -> None:
    """Write a reviewed package into the outbox, encrypted; its passphrase is told once."""
    from pipelines.cli.request import deployed, write
    from pipelines.packages.release import release_package
    from pipelines.rights.requests import advance, load_request

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.begin() as conn:
        request = _not_given_up(load_request(conn, number))
        released = release_package(conn, deployment.vault, deployment.home, request.number)
        request = advance(conn, deployment.vault, request, "fulfil" if request.is_open else "renew")
    write(session, request)
    session.output.document(
        {
            "request": request.number,
            "file": released.file_name,
            "passphrase": released.passphrase,
            "expires_at": released.expires_at,
        }
    )
    session.output.say(
        "package_released", file=released.file_name, until=released.expires_at.date()
    )
    session.output.say("package_passphrase", passphrase=released.passphrase)


@group.command("withdraw")
def withdraw(context: typer.Context, number: Number) -> None:
    """Destroy the draft and the file of a request."""
    from pipelines.cli.request import deployed
    from pipelines.packages.release import withdraw_package
    from pipelines.rights.package_files import remove_unknown
    from pipelines.rights.requests import load_request

    session = session_of(context)
    with deployed(session) as deployment:
        with deployment.vault.begin() as conn:
            request = load_request(conn, number).number
            count = withdraw_package(conn, deployment.vault, request)
        remove_unknown(deployment.vault, deployment.home)
    session.output.document({"request": request, "packages": count})
    session.output.say("package_withdrawn", count=count)


def _not_given_up(request: Request) -> Request:
    """A request, unless it was refused or taken back: nothing is handed over for it.

    Raises:
        UsageError: It was.
    """
    from pipelines.rights.states import next_state

    if not request.is_open and request.state != "fulfilled":
        next_state(request.state, "fulfil", request.number)
    return request


def _show_review(session: Session, review_list: list[dict[str, object]]) -> None:
    rows = [
        [
            entry["item"], entry["entity"], entry["source"], entry["record"], entry["column"],
            session.texts(f"item_{entry['state']}"),
            ", ".join(f"{kind} {n}" for kind, n in dict(entry["blacked_out"]).items()),  # type: ignore[call-overload]
        ]
        for entry in review_list
    ]  # fmt: skip
    names = ("item", "entity", "source", "record", "column_name", "state", "blacked_out")
    if rows:
        session.output.table(session.output.heads(names), rows)
    session.output.say("review_places", count=len(rows))
