"""Drafts of packages in the vault: made, reviewed and changed by a steward, destroyed.

A draft is sealed under the person's own key, so that their erasure makes it a dead letter. What a
steward reads of it is in the audit chain.

Privacy: any class in, of one person; sealed at rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.clock import now
from pipelines.common.errors import InputError, UsageError
from pipelines.packages import facts
from pipelines.packages.content import (
    FORMAT,
    Content,
    access_content,
    own_of,
    plain,
    portable_content,
)
from pipelines.packages.gather import PURPOSE, Held, gather
from pipelines.privacy.third_persons import BLACK, ThirdPersons
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate
from pipelines.vault.sealing import seal, unseal
from pipelines.vault.subjects import find_identifiers, members

if TYPE_CHECKING:
    from pipelines.privacy.detector import Detector
    from pipelines.runs import Deployment
    from pipelines.vault.store import Vault

KEEP: Final = timedelta(days=30)
KINDS: Final = ("access", "portability")
_t = schema.packages


class Draft(NamedTuple):
    """A package before it is released. ``review`` names places and counts, no values."""

    package_id: int
    package: dict[str, Any]
    review: list[dict[str, Any]]
    is_reviewed: bool = False


def make_draft(
    deployment: Deployment,
    subject_id: int,
    kind: str,
    *,
    request: str | None,
    language: str,
    detector: Detector,
    actor: str = "steward",
) -> Draft:
    """Gather, black out and seal a package; an earlier draft of the same request is replaced.

    Args:
        deployment: Open; the caller holds the lock.
        subject_id: Any id of the person.
        kind: ``access`` or ``portability``.
        request: Number of the request.
        language: Of what is to be read, ``nl`` or ``en``.
        detector: Finds others in texts.
        actor: Who makes it, a role.
    """
    held = gather(deployment, subject_id, actor=actor, request=request)
    content = _content(deployment, held, kind, detector)
    package: dict[str, Any] = {
        "format": FORMAT, "kind": kind, "language": language, "made_at": now().isoformat(),
        "timezone": deployment.settings.reporting_timezone, "request": request, "pseudonyms": list(held.person.subject_keys),
        "is_restricted": held.person.state == "restricted",
    }  # fmt: skip
    if kind == "access":
        organisation = facts.load_organisation(deployment.home.policy)
        package["information"] = facts.information(
            content.sections, deployment.policy, organisation, language
        )
    package |= content.sections
    with deployment.vault.begin() as conn:
        conn.execute(
            sa.delete(_t).where(_t.c.request == request, _t.c.kind == kind, _t.c.state == "draft")
        )
        (package_id,) = allocate(conn, "packages", 1)
        draft = Draft(package_id, package, content.items)
        made_at = now()
        conn.execute(
            sa.insert(_t).values(
                package_id=package_id, request=request, subject_id=held.person.subject_id,
                kind=kind, language=language, key_id=held.person.key_id,
                sealed=_sealed(deployment.vault, held.person.key_id, draft), state="draft",
                created_at=made_at, expires_at=made_at + KEEP,
            )
        )  # fmt: skip
    return draft


def open_draft(conn: Connection, vault: Vault, request: str) -> Draft:
    """The draft of a request; the caller writes the audit entry when a person is shown its texts.

    Raises:
        UsageError: There is none, it was released, it expired, or another version made it; or
            others were merged with the person, or taken out, since it was made.
    """
    row = conn.execute(
        sa.select(_t)
        .where(_t.c.request == request, _t.c.state == "draft")
        .order_by(_t.c.package_id.desc())
    ).first()
    if row is not None:
        key = vault.data_keys.get([row.key_id])[row.key_id]
        body = orjson.loads(unseal(key, row.sealed, _aad(row.package_id)))
    if row is None or body["package"]["format"] != FORMAT:
        raise UsageError(
            "there is no draft of a package for this request", code="no_draft",
            where={"request": request}, todo="klantkluis request fulfil makes one, after package withdraw where one was released",
        )  # fmt: skip
    if set(body["package"]["pseudonyms"]) != _pseudonyms(conn, row.subject_id):
        raise UsageError(
            "the person was merged with another, or taken out, since this draft was made",
            code="draft_outdated", where={"request": request},
            todo="klantkluis request fulfil makes it anew",
        )  # fmt: skip
    return Draft(row.package_id, body["package"], body["review"], body["is_reviewed"])


def review_draft(conn: Connection, vault: Vault, request: str) -> Draft:
    """The draft of a request whose places a steward is shown now; it may be released after that."""
    return _write(conn, vault, open_draft(conn, vault, request))


def look_at_item(
    conn: Connection, vault: Vault, request: str, item: int, *, actor: str
) -> dict[str, Any]:
    """One place of the review list with what would be handed over there; in the audit chain.

    Privacy: texts out, blacked out as the person would get them.
    """
    draft = open_draft(conn, vault, request)
    found = _item(draft, item)
    audit.append(
        conn, vault, actor=actor, action="package_item_shown", purpose=PURPOSE, request=request,
        subject_count=1, payload={"package_id": draft.package_id, "item": item},
    )  # fmt: skip
    return found | {"text": "\n".join(_texts_of(draft, found))}


def change_draft(
    conn: Connection,
    vault: Vault,
    request: str,
    *,
    hide: Mapping[int, bool],
    black: str | None,
    actor: str,
) -> Draft:
    """What a steward decides: places left out or put in, words blacked out throughout.

    Args:
        conn: In a transaction.
        vault: Whose.
        request: Number of the request.
        hide: By place of the review list whether it is left out.
        black: A word or name to black out in all texts.
        actor: Who decides, a role.

    Raises:
        UsageError: There is no draft, or it has no such place.
        InputError: The word is too short, and would black out half a text.
    """
    draft = open_draft(conn, vault, request)
    for number, is_hidden in hide.items():
        _item(draft, number)["state"] = "out" if is_hidden else "in"
    count = _black_throughout(draft, black) if black else 0
    audit.append(
        conn, vault, actor=actor, action="package_changed", purpose=PURPOSE, request=request,
        subject_count=1,
        payload={"package_id": draft.package_id, "hidden": {str(k): v for k, v in hide.items()}, "blacked_out": count},
    )  # fmt: skip
    return _write(conn, vault, draft)


def released_package(draft: Draft) -> dict[str, Any]:
    """The package without what is left out; a doubtful mention is in only if a steward put it in."""
    out = {i["item"]: i for i in draft.review if i["state"] in ("out", "doubtful")}
    package = dict(draft.package)
    for item in out.values():
        for record in package.get("records", ()):
            if _is_place(record, item):
                record["fields"][item["column"]] = BLACK
    mentions = [m for m in package.get("texts_about_you", ()) if m.get("item") not in out]
    if "texts_about_you" in package:
        package["texts_about_you"] = [{k: v for k, v in m.items() if k != "item"} for m in mentions]
    return package


def _content(deployment: Deployment, held: Held, kind: str, detector: Detector) -> Content:
    others = third_persons_of(deployment.vault, held, detector)
    if kind == "portability":
        return portable_content(held, deployment.policy, others)
    index = deployment.vault.index
    return access_content(held, deployment.policy, others, index, detector.detect)


def third_persons_of(vault: Vault, held: Held, detector: Detector) -> ThirdPersons:
    """What blacks out everybody but the person whose package it is."""
    mine = set(held.person.subject_ids)

    def bears(asked: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Identifiers of others than the person; one that the person bears too stays theirs."""
        blinds = {(kind, vault.index.of(kind, value)): (kind, value) for kind, value in asked}
        with vault.read() as conn:
            found = find_identifiers(conn, blinds)
        return {blinds[pair] for pair, ids in found.items() if not set(ids) & mine}

    return ThirdPersons(detector, own_of(held), bears, held.names_around)


def _pseudonyms(conn: Connection, subject_id: int) -> set[str]:
    s = schema.subjects
    is_theirs = s.c.subject_id.in_(members(conn, subject_id))
    return set(conn.scalars(sa.select(s.c.subject_key).where(is_theirs)))


def _item(draft: Draft, number: int) -> dict[str, Any]:
    for item in draft.review:
        if item["item"] == number:
            return item
    raise UsageError(
        "the review list has no such place", code="no_such_item", where={"item": number},
        todo="klantkluis package review shows their numbers",
    )  # fmt: skip


def _texts_of(draft: Draft, item: dict[str, Any]) -> list[str]:
    package = draft.package
    about = [m["text"] for m in package.get("texts_about_you", ()) if m["item"] == item["item"]]
    own = [
        str(r["fields"][item["column"]]) for r in package.get("records", ()) if _is_place(r, item)
    ]
    aside = [
        str(value)
        for r in package.get("put_aside", ())
        if item["record"] == f"line {r['line']}"
        for value in r["fields"].values()
    ]
    return about or own or aside


def _is_place(record: dict[str, Any], item: dict[str, Any]) -> bool:
    return item["column"] in record["fields"] and all(
        record[k] == item[k] for k in ("entity", "source", "record")
    )


def _black_throughout(draft: Draft, word: str) -> int:
    """Black out a word wherever it stands as one, in whatever case; returns how often."""
    if len(word.strip()) < 2:
        raise InputError("one letter is no name", code="word_too_short", todo="give the whole word")
    pattern = re.compile(rf"(?<!\w){re.escape(word.strip())}(?!\w)", re.IGNORECASE)
    count = 0

    def blacked(value: Any) -> Any:
        nonlocal count
        if isinstance(value, str):
            made, found = pattern.subn(BLACK, value)
            count += found
            return made
        if isinstance(value, dict):
            return {k: blacked(v) for k, v in value.items()}
        return [blacked(v) for v in value] if isinstance(value, list) else value

    for section in ("records", "texts_about_you", "put_aside"):
        for entry in draft.package.get(section, ()):
            texts = "fields" if "fields" in entry else "text"
            entry[texts] = blacked(entry[texts])
    return count


def _write(conn: Connection, vault: Vault, draft: Draft) -> Draft:
    """Keep a draft that a steward has looked at, with what was changed."""
    draft = draft._replace(is_reviewed=True)
    is_it = _t.c.package_id == draft.package_id
    key_id = conn.execute(sa.select(_t.c.key_id).where(is_it)).scalar_one()
    conn.execute(sa.update(_t).where(is_it).values(sealed=_sealed(vault, key_id, draft)))
    return draft


def _sealed(vault: Vault, key_id: int, draft: Draft) -> bytes:
    key = vault.data_keys.get([key_id])[key_id]
    body = orjson.dumps(
        {
            "package": plain(draft.package),
            "review": draft.review,
            "is_reviewed": draft.is_reviewed,
        }
    )
    return seal(key, body, _aad(draft.package_id))


def _aad(package_id: int) -> bytes:
    return b"package %d" % package_id
