"""Whom the texts of a frame may name: the row's own subject and the contacts of its account.

Sketches are looked up once per chunk, only for the owners of rows that have a text.

Privacy: keyed hashes; nobody is unsealed (docs/decisions/0038).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pipelines.batches.context import Batch
from pipelines.privacy.known_persons import KnownPersons
from pipelines.privacy.named_places import Groups
from pipelines.vault.sketches import sketches_of_accounts, sketches_of_subjects
from pipelines.vault.subjects import Pair, Subject, names_of


class NamedPersons:
    """The known persons of the rows of a frame.

    Args:
        batch: The batch under way.
        owners: Owner of each row, a contact, a user or an account.
        accounts: Account of each row.
        places: The rows that have a text.
    """

    def __init__(
        self,
        batch: Batch,
        owners: Sequence[Subject | None],
        accounts: Sequence[Subject | None],
        places: Iterable[int],
    ) -> None:
        self._connection = batch.connection
        self._row: dict[int, tuple[int | None, int | None]] = {}
        for place in places:
            owner, account = owners[place], accounts[place]
            if owner is not None and owner.kind == "account":
                owner, account = None, account or owner
            self._row[place] = (
                owner.subject_id if owner else None,
                account.subject_id if account else None,
            )
        subjects = {s for s, _ in self._row.values() if s is not None}
        found = {a for _, a in self._row.values() if a is not None}
        own = sketches_of_subjects(self._connection, subjects) if subjects else {}
        teams = sketches_of_accounts(self._connection, found) if found else {}
        self._subjects = {subject: b"".join(sketches) for subject, sketches in own.items()}
        self._accounts = {
            account: {subject: b"".join(sketches) for subject, sketches in team.items()}
            for account, team in teams.items()
        }
        self._noted: list[tuple[int, int]] = []

    def of(self, place: int) -> KnownPersons | None:
        """Those whom the text of a row may name; None when nobody is known."""
        subject, account = self._row[place]
        own = self._subjects.get(subject, b"") if subject is not None else b""
        team = self._accounts.get(account, {}) if account is not None else {}
        if not own and not team:
            return None
        return KnownPersons(own, [sketch for i, sketch in team.items() if i != subject])

    def groups(self, places: Sequence[int]) -> Groups:
        """Whom the texts of rows may name: even numbers are subjects, odd ones teams."""
        rows = [self._row[place] for place in places]
        subjects, teams = self._subjects, self._accounts
        return Groups(
            [2 * s if s in subjects else -1 for s, _ in rows],
            [2 * a + 1 if a in teams else -1 for _, a in rows],
        )

    def sketches(self) -> Iterator[tuple[int, bytes]]:
        """The sketches of all whom any of the texts may name, by group."""
        yield from ((2 * subject, sketch) for subject, sketch in self._subjects.items())
        for account, team in self._accounts.items():
            yield from ((2 * account + 1, sketch) for sketch in team.values())

    def note(self, place: int, person: int) -> None:
        """Note that the text of a row names one of its known persons, not the subject."""
        subject, account = self._row[place]
        team = self._accounts[account] if account is not None else {}
        self._noted.append((place, [i for i in team if i != subject][person - 1]))

    def mentions(self) -> dict[int, set[Pair]]:
        """The names, blind, of the persons noted, by place of the row."""
        names: dict[int, set[Pair]] = defaultdict(set)
        for subject_id, kind, blind in names_of(self._connection, {s for _, s in self._noted}):
            if kind == "name":
                names[subject_id].add((kind, bytes(blind)))
        found: dict[int, set[Pair]] = defaultdict(set)
        for place, subject_id in self._noted:
            found[place] |= names[subject_id]
        return {place: pairs for place, pairs in found.items() if pairs}
