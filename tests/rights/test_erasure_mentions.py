"""Whose a name is that several bear: told by what the record hangs on and what else its text says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from pipelines.common.policy import load_policy
from pipelines.rights.erasure_mentions import Mentioned, find_mentions
from pipelines.rights.erasure_plan import make_plan
from pipelines.vault import schema
from pipelines.vault.bulk import insert_rows
from pipelines.vault.records import NewRecord, add_mentions, save_records
from pipelines.vault.store import Vault
from pipelines.vault.subjects import Pair, add_identifiers, create_subjects

ELKE, NAMESAKE, EVA, STRANGER = 1, 2, 3, 4
OWN_COMPANY, COMPANY = 5, 6
NAME: Pair = ("name", b"zevenstra|e")
WHOLE: Pair = ("full_name", b"zevenstra|elke")
ADDRESS: Pair = ("email", b"elke")
NAMESAKES_PHONE: Pair = ("phone", b"namesake")
PART: Pair = ("part", b"elke")
NOTE = b"note"
SUBJECT_COLUMNS = (
    "subject_id", "subject_key", "kind", "subject_bucket", "key_id", "state", "staff_alias",
    "created_batch",
)  # fmt: skip


class World:
    """Elke, another Elke Zevenstra, Eva Zevenstra, and one note of somebody else that names one."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn

    def record(
        self, entity: str, blind: bytes, subject: int | None, account: int | None,
        sketch: bytes | None = None,
    ) -> int:  # fmt: skip
        row = NewRecord(
            entity, "crm", blind, "crm/1", subject, account, 9, b"m", b"sealed", "1", sketch
        )
        (record_id,) = save_records(self.conn, 1, [row])
        return record_id

    def contact(self, subject: int, account: int | None) -> None:
        self.record("contacts", b"contact %d" % subject, subject, account, b"sketch")

    def note(self, *said: Pair, subject: int = STRANGER, account: int | None = None) -> int:
        record_id = self.record("interactions", NOTE, subject, account)
        add_mentions(self.conn, "interactions", "crm", {NOTE: [NAME, *said]})
        return record_id

    def found(self) -> Mentioned:
        return find_mentions(self.conn, make_plan(self.conn, ELKE, load_policy()))

    def pairs(self, record_id: int) -> set[Pair]:
        """What is to be cut out of a record."""
        return next((p for r, p in self.found().cuts.items() if r.record_id == record_id), set())


@pytest.fixture
def world(vault: Vault) -> Iterator[World]:
    with vault.begin() as conn:
        create_subjects(conn, vault, "contact", 4, 1)
        create_subjects(conn, vault, "account", 2, 1)
        borne = [(NAME, ELKE), (WHOLE, ELKE), (ADDRESS, ELKE), (NAME, NAMESAKE), (WHOLE, NAMESAKE)]
        borne += [(NAMESAKES_PHONE, NAMESAKE), (NAME, EVA), (("full_name", b"zevenstra|eva"), EVA)]
        add_identifiers(conn, [(*pair, subject, "crm") for pair, subject in borne], 1)
        world = World(conn)
        world.contact(ELKE, OWN_COMPANY)
        yield world


def test_name_of_two_goes_where_nothing_tells_whose_it_is(world: World) -> None:
    note = world.note()
    assert world.pairs(note) == {NAME, WHOLE}
    assert world.found().doubtful == {}


def test_name_stays_in_the_namesakes_own_record(world: World) -> None:
    note = world.note(subject=NAMESAKE)
    assert world.pairs(note) == set()
    assert world.found().doubtful == {}


def test_name_stays_beside_a_number_of_the_namesake(world: World) -> None:
    note = world.note(NAMESAKES_PHONE)
    assert world.pairs(note) == set()
    assert world.found().doubtful == {}


def test_name_goes_beside_an_address_of_the_person_also_near_the_namesake(world: World) -> None:
    world.contact(NAMESAKE, COMPANY)
    note = world.note(ADDRESS, account=COMPANY)
    assert world.pairs(note) == {ADDRESS, NAME, WHOLE}
    assert world.found().doubtful == {}


def test_name_near_the_namesake_is_left_to_the_steward(world: World) -> None:
    world.contact(NAMESAKE, COMPANY)
    note = world.note(account=COMPANY)
    assert world.pairs(note) == set()
    assert world.found().doubtful == {note: NAMESAKE}


def test_name_in_a_thread_of_the_namesakes_company_is_left_to_the_steward(world: World) -> None:
    world.contact(NAMESAKE, COMPANY)
    world.record("tickets", b"ticket", None, COMPANY)
    note = world.note(("record", b"ticket"))
    assert world.found().doubtful == {note: NAMESAKE}


def test_name_in_the_persons_own_company_goes_also_near_the_namesake(world: World) -> None:
    world.contact(NAMESAKE, OWN_COMPANY)
    note = world.note(account=OWN_COMPANY)
    assert world.pairs(note) == {NAME, WHOLE}
    assert world.found().doubtful == {}


def test_whole_name_goes_near_one_who_shares_but_the_initial(world: World) -> None:
    world.contact(EVA, COMPANY)
    note = world.note(account=COMPANY)
    assert world.pairs(note) == {WHOLE}
    assert world.found().doubtful == {note: EVA}


def half_named(world: World, conn: Connection, texts: int, bearers: int) -> list[int]:
    """Notes that say half a name, which so many others bear."""
    add_identifiers(conn, [(*PART, subject, "crm") for subject in (ELKE, *bearers_of(bearers))], 1)
    blinds = [b"note %d" % i for i in range(texts)]
    made = [world.record("interactions", blind, STRANGER, None) for blind in blinds]
    add_mentions(conn, "interactions", "crm", {blind: [PART] for blind in blinds})
    return made


def bearers_of(count: int) -> range:
    return range(101, 101 + count)


@pytest.mark.parametrize(
    ("texts", "bearers", "goes"),
    [(3, 1, True), (3, 20, True), (4, 20, False), (4, 1, True)],
)
def test_half_a_name_that_many_bear_goes_unless_too_many_texts_say_it(
    world: World, monkeypatch: pytest.MonkeyPatch, texts: int, bearers: int, goes: bool
) -> None:
    monkeypatch.setattr("pipelines.rights.erasure_mentions.MOST_SHARED", 3)
    conn = world.conn
    rows = [(i, f"k{i:011d}", "contact", 0, 1, "active", None, 1) for i in bearers_of(bearers)]
    insert_rows(conn, schema.subjects, SUBJECT_COLUMNS, rows)
    notes = half_named(world, conn, texts, bearers)
    assert [world.pairs(n) == {PART} for n in notes] == [goes] * texts
