"""Which records of others mention a person who is to be erased, and whose the name there is.

An address or a number says whom it means. A name says it where nobody else bears it; else what the
record hangs on and what else its text says tell a namesake's from the person's, and where nothing
tells, the name goes: nobody loses by it (docs/decisions/0100). What lies near a namesake is left to
a steward.

Privacy: pseudonyms and blind indexes only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from pipelines.rights.erasure_plan import CUT_KINDS, RECORD_KIND, ErasurePlan, borne_alone
from pipelines.vault.bulk import select_in
from pipelines.vault.records import (
    SealedRecord,
    count_mentioning,
    mentions_of,
    records_mentioning,
)
from pipelines.vault.subjects import (
    Pair,
    bearers_up_to,
    find_identifiers,
    survivors,
)

ALONE_KINDS: Final = frozenset({"address", "number"})
"""Cut everywhere too where nobody else bears them; housemates share an address."""
TELLING_KINDS: Final = CUT_KINDS | ALONE_KINDS
"""What beside a name says which of its bearers is meant."""
FEW_BEARERS: Final = 10
"""Half a name that as many bear tells nobody; borne by fewer it does (docs/decisions/0092)."""
MOST_HALF_NAMES: Final = 1_000
"""Texts that are looked through for one half name."""
MOST_SHARED: Final = 250
"""The same for half a name that ten or more bear."""
NOT_THEIRS: Final = 0
"""In place of a namesake: the record says by itself that the name is another's."""
_NO_TEXTS: Final = frozenset({"accounts", "contacts", "users", "consents"})


class Mentioned(NamedTuple):
    """Records of others that mention a person.

    Attributes:
        cuts: With what is to be cut out of each.
        doubtful: Records, by record_id, whose name may be that of the namesake beside whom they
            lie, with the namesake's subject_id; a steward decides.
    """

    cuts: Mapping[SealedRecord, set[Pair]]
    doubtful: Mapping[int, int]


def find_mentions(conn: Connection, plan: ErasurePlan) -> Mentioned:
    """Others' records that mention the person, without those that go with them.

    E-mail, telephone and IBAN are cut everywhere, an address or a customer number where nobody else
    bears it. ``full_name`` among what is to be cut tells the person from others of the same surname
    and initial; alone it means that only the whole given name is the person's. Half a name is cut
    where few bear it.
    """
    ids = list(plan.subject_ids)
    gone = {r.record_id for r in plan.deleted}
    certain = {p for p in plan.identifiers if p[0] in CUT_KINDS}
    certain |= borne_alone(conn, ids, {p for p in plan.identifiers if p[0] in ALONE_KINDS})
    cuts: dict[SealedRecord, set[Pair]] = defaultdict(set)
    for pair in sorted(certain):
        for record in records_mentioning(conn, [pair]):
            cuts[record].add(pair)
    told = {record.record_id for record in cuts}
    named = {p for p in plan.identifiers if p[0] in ("name", "full_name")}
    bearers = {p: frozenset(i) - frozenset(ids) for p, i in find_identifiers(conn, named).items()}
    whole = {p for p in named if p[0] == "full_name"}
    same_whole = frozenset(i for p in whole for i in bearers.get(p, ()))
    doubtful: dict[int, int] = {}
    for pair in sorted(named - whole):
        records = [r for r in records_mentioning(conn, [pair]) if r.record_id not in gone]
        ties = _Ties(conn, plan, records if bearers.get(pair) else ())
        for record in records:
            is_told = record.record_id in told
            namesake = ties.namesake(record, bearers.get(pair, frozenset()), is_told=is_told)
            if namesake is None:
                cuts[record] |= {pair} | whole
            elif ties.namesake(record, same_whole, is_told=is_told) is None:
                cuts[record] |= whole  # an Eva near by says nothing about "Elke Zevenstra"
            if namesake:
                doubtful[record.record_id] = namesake
    for record, pair in _half_named(conn, plan):
        cuts[record].add(pair)
    return Mentioned(
        {r: pairs for r, pairs in cuts.items() if pairs and r.record_id not in gone}, doubtful
    )


class _Ties:
    """What ties records that have a name to those who bear it.

    Args:
        conn: The vault.
        plan: Of the person.
        records: Those to ask about.
    """

    def __init__(
        self, conn: Connection, plan: ErasurePlan, records: Sequence[SealedRecord]
    ) -> None:
        noted = mentions_of(conn, [r.record_id for r in records])
        told = {p for pairs in noted.values() for p in pairs if p[0] in TELLING_KINDS}
        bearers = find_identifiers(conn, told)
        around = _Surroundings(conn, records, noted)
        own = accounts_of(plan)
        self._is_own = {r.record_id: not own.isdisjoint(around.accounts(r)) for r in records}
        self._named = {
            r.record_id: around.subjects(r)
            | {i for p in noted.get(r.record_id, ()) for i in bearers.get(p, ())}
            for r in records
        }
        self._beside = {r.record_id: around.persons(r) for r in records}

    def namesake(
        self, record: SealedRecord, namesakes: Collection[int], *, is_told: bool
    ) -> int | None:
        """None where the name is to be cut, ``NOT_THEIRS``, or the namesake whose it may be.

        Args:
            record: One of the records.
            namesakes: Subject_ids of others who bear the name.
            is_told: Whether its text says something else of the person, which only they bear.
        """
        if not namesakes or is_told or self._is_own[record.record_id]:
            return None
        if not self._named[record.record_id].isdisjoint(namesakes):
            return NOT_THEIRS
        return min(self._beside[record.record_id].intersection(namesakes), default=None)


class _Surroundings:
    """Whom records hang on: their subject, the persons of their thread, and all their companies."""

    def __init__(
        self,
        conn: Connection,
        records: Sequence[SealedRecord],
        noted: Mapping[int, Collection[Pair]],
    ) -> None:
        self._thread = _with_parents(conn, records, noted)
        subjects = {s for pairs in self._thread.values() for s, _ in pairs if s is not None}
        sql = (
            "SELECT subject_id, account_subject_id FROM sealed_records "
            "WHERE {column} IN ({{values}}) AND name_sketch IS NOT NULL "
            "AND subject_id IS NOT NULL AND account_subject_id IS NOT NULL"
        )
        self._companies: dict[int, set[int]] = defaultdict(set)
        for subject, account in select_in(conn, sql.format(column="subject_id"), subjects):
            self._companies[subject].add(account)
        accounts = {a for r in records for a in self.accounts(r)}
        self._teams: dict[int, set[int]] = defaultdict(set)
        for subject, account in select_in(conn, sql.format(column="account_subject_id"), accounts):
            self._teams[account].add(subject)
        known = subjects.union(*self._teams.values())
        self._survivor = survivors(conn, known)

    def subjects(self, record: SealedRecord) -> set[int]:
        """The record's own subject, as a set."""
        return {self._survivor[record.subject_id]} if record.subject_id else set()

    def accounts(self, record: SealedRecord) -> set[int]:
        """Companies of the record, of its thread and of their subjects."""
        thread = self._thread[record.record_id]
        found = {account for _, account in thread if account is not None}
        return found.union(*(self._companies.get(s or 0, ()) for s, _ in thread))

    def persons(self, record: SealedRecord) -> set[int]:
        """Everybody of its thread and of its companies."""
        thread = {s for s, _ in self._thread[record.record_id] if s is not None}
        found = thread.union(*(self._teams.get(a, ()) for a in self.accounts(record)))
        return {self._survivor[i] for i in found}


def _with_parents(
    conn: Connection, records: Sequence[SealedRecord], noted: Mapping[int, Collection[Pair]]
) -> dict[int, list[tuple[int | None, int | None]]]:
    """(subject_id, account_subject_id) of each record and of those it hangs on."""
    parents = {p[1] for pairs in noted.values() for p in pairs if p[0] == RECORD_KIND}
    sql = (
        "SELECT record_blind, subject_id, account_subject_id FROM sealed_records "
        "WHERE record_blind IN ({values})"
    )
    found = {bytes(blind): (s, a) for blind, s, a in select_in(conn, sql, parents)}
    return {
        r.record_id: [
            (r.subject_id, r.account_subject_id),
            *(found[b] for _, b in noted.get(r.record_id, ()) if b in found),
        ]
        for r in records
    }


def _half_named(conn: Connection, plan: ErasurePlan) -> Iterator[tuple[SealedRecord, Pair]]:
    """Records that say half a name of the person's, where it is worth looking."""
    for pair in sorted(p for p in plan.identifiers if p[0] == "part"):
        others = bearers_up_to(conn, pair, FEW_BEARERS + len(plan.subject_ids))
        are_few = len(others.keys() - set(plan.subject_ids)) + 1 < FEW_BEARERS
        most = MOST_HALF_NAMES if are_few else MOST_SHARED
        if count_mentioning(conn, pair, most + 1) <= most:
            yield from ((r, pair) for r in records_mentioning(conn, [pair]))


def accounts_of(plan: ErasurePlan) -> set[int]:
    """The accounts of the person's records."""
    return {r.account_subject_id for r in plan.deleted if r.account_subject_id is not None}


def records_near(conn: Connection, plan: ErasurePlan) -> set[int]:
    """Texts of the same accounts and threads: what is said there by half a name means the person.

    Everywhere else a bare name may be anybody's. Records by record_id, without those that go.
    """
    sql = (
        "SELECT record_id, record_blind, entity FROM sealed_records "
        "WHERE account_subject_id IN ({values})"
    )
    near = {i: bytes(blind) for i, blind, entity in select_in(conn, sql, accounts_of(plan))
            if entity not in _NO_TEXTS}  # fmt: skip
    threads = {*near.values(), *(r.record_blind for r in plan.deleted)}
    hanging = records_mentioning(conn, ((RECORD_KIND, blind) for blind in threads))
    found = near.keys() | {r.record_id for r in hanging if r.entity not in _NO_TEXTS}
    return found - {r.record_id for r in plan.deleted}
