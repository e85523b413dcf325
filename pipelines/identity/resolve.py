"""Resolves the persons, accounts and users of a batch to subjects of the vault, in bulk.

One resolver serves one batch and lives inside its vault transaction. It finds subjects by blind
index, makes those that are missing, recognises the suppressed, and queues what is doubtful.
Memory: blind indexes of the identifiers of one chunk, and a bounded cache of references.

Privacy: direct identifiers in; subject ids and keys out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import sqlalchemy as sa

from pipelines.common.normalise import email_key, is_role_mailbox
from pipelines.identity.contact_identifiers import (
    MATCHING_KINDS,
    NAME_KINDS,
    SHARED_KINDS,
    SUPPRESSING_KINDS,
    Identifier,
    contact_identifiers,
    source_key,
)
from pipelines.identity.decide import MOST_BEARERS, NEW, Pair, decide
from pipelines.identity.queue import queue_doubts
from pipelines.vault.store import Vault
from pipelines.vault.subjects import (
    Subject,
    add_identifiers,
    create_subjects,
    find_former,
    find_identifiers,
    find_oldest_bearers,
    has_former,
    has_merged,
    load_exact,
    merged_bearers,
    names_of,
)
from pipelines.vault.suppression import find_suppressed, has_suppressions

CACHE_LIMIT = 200_000
KIND_OF_ENTITY: Mapping[str, str] = {"contacts": "contact", "accounts": "account", "users": "user"}


class Resolved(NamedTuple):
    """What became of one reference: a subject, or suppressed, or neither (nobody is meant)."""

    subject: Subject | None
    is_suppressed: bool = False


NOBODY = Resolved(None)
SUPPRESSED = Resolved(None, is_suppressed=True)


class SubjectResolver:
    """Finds and makes subjects within one batch."""

    def __init__(
        self, vault: Vault, connection: sa.Connection, batch_id: int, source: str, region: str
    ) -> None:
        self._vault = vault
        self._connection = connection
        self._batch_id = batch_id
        self._source = source
        self._region = region
        self._cache: dict[Identifier, Resolved] = {}
        self._has_merged = has_merged(connection)
        self._has_former = has_former(connection)

    def blind(self, identifier: Identifier) -> Pair:
        """The blind index of an identifier, with its kind."""
        return identifier.kind, self._vault.index.of(identifier.kind, identifier.value)

    def references(
        self, entity: str, namespace: str, record_ids: Iterable[str]
    ) -> dict[str, Resolved]:
        """Subjects of ids of contacts, accounts or users; unknown ones are made.

        Returns:
            One entry per distinct id, suppressed ones marked.
        """
        wanted = {i: source_key(entity, namespace, i) for i in record_ids}
        by_address = (
            self.emails(i for i in wanted if "@" in i) if entity == "contacts" else {}
        )  # an id that is an address says who it is, whatever source it comes from
        by_address = {i: r for i, r in by_address.items() if r != NOBODY}
        keys = {i: k for i, k in wanted.items() if i not in by_address}
        found = self._resolve(keys.values(), KIND_OF_ENTITY[entity])
        return by_address | {i: found[identifier] for i, identifier in keys.items()}

    def emails(self, addresses: Iterable[str]) -> dict[str, Resolved]:
        """Subjects of e-mail addresses; unknown ones are made, role mailboxes are nobody.

        An address that several subjects bear belongs to nobody until a steward decides.
        """
        wanted: dict[str, Identifier | None] = {}
        for address in addresses:
            normal = email_key(address)
            is_person = normal is not None and not is_role_mailbox(normal)
            wanted[address] = Identifier("email", normal) if normal and is_person else None
        found = self._resolve((i for i in wanted.values() if i), "contact")
        return {a: found[i] if i else NOBODY for a, i in wanted.items()}

    def contacts(self, namespace: str, rows: Sequence[Mapping[str, Any]]) -> list[Resolved]:
        """Subjects of contact rows, in order; see :func:`pipelines.identity.decide.decide`.

        Args:
            namespace: The source that issued the contact ids.
            rows: Canonical contact columns.
        """
        sources, identifiers = self._blinded(namespace, rows)
        suppressed: set[Pair] = set()
        if has_suppressions(self._connection):
            pairs = chain(sources, chain.from_iterable(identifiers))
            suppressed = find_suppressed(
                self._connection, {p for p in pairs if p[0] in SUPPRESSING_KINDS}
            )
        bearers = self._bearers(sources, identifiers)
        former = self._former(chain.from_iterable(identifiers), bearers)
        bearers |= former
        merged = self._merged(sources)
        names = self._names(bearers)
        assigned: list[int | None] = []
        new_pairs: dict[tuple[Pair, int], None] = {}
        doubts: list[tuple[int, int, str]] = []
        created = 0
        for source, own in zip(sources, identifiers, strict=True):
            if suppressed and (source in suppressed or not suppressed.isdisjoint(own)):
                assigned.append(None)
                continue
            decision = NEW
            if source in bearers or any(p in bearers for p in own):
                decision = decide(
                    source, own, lambda p: bearers.get(p, ()), lambda s: names.get(s, set())
                )
            subject = decision.subject
            if subject is None:
                created += 1
                subject = -created  # a place until the subjects are made in bulk
            keeper = merged.get(source, subject)
            assigned.append(keeper)
            doubts += [(subject, d.other_subject, d.reason) for d in decision.doubts]
            for pair in (source, *own):
                new_pairs[pair, keeper] = None
                if pair[0] in NAME_KINDS:
                    names.setdefault(subject, set()).add(pair)
                    continue  # a name finds nobody, however many bear it
                # a former identifier yields to the first whose row has it
                known = bearers.get(pair, ()) if former.pop(pair, None) is None else ()
                if subject not in known and len(known) < MOST_BEARERS:
                    bearers[pair] = (*known, subject)
        made = create_subjects(self._connection, self._vault, "contact", created, self._batch_id)
        final = {-n: s.subject_id for n, s in enumerate(made, start=1)}
        add_identifiers(
            self._connection,
            [(kind, blind, final.get(s, s), self._source) for ((kind, blind), s) in new_pairs],
            self._batch_id,
        )
        self._queue([(final.get(a, a), final.get(b, b), reason) for a, b, reason in doubts])
        subjects = load_exact(
            self._connection, {s for s in assigned if s is not None and s > 0}
        ) | {s.subject_id: s for s in made}
        return [SUPPRESSED if s is None else Resolved(subjects[final.get(s, s)]) for s in assigned]

    def _blinded(
        self, namespace: str, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[list[Pair], list[list[Pair]]]:
        """The source key and the other identifiers of each row, blind."""
        many = self._vault.index.many
        keys = [source_key("contacts", namespace, r["contact_id"]).value for r in rows]
        sources: list[Pair] = [("source_key", b) for b in many("source_key", keys)]
        own = [contact_identifiers(r, self._region) for r in rows]
        values: dict[str, dict[str, bytes]] = {}
        for identifier in chain.from_iterable(own):
            values.setdefault(identifier.kind, {})[identifier.value] = b""
        for kind, of_kind in values.items():
            of_kind.update(zip(of_kind, many(kind, of_kind), strict=True))
        return sources, [[(kind, values[kind][value]) for kind, value in row] for row in own]

    def _bearers(
        self, sources: list[Pair], identifiers: list[list[Pair]]
    ) -> dict[Pair, tuple[int, ...]]:
        """Who bears the identifiers that may find somebody, oldest first, ``MOST_BEARERS`` at most.

        Names find nobody and are not looked up: a common one would cost as much as its bearers.
        """
        deciding = set(sources)
        shared = set()
        for pair in chain.from_iterable(identifiers):
            if pair[0] in MATCHING_KINDS:
                deciding.add(pair)
            elif pair[0] in SHARED_KINDS:
                shared.add(pair)
        found = find_identifiers(self._connection, deciding)
        bearers = {p: ids[:MOST_BEARERS] for p, ids in found.items()}
        return bearers | find_oldest_bearers(self._connection, shared)

    def _former(
        self, pairs: Iterable[Pair], bearers: Mapping[Pair, tuple[int, ...]]
    ) -> dict[Pair, tuple[int, ...]]:
        """Who bore what nobody bears: a stale source goes on bringing what was corrected."""
        if not self._has_former:
            return {}
        wanted = {p for p in pairs if p[0] in MATCHING_KINDS and p not in bearers}
        return find_former(self._connection, wanted)

    def _resolve(self, identifiers: Iterable[Identifier], kind: str) -> dict[Identifier, Resolved]:
        wanted = list(dict.fromkeys(identifiers))
        missing = [i for i in wanted if i not in self._cache]
        if len(self._cache) + len(missing) > CACHE_LIMIT:
            self._cache.clear()
            missing = wanted
        if missing:
            self._cache |= self._look_up(missing, kind)
        return {i: self._cache[i] for i in wanted}

    def _look_up(self, missing: list[Identifier], kind: str) -> dict[Identifier, Resolved]:
        pairs = {i: self.blind(i) for i in missing}
        known = find_identifiers(self._connection, pairs.values())
        known |= self._former(pairs.values(), known)
        suppressed = find_suppressed(self._connection, pairs.values())
        absent = [i for i, p in pairs.items() if p not in known and p not in suppressed]
        made = create_subjects(self._connection, self._vault, kind, len(absent), self._batch_id)
        add_identifiers(
            self._connection,
            [(*pairs[i], s.subject_id, self._source) for i, s in zip(absent, made, strict=True)],
            self._batch_id,
        )
        new = dict(zip(absent, made, strict=True))
        merged = self._merged(p for p in known if p[0] == "source_key")
        subjects = load_exact(
            self._connection,
            {ids[0] for ids in known.values() if len(ids) == 1} | set(merged.values()),
        )
        found: dict[Identifier, Resolved] = {}
        for identifier, pair in pairs.items():
            bearers = known.get(pair, ())
            if pair in suppressed:
                found[identifier] = SUPPRESSED
            elif identifier in new:
                found[identifier] = Resolved(new[identifier])
            elif len(bearers) == 1:
                found[identifier] = Resolved(subjects[merged.get(pair, bearers[0])])
            else:
                found[identifier] = NOBODY
        return found

    def _merged(self, sources: Iterable[Pair]) -> dict[Pair, int]:
        """Who was merged and bears a source key: rows stay under that key, so a merge can be undone."""
        if not self._has_merged:
            return {}
        return merged_bearers(self._connection, sources)

    def _names(self, bearers: Mapping[Pair, tuple[int, ...]]) -> dict[int, set[Pair]]:
        """Names of the subjects that a row may turn out to be."""
        ids = {
            found[0]
            for (kind, _), found in bearers.items()
            if kind not in SHARED_KINDS and (len(found) == 1 or kind == "source_key")
        }
        names: dict[int, set[Pair]] = {}
        for subject_id, kind, blind in names_of(self._connection, ids):
            names.setdefault(subject_id, set()).add((kind, blind))
        return names

    def _queue(self, doubts: list[tuple[int, int, str]]) -> None:
        """Queue doubts once per pair of subjects and reason."""
        rows = {(min(a, b), max(a, b), reason) for a, b, reason in doubts}
        queue_doubts(self._connection, rows, self._batch_id)
