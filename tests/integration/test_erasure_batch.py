"""Many persons with traps erased in one backfill, on the sample, by its truth and an own checker.

The traps: named in others' notes, in three sources, an alias, an order that the law keeps, a legal
hold, a request for their data that waits, a slip of the pen in a colleague's ticket.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from pipelines.backups.create import create_backup
from pipelines.backups.restore import restore_backup
from pipelines.common.errors import UsageError
from pipelines.fulfilment import fulfil_requests
from pipelines.identity.merge import merge_subjects
from pipelines.jobs import run_erasures
from pipelines.rights import holds
from pipelines.rights.certificates import certificate_name, verify_certificates
from pipelines.rights.requests import NewRequest, advance, load_request, open_request
from pipelines.rotation import NAMES, rotate_keys
from pipelines.vault import audit, schema
from pipelines.vault.suppression import missing_suppressions
from tests.support.demo import AS_OF, Demo, new_home
from tests.support.mentions import (
    MISSPELT,
    Mention,
    classes_of,
    is_telling,
    mentions_of,
    opened_records,
    still_there,
    words_of_others,
    wrongly_cut,
)
from tests.support.stores import duckdb_relations, stores_of
from tests.support.traces import Wanted, others, traces, wanted_of

WHOLE = {"full name", "EMAIL", "IBAN"}
"""Classes of mentions that say by themselves who is meant; half a name does not (decision 0055)."""
MOST_WHOLE_MISSED = 0.2
"""So few persons have few mentions: one of five may be missed here, the soak test is the measure."""
LEAST_CUT = 0.95
"""Share of the mentions in others' texts that have to be gone, whatever their class."""
MOST_OVER = 0.02
"""Share of the places of others that may be cut too, where nothing says whose they are."""
SOURCES = 3
PLANTED = "TK-PLANTED"


class Chosen(NamedTuple):
    """A person to erase: by the vault, by the truth, and by values that only they bear."""

    subject_id: int
    person: str
    values: tuple[str, ...]


def chosen(demo: Demo, count: int) -> list[Chosen]:
    """Persons with most traps first: bearers of several records, then those whom others name."""
    values: dict[str, set[str]] = {}
    bearers: Counter[str] = Counter()
    for row in demo.truth("identifiers"):
        if row["kind"] in ("email", "phone") and row["origin"] == "column":
            values.setdefault(row["person_id"], set()).add(row["value"].lower())
            bearers[row["value"].lower()] += 1
    records = Counter(r["person_id"] for r in demo.truth("persons") if r["entity"] == "contacts")
    found: dict[int, Chosen] = {}
    with demo.deploy() as deployment, deployment.vault.read() as conn:
        i, s = schema.identifiers, schema.subjects
        for person in sorted(values, key=lambda p: (-records[p], p)):
            own = tuple(v for v in sorted(values[person]) if "@" in v and bearers[v] == 1)
            blinds = [deployment.vault.index.of("email", v) for v in own]
            query = (
                sa.select(sa.func.coalesce(s.c.merged_into, s.c.subject_id))
                .join(i, i.c.subject_id == s.c.subject_id)
                .where(i.c.blind.in_(blinds), i.c.kind == "email", s.c.kind == "contact")
            )
            subjects = set(conn.scalars(query))
            if len(subjects) == 1:
                subject_id = subjects.pop()
                found.setdefault(subject_id, Chosen(subject_id, person, own))
            if len(found) == count:
                break
    return sorted(found.values())


def closed_figures(demo: Demo) -> dict[str, list[Any]]:
    """The sealed aggregates of closed periods."""
    path, key = stores_of(demo.home)[0]
    return {
        table: sorted(map(repr, rows))
        for table, _, rows in duckdb_relations(path, key, demo.home.spill)
        if table.startswith("sealed.")
    }


def wanted_by(demo: Demo, persons: list[Chosen]) -> list[Wanted]:
    return [wanted_of(demo.home, p.subject_id, p.values) for p in persons]


def make_alias(demo: Demo, person: Chosen, alias: Chosen) -> Chosen:
    """A steward knows that two are one, though they are called differently; the older one stands."""
    with demo.deploy() as deployment, deployment.vault.begin() as conn:
        merge_subjects(
            conn, deployment.vault, person.subject_id, alias.subject_id,
            actor="steward", despite_names=True,
        )  # fmt: skip
    both = min(person.subject_id, alias.subject_id)
    return Chosen(both, person.person, person.values + alias.values)


def plant_misspelt(demo: Demo, erased: Collection[int]) -> Mention:
    """A ticket of a colleague who is not erased, with a slip of the pen in somebody's surname."""
    contacts = [
        (record, subject_id, fields)
        for record, subject_id, fields in opened_records(demo.home)
        if record[1] == "contacts" and record[0] == "crm"
    ]
    accounts = _accounts(demo)
    by_account = defaultdict(list)
    for contact in contacts:
        by_account[accounts[contact[2]["contact_id"]]].append(contact)
    for account, colleagues in sorted(by_account.items()):
        theirs = [c for c in colleagues if c[1] in erased and _is_long(c[2])]
        free = [c for c in colleagues if c[1] not in erased]
        if account and theirs and free:
            surname, colleague = theirs[0][2]["last_name"], free[0][2]["contact_id"]
            slip = surname[:2] + surname[3] + surname[2] + surname[4:]
            text = f"Waarom kreeg mevrouw {slip} geen antwoord?"
            ticket = {
                "id": PLANTED, "crm_contact": colleague, "crm_account": account,
                "assignee": None, "channel": "email", "type": "vraag", "topic": "account",
                "priority": "laag", "status": "open", "subject": "Vraag", "description": text,
                "created_at": "2026-10-01T10:00:00Z",
            }  # fmt: skip
            folder = demo.home.inbox / "tickets"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "tickets-planted.jsonl").write_text(json.dumps(ticket) + "\n")
            return Mention(("tickets", "tickets", PLANTED), "body", slip, MISSPELT)
    raise AssertionError("nobody of the batch has a colleague")


def _is_long(contact: dict[str, Any]) -> bool:
    """Whether a slip in the surname makes another word that a sketch still knows."""
    surname = contact["last_name"] or ""
    return len(surname) > 5 and surname.isalpha() and surname[2] != surname[3]


def _accounts(demo: Demo) -> dict[str, str]:
    """The company of each customer number of the sample's CRM."""
    found: dict[str, str] = {}
    for path in sorted((demo.sample / "crm").glob("contactpersonen-*")):
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()[1:]
        found |= {number: account for number, account, *_ in (line.split(";") for line in lines)}
    return found


def check_traps(demo: Demo, persons: list[Chosen], said: Collection[Mention]) -> None:
    """The batch has what an erasure may stumble over."""
    sources = defaultdict(set)
    for row in demo.truth("persons"):
        if row["entity"] == "contacts":
            sources[row["person_id"]].add(row["source"])
    assert any(len(sources[p.person]) == SOURCES for p in persons)
    assert classes_of(said)["full name"] > 0


def erase_batch(demo: Demo, persons: list[Chosen]) -> None:
    """Open, verify and fulfil a request for each.

    The first is under a legal hold; the second asked for their data first, and waits for nobody
    any more because that was withdrawn.
    """
    with demo.deploy() as deployment:
        vault, numbers = deployment.vault, []
        with vault.begin() as conn:
            holds.hold_person(conn, vault, persons[0].subject_id, "2026/1")
            asked = open_request(
                conn, vault, NewRequest("access", persons[1].subject_id, AS_OF.date())
            )
            for person in persons:
                new = NewRequest("erasure", person.subject_id, AS_OF.date())
                request = open_request(conn, vault, new)
                numbers.append(advance(conn, vault, request, "verify").number)
        with pytest.raises(UsageError, match="asked for their data"):
            fulfil_requests(deployment, numbers)
        with vault.begin() as conn:
            advance(conn, vault, asked, "withdraw")
        fulfil_requests(deployment, numbers)
    erased = run_erasures(demo.settings, as_of=AS_OF).erased_persons
    assert erased == len(persons)
    with demo.deploy() as deployment, deployment.vault.read() as conn:
        states = [load_request(conn, n).state for n in numbers]
        assert states[0] == "partly_fulfilled"
        assert set(states) == {"fulfilled", "partly_fulfilled"}
        assert audit.verify(conn, deployment.vault).is_intact
        k = schema.kept_records
        by_law = conn.scalar(sa.select(sa.func.count()).where(k.c.hold_id.is_(None)))
    assert by_law, "nobody had an order that the law keeps"


def without_mentions(found: Counter[str]) -> dict[str, int]:
    """Traces but those in texts of others, which are counted by the truth."""
    return {place: n for place, n in found.items() if not place.startswith("sealed:")}


def check_batch(demo: Demo, count: int, *, with_slip: bool) -> Figures:
    """Erase so many persons and look for them everywhere, before and after what might bring them.

    Args:
        demo: A home that has run; it is changed.
        count: How many.
        with_slip: Land a ticket with a slip of the pen first, which takes a run.
    """
    *persons, alias = chosen(demo, count + 1)
    assert len(persons) == count
    erased = {p.subject_id: p.person for p in (*persons, alias)}
    persons[2] = make_alias(demo, persons[2], alias)
    planted = {plant_misspelt(demo, set(erased))} if with_slip else set()
    if planted:
        demo.run()
    wanted = wanted_by(demo, persons)
    # by the truth, whole: also those of the batch who are in each other's texts
    said = mentions_of(demo, set(erased.values()), set(erased))
    said |= planted
    check_traps(demo, persons, said)
    of_others = words_of_others(demo, set(erased.values()))
    left = others(demo.home, wanted)
    figures = closed_figures(demo)
    backup = backed_up(demo)
    erase_batch(demo, persons)
    assert without_mentions(traces(demo.home, wanted)) == {}
    missed = still_there(demo, said)
    over = wrongly_cut(demo, of_others)
    assert missed[MISSPELT] == 0
    after = others(demo.home, wanted)
    for table, rows in left.items():
        assert rows - after[table] == {}, table
    assert closed_figures(demo) == figures
    assert verify_certificates(demo.home.reports) == 1
    certificate = json.loads((demo.home.reports / certificate_name(1)).read_bytes())
    assert certificate["derived_relations_without_them"] > 20
    demo.deliver()
    demo.reread()
    demo.run()
    assert without_mentions(traces(demo.home, wanted)) == {}
    restore_backup(demo.settings, backup)
    demo.run()
    assert without_mentions(traces(demo.home, wanted)) == {}
    kept = known(demo)
    assert {state.name for state in rotate_keys(demo.settings, ())} == {*NAMES}
    assert known(demo) == kept
    demo.deliver()  # under the new index key those erased have to be known again
    demo.reread()
    demo.run()
    assert without_mentions(traces(demo.home, wanted)) == {}
    assert closed_figures(demo) == figures
    return Figures(
        count, classes_of(said), missed, sum(map(Counter.total, of_others.values())), over,
        sum(map(Counter.total, left.values())),
    )  # fmt: skip


def known(demo: Demo) -> tuple[int, int, int]:
    """How many are suppressed, identified and erased by the ledger."""
    with demo.deploy() as deployment, deployment.vault.read() as conn:
        vault = deployment.vault
        assert missing_suppressions(conn, vault) == 0
        tables = (schema.suppressions, schema.identifiers)
        suppressed, identified = (
            conn.scalar(sa.select(sa.func.count()).select_from(t)) for t in tables
        )
        erased = {k for e in vault.ledger.entries() for k in e.subject_keys}
    return suppressed or 0, identified or 0, len(erased)


class Figures(NamedTuple):
    """What a batch showed.

    Mentions in others' texts by class and those that stayed; places of anybody else in the texts
    that stayed, and how many of these were cut too; rows of others.
    """

    persons: int
    mentions: Counter[str]
    missed: Counter[str]
    places_of_others: int
    over: int
    rows_of_others: int

    @property
    def gone(self) -> float:
        """Share of the mentions that are gone, 0-1."""
        return 1 - self.missed.total() / max(self.mentions.total(), 1)

    @property
    def over_share(self) -> float:
        """Share of the places of others that were cut too, 0-1."""
        return self.over / max(self.places_of_others, 1)

    @property
    def told_gone(self) -> float:
        """The same of mentions that tell who is meant."""
        said, missed = (
            sum(n for kind, n in c.items() if is_telling(kind))
            for c in (self.mentions, self.missed)
        )
        return 1 - missed / max(said, 1)


def backed_up(demo: Demo) -> str:
    """A backup made now."""
    with demo.deploy() as deployment:
        return create_backup(deployment, AS_OF).backup_id


def tell(figures: Figures) -> None:
    """Print what a soak run is for: shares, and what was missed by class; counts only."""
    lines = [
        (
            f"{figures.persons} persons: {figures.gone:.1%} of {figures.mentions.total()} mentions gone, "
            f"{figures.told_gone:.1%} of those that tell who is meant"
        ),
        (
            f"{figures.over} of {figures.places_of_others} places of others cut too "
            f"({figures.over_share:.2%}); {figures.rows_of_others} rows of others equal"
        ),
        *(
            f"{kind:28} {said:5} said {figures.missed[kind]:5} missed"
            for kind, said in figures.mentions.most_common()
        ),
    ]
    print("", *lines, sep="\n")  # noqa: T201


def test_ten_persons_with_traps_are_erased_and_stay_so(own_demo: Demo) -> None:
    figures = check_batch(own_demo, 10, with_slip=False)
    whole = [kind for kind in figures.mentions if kind in WHOLE]
    said, missed = (sum(c[k] for k in whole) for c in (figures.mentions, figures.missed))
    assert said > 0
    assert missed <= said * MOST_WHOLE_MISSED, figures.missed


@pytest.mark.soak
def test_fifty_persons_at_scale_ten_are_erased_and_stay_so(tmp_path: Path) -> None:
    demo = new_home(tmp_path, scale=10)
    demo.deliver()
    demo.run()
    figures = check_batch(demo, 50, with_slip=True)
    tell(figures)
    assert figures.gone >= LEAST_CUT, figures.missed
    assert figures.over_share <= MOST_OVER
