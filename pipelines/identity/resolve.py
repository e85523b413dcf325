"""Resolves the persons, accounts and users of a batch to subjects of the vault, in bulk.

One resolver serves one batch and lives inside its vault transaction. It finds subjects by blind
index, makes those that are missing, recognises the suppressed, and queues what is doubtful.
Memory: blind indexes of the identifiers of one chunk, and a bounded cache of references.

Privacy: direct identifiers in; subject ids and keys out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from pipelines.common.normalise import email_key, is_role_mailbox
from pipelines.identity.contact_identifiers import (
    SUPPRESSING_KINDS,
    Identifier,
    contact_identifiers,
    source_key,
)
from pipelines.identity.decide import Pair, decide
from pipelines.vault import schema
from pipelines.vault.bulk import allocate, insert_rows
from pipelines.vault.store import Vault
from pipelines.vault.subjects import (
    Subject,
    add_identifiers,
    create_subjects,
    find_identifiers,
    load_subjects,
)
from pipelines.vault.suppression import find_suppressed

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
        found = self._resolve(wanted.values(), KIND_OF_ENTITY[entity])
        return {i: found[identifier] for i, identifier in wanted.items()}

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
        sources = [self.blind(source_key("contacts", namespace, r["contact_id"])) for r in rows]
        identifiers = [[self.blind(i) for i in contact_identifiers(r, self._region)] for r in rows]
        pairs = set(sources).union(*identifiers) if rows else set()
        suppressed = find_suppressed(
            self._connection, [p for p in pairs if p[0] in SUPPRESSING_KINDS]
        )
        bearers = dict(find_identifiers(self._connection, pairs))
        names = self._names({s for ids in bearers.values() for s in ids})
        assigned: list[int | None] = []
        new_pairs: dict[tuple[Pair, int], None] = {}
        doubts: list[tuple[int, int, str]] = []
        created = 0
        for source, own in zip(sources, identifiers, strict=True):
            if suppressed and (source in suppressed or not suppressed.isdisjoint(own)):
                assigned.append(None)
                continue
            decision = decide(
                source, own, lambda p: bearers.get(p, ()), lambda s: names.setdefault(s, set())
            )
            subject = decision.subject
            if subject is None:
                created += 1
                subject = -created  # a place until the subjects are made in bulk
            assigned.append(subject)
            doubts += [(subject, d.other_subject, d.reason) for d in decision.doubts]
            for pair in (source, *own):
                if subject not in bearers.get(pair, ()):
                    bearers[pair] = (*bearers.get(pair, ()), subject)
                    new_pairs[(pair, subject)] = None
            names.setdefault(subject, set()).update(p for p in own if "name" in p[0])
        made = create_subjects(self._connection, self._vault, "contact", created, self._batch_id)
        final = {-n: s.subject_id for n, s in enumerate(made, start=1)}
        add_identifiers(
            self._connection,
            [(kind, blind, final.get(s, s), self._source) for ((kind, blind), s) in new_pairs],
            self._batch_id,
        )
        self._queue([(final.get(a, a), final.get(b, b), reason) for a, b, reason in doubts])
        subjects = load_subjects(
            self._connection, {s for s in assigned if s is not None and s > 0}
        ) | {s.subject_id: s for s in made}
        return [SUPPRESSED if s is None else Resolved(subjects[final.get(s, s)]) for s in assigned]

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
        suppressed = find_suppressed(self._connection, pairs.values())
        absent = [i for i, p in pairs.items() if p not in known and p not in suppressed]
        made = create_subjects(self._connection, self._vault, kind, len(absent), self._batch_id)
        add_identifiers(
            self._connection,
            [(*pairs[i], s.subject_id, self._source) for i, s in zip(absent, made, strict=True)],
            self._batch_id,
        )
        new = dict(zip(absent, made, strict=True))
        subjects = load_subjects(
            self._connection, {ids[0] for ids in known.values() if len(ids) == 1}
        )
        found: dict[Identifier, Resolved] = {}
        for identifier, pair in pairs.items():
            bearers = known.get(pair, ())
            if pair in suppressed:
                found[identifier] = SUPPRESSED
            elif identifier in new:
                found[identifier] = Resolved(new[identifier])
            else:
                found[identifier] = Resolved(subjects[bearers[0]]) if len(bearers) == 1 else NOBODY
        return found

    def _names(self, subject_ids: set[int]) -> dict[int, set[Pair]]:
        table = schema.identifiers
        names: dict[int, set[Pair]] = {s: set() for s in subject_ids}
        ids = sorted(subject_ids)
        for start in range(0, len(ids), 500):
            rows = self._connection.execute(
                sa.select(table.c.subject_id, table.c.kind, table.c.blind).where(
                    table.c.subject_id.in_(ids[start : start + 500]),
                    table.c.kind.in_(("name", "full_name")),
                )
            )
            for subject_id, kind, blind in rows:
                names[subject_id].add((kind, bytes(blind)))
        return names

    def _queue(self, doubts: list[tuple[int, int, str]]) -> None:
        """Queue doubts once per pair of subjects and reason."""
        table = schema.identity_queue
        rows = {(min(a, b), max(a, b), reason) for a, b, reason in doubts}
        if not rows:
            return
        columns = (table.c.subject_id, table.c.other_subject_id, table.c.reason)
        firsts = sorted({a for a, _, _ in rows})
        known = {
            tuple(row)
            for start in range(0, len(firsts), 500)
            for row in self._connection.execute(
                sa.select(*columns).where(table.c.subject_id.in_(firsts[start : start + 500]))
            )
        }
        new = sorted(rows - known)
        ids = allocate(self._connection, "identity_queue", len(new)) if new else ()
        insert_rows(
            self._connection,
            table,
            ("queue_id", "batch_id", "subject_id", "other_subject_id", "reason", "state"),
            [(i, self._batch_id, *doubt, "open") for i, doubt in zip(ids, new, strict=True)],
        )
