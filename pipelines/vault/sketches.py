"""Sketches of the names of contacts, found by subject or by account.

Privacy: keyed hashes, pseudonymised; nothing is unsealed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from pipelines.vault.bulk import select_in
from pipelines.vault.subjects import Pair

SKETCH_KIND: Final = "sketch"
"""Stands among what is to be cut out of texts beside kinds of identifiers."""
NEAR_KIND: Final = "near"
"""A sketch that counts by itself, since account or thread says whom half a name means."""
UNSURE_KINDS: Final = frozenset({"part", "full_name"})
"""What may be looked for in vain: the mention index knows less of the place than is asked."""
MOST_OF_ACCOUNT: Final = 200
"""Contacts of an account whose names are looked for; a larger account is a crowd, not a team."""


class Around(NamedTuple):
    """What is known of a record besides the persons who are cut out of it.

    Attributes:
        own: The sketches of the record's own subject, joined; what is theirs stays.
        bearers: Subjects that bear blind identifiers, of those who are not being erased.
    """

    own: bytes = b""
    bearers: Callable[[Collection[Pair]], Mapping[Pair, Sequence[int]]] = lambda _pairs: {}


def sketches_of_subjects(conn: Connection, subject_ids: Iterable[int]) -> dict[int, list[bytes]]:
    """The sketches of subjects and of those merged into them, by the id asked for."""
    wanted = set(subject_ids)
    stands_for = {i: i for i in wanted}
    layer = wanted
    while layer:
        sql = "SELECT subject_id, merged_into FROM subjects WHERE merged_into IN ({values})"
        merged = {i: into for i, into in select_in(conn, sql, layer) if i not in stands_for}
        stands_for |= {i: stands_for[into] for i, into in merged.items()}
        layer = set(merged)
    sql = (
        "SELECT subject_id, name_sketch FROM sealed_records "
        "WHERE subject_id IN ({values}) AND name_sketch IS NOT NULL"
    )
    found: dict[int, list[bytes]] = defaultdict(list)
    for subject_id, sketch in select_in(conn, sql, sorted(stands_for)):
        found[stands_for[subject_id]].append(bytes(sketch))
    return dict(found)


def sketches_of_accounts(
    conn: Connection, account_ids: Iterable[int]
) -> dict[int, dict[int, list[bytes]]]:
    """The sketches of the contacts of accounts: by account, by subject.

    Accounts of more than ``MOST_OF_ACCOUNT`` contacts are left out.
    """
    sql = (
        "SELECT account_subject_id, subject_id, name_sketch FROM sealed_records "
        "WHERE account_subject_id IN ({values}) AND name_sketch IS NOT NULL "
        "AND subject_id IS NOT NULL"
    )
    found: dict[int, dict[int, list[bytes]]] = defaultdict(dict)
    for account_id, subject_id, sketch in select_in(conn, sql, set(account_ids)):
        found[account_id].setdefault(subject_id, []).append(bytes(sketch))
    return {a: people for a, people in found.items() if len(people) <= MOST_OF_ACCOUNT}
