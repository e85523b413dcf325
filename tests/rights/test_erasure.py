from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import sqlalchemy as sa

from pipelines.common.errors import BusyError, InputError, NotAllowedError
from pipelines.common.policy import load_policy
from pipelines.common.rejects import Reject
from pipelines.identity import contact_identifiers
from pipelines.rights import erasure, erasure_plan
from pipelines.rights.erasure import (
    ErasureTools,
    complete_erasures,
    erase_subject,
    replay_missed,
    resume_erasures,
    unfinished_erasures,
)
from pipelines.vault import audit, quarantine, schema
from pipelines.vault.records import (
    NewRecord,
    add_mentions,
    delete_records,
    record_aad,
    save_records,
)
from pipelines.vault.sealing import seal, unseal
from pipelines.vault.sketches import Around
from pipelines.vault.store import Vault
from pipelines.vault.subjects import Pair, add_identifiers, create_subjects, identifiers_of
from pipelines.vault.suppression import find_suppressed

if TYPE_CHECKING:
    from tests.support.vaults import Deployment

JAN, PIET, COMPANY = 1, 2, 3


class KilledError(Exception):
    """Stands for a SIGKILL."""


class Warehouse:
    """Takes the place of the warehouse's side of an erasure."""

    def __init__(self) -> None:
        self.asked: list[erasure_plan.FactErasure] = []

    def erase(self, facts: erasure_plan.FactErasure) -> None:
        self.asked.append(facts)


class World:
    """Jan and Piet of one company; Piet's interaction speaks of Jan."""

    def __init__(self, vault: Vault, warehouse: Warehouse) -> None:
        self.vault = vault
        self.warehouse = warehouse
        self.tools = ErasureTools(load_policy(), self.cut, warehouse.erase)
        of = vault.index.of
        self.email: Pair = ("email", of("email", "jan@voorbeeld.nl"))
        self.name: Pair = ("name", of("name", "jansen|j"))
        self.source: Pair = ("source_key", of("source_key", "contacts|crm|1"))

    def cut(self, texts: dict[str, str], pairs: set[Pair], _around: Around) -> dict[str, str]:
        of = self.vault.index.of
        return {
            column: " ".join(
                "[…]" if ("email", of("email", word)) in pairs else word for word in text.split()
            )
            for column, text in texts.items()
        }

    def build(self) -> None:
        vault = self.vault
        with vault.begin() as conn:
            jan, piet = create_subjects(conn, vault, "contact", 2, 1)
            (company,) = create_subjects(conn, vault, "account", 1, 1)
            self.keys = {JAN: jan.key_id, PIET: piet.key_id, COMPANY: company.key_id}
            self.jan_key = jan.subject_key
            ((own, _),) = vault.data_keys.create(1)
            self.keys[0] = own
            add_identifiers(
                conn, [(*p, JAN, "crm") for p in (self.email, self.name, self.source)], 1
            )
            self._save(conn, "contacts", "1", JAN, JAN, {"email": "jan@voorbeeld.nl"})
            self._save(conn, "tickets", "T1", JAN, JAN, {"subject": "help", "body": "hier Jan"})
            self._save(conn, "ticket_events", "E1", None, 0, {"body": "over Jan"})
            self._save(conn, "tasks", "K1", JAN, JAN, {"title": "bel Jan"})
            self._save(conn, "contacts", "2", PIET, PIET, {"email": "piet@voorbeeld.nl"})
            self._save(
                conn, "interactions", "I1", PIET, PIET,
                {"subject": "vraag", "body": "mail naar jan@voorbeeld.nl gestuurd"},
            )  # fmt: skip
            ticket = ("record", self.blind("tickets", "T1"))
            add_mentions(
                conn, "ticket_events", "crm", {self.blind("ticket_events", "E1"): [ticket]}
            )
            add_mentions(
                conn, "interactions", "crm", {self.blind("interactions", "I1"): [self.email]}
            )
            rows = [Reject(2, "contacts", "type", "x", {"email": "jan@voorbeeld.nl"})]
            quarantine.add_rejects(conn, vault, 1, rows, [[self.email]])

    def blind(self, entity: str, key: str) -> bytes:
        return self.vault.index.of("record", f"{entity}|crm|{key}")

    def _save(
        self, conn: sa.Connection, entity: str, key: str, subject: int | None, owner: int,
        content: dict[str, Any],
    ) -> None:  # fmt: skip
        blind, key_id = self.blind(entity, key), self.keys[owner]
        data_key = self.vault.data_keys.get([key_id])[key_id]
        sealed = seal(data_key, orjson.dumps(content), record_aad(entity, "crm", blind))
        record = NewRecord(
            entity, "crm", blind, f"crm/{key}", subject, COMPANY, key_id, b"m", sealed, "1"
        )
        save_records(conn, 1, [record])

    def records(self) -> dict[str, Any]:
        t = schema.sealed_records
        with self.vault.read() as conn:
            return {r.record_key: r for r in conn.execute(sa.select(t))}

    def check_jan_is_gone(self) -> None:
        records = self.records()
        # the task stays known without its content, or the next import would add its row again
        task = records.pop("crm/K1")
        assert (task.sealed, task.subject_id, task.key_id) == (None, None, 0)
        assert set(records) == {"crm/2", "crm/I1"}
        assert self.vault.data_keys.get([self.keys[JAN], self.keys[0]]) == {}
        assert set(self.vault.data_keys.get(self.keys.values())) == {
            self.keys[PIET], self.keys[COMPANY],
        }  # fmt: skip
        assert self.body("crm/I1") == "mail naar […] gestuurd"
        with self.vault.read() as conn:
            assert identifiers_of(conn, [JAN]) == set()
            assert quarantine.list_rows(conn, 1) == []
            suppressed = {
                self.email, self.source, ("record", self.blind("tickets", "T1")),
                ("record", self.blind("ticket_events", "E1")),
            }  # fmt: skip
            task = ("record", self.blind("tasks", "K1"))
            assert find_suppressed(conn, [*suppressed, self.name, task]) == suppressed
            states = dict(
                conn.execute(sa.select(schema.subjects.c.subject_id, schema.subjects.c.state)).all()
            )
            assert states == {JAN: "erased", PIET: "active", COMPANY: "active"}
            assert unfinished_erasures(conn) == []
            assert audit.verify(conn, self.vault).is_intact
        assert self.vault.missed() == []
        assert [e.kind for e in self.vault.ledger.entries()][-1] == "completed"
        facts = self.warehouse.asked[-1]
        assert facts.subject_keys == (self.jan_key,)
        assert facts.actions["tickets"] == "delete"
        assert facts.actions["deals"] == "unlink"
        assert facts.record_keys["ticket_events"] == (("crm", "crm/E1"),)
        assert "tasks" not in facts.record_keys

    def body(self, record_key: str) -> str:
        record = self.records()[record_key]
        key = self.vault.data_keys.get([record.key_id])[record.key_id]
        aad = record_aad(record.entity, "crm", record.record_blind)
        return str(orjson.loads(unseal(key, record.sealed, aad))["body"])


@pytest.fixture
def world(vault: Vault) -> World:
    made = World(vault, Warehouse())
    made.build()
    return made


def test_erase_leaves_nothing_of_the_person_and_all_of_others(
    world: World, deployment: Deployment
) -> None:
    sealed = [r.sealed for r in world.records().values() if r.key_id == world.keys[JAN]]
    result = erase_subject(world.vault, JAN, world.tools, request="7")
    assert result == erasure.ErasureResult((world.jan_key,), 4, 1, 0, 1)
    world.check_jan_is_gone()
    content = b"".join(p.read_bytes() for p in deployment.home.root.glob("vault.db*"))
    assert not [blob for blob in sealed if blob in content]


def test_keys_that_a_kill_left_are_purged_and_no_other(world: World) -> None:
    vault = world.vault
    erase_subject(vault, JAN, world.tools)
    assert vault.purge_orphans() == 0
    ((key_id, _),) = vault.data_keys.create(1)
    known = vault.known_key_ids() - {0}  # 0: of an erased one
    assert vault.purge_orphans() == 1
    assert vault.data_keys.get([key_id]) == {}
    assert vault.data_keys.get(known).keys() == known


def test_erase_twice_does_nothing_more(world: World) -> None:
    erase_subject(world.vault, JAN, world.tools)
    entries = world.vault.ledger.entries()
    assert erase_subject(world.vault, JAN, world.tools).subject_keys == ()
    assert resume_erasures(world.vault, world.tools) == []
    assert world.vault.ledger.entries() == entries


def test_completion_can_wait_for_compaction(world: World) -> None:
    erase_subject(world.vault, JAN, world.tools, request="7", complete=False)
    assert "completed" not in [e.kind for e in world.vault.ledger.entries()]
    with world.vault.read() as conn:
        assert unfinished_erasures(conn) == [(JAN, "7")]
    assert len(resume_erasures(world.vault, world.tools, complete=False)) == 1
    assert complete_erasures(world.vault, world.tools) == 1
    world.check_jan_is_gone()
    assert complete_erasures(world.vault, world.tools) == 0


def test_erase_of_nobody_is_refused(world: World) -> None:
    with pytest.raises(InputError):
        erase_subject(world.vault, 99, world.tools)


def test_erase_reaches_merged_subjects(world: World) -> None:
    t = schema.subjects
    with world.vault.begin() as conn:
        conn.execute(
            sa.update(t).where(t.c.subject_id == PIET).values(state="merged", merged_into=JAN)
        )
    result = erase_subject(world.vault, PIET, world.tools)
    assert len(result.subject_keys) == 2
    assert [k for k, r in world.records().items() if r.sealed is not None] == []


def _kill_at(calls: int, function: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    count = 0

    def killing(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        if count == calls and not after:
            raise KilledError
        result = function(*arguments, **named)
        if count == calls and after:
            raise KilledError
        return result

    return killing


def _kills() -> Iterator[tuple[str, str, int, bool]]:
    for after in (False, True):
        for name in (
            "_keep",
            "_write_intent",
            "_told",
            "cut_texts",
            "delete_rows",
            "_advance_all",
            "_write_completion",
        ):
            yield "erasure", name, 1, after
        yield "erasure", "_advance", 2, after
        yield "ledger", "append", 1, after
        yield "ledger", "append", 2, after
        yield "data_keys", "destroy", 1, after
        yield "vault", "checkpoint", 1, after
        yield "vault", "note_ledger", 1, after
        yield "vault", "note_ledger", 2, after
        yield "warehouse", "erase", 1, after


@pytest.mark.parametrize(("where", "name", "calls", "after"), list(_kills()))
def test_erase_that_was_killed_is_finished_on_the_next_opening(
    world: World, deployment: Deployment, monkeypatch: pytest.MonkeyPatch,
    where: str, name: str, calls: int, after: bool,
) -> None:  # fmt: skip
    target = {
        "erasure": erasure, "ledger": world.vault.ledger, "data_keys": world.vault.data_keys,
        "vault": world.vault, "warehouse": world.warehouse,
    }[where]  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(target, name, _kill_at(calls, getattr(target, name), after=after))
        tools = ErasureTools(world.tools.policy, world.cut, world.warehouse.erase)
        with pytest.raises(KilledError):
            erase_subject(world.vault, JAN, tools)
    world.vault.close()
    with deployment.open().closing() as reopened:
        again = World(reopened, world.warehouse)
        again.keys, again.jan_key = world.keys, world.jan_key
        resume_erasures(reopened, again.tools)
        again.check_jan_is_gone()
        assert resume_erasures(reopened, again.tools) == []


def test_restored_home_opens_only_after_replaying(
    world: World, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.vault.close()
    backup = deployment.home.root.with_name("backup")
    shutil.copytree(deployment.home.root, backup)
    with deployment.open().closing() as current:
        now_world = World(current, world.warehouse)
        erase_subject(current, JAN, now_world.tools)
    shutil.rmtree(deployment.home.root)
    shutil.copytree(backup, deployment.home.root)
    with pytest.raises(NotAllowedError) as error:
        deployment.open()
    assert error.value.code == "home_older"
    with deployment.open(replaying=True).closing() as restored:
        again = World(restored, world.warehouse)
        again.keys, again.jan_key = world.keys, world.jan_key
        assert len(replay_missed(restored, again.tools)[0]) == 1
        again.check_jan_is_gone()
    deployment.open().close()


def test_replay_suppresses_whom_the_backup_never_knew(vault: Vault, deployment: Deployment) -> None:
    vault.close()
    backup = deployment.home.root.with_name("backup")
    shutil.copytree(deployment.home.root, backup)
    with deployment.open().closing() as current:
        world = World(current, Warehouse())
        world.build()
        erase_subject(current, JAN, world.tools)
    shutil.rmtree(deployment.home.root)
    shutil.copytree(backup, deployment.home.root)
    with deployment.open(replaying=True).closing() as restored:
        again = World(restored, Warehouse())
        assert replay_missed(restored, again.tools)[0] == []
        with restored.read() as conn:
            assert find_suppressed(conn, [again.email, again.source]) == {again.email, again.source}
            assert audit.verify(conn, restored).is_intact
    deployment.open().close()


def test_name_near_a_namesake_is_left_to_the_steward_with_its_record(world: World) -> None:
    with world.vault.begin() as conn:
        (other,) = create_subjects(conn, world.vault, "account", 1, 1)
        add_identifiers(conn, [(*world.name, PIET, "crm")], 1)
        t = schema.sealed_records
        where = sa.or_(t.c.record_key == "crm/I1", t.c.subject_id == PIET)
        moved = {"account_subject_id": other.subject_id}
        conn.execute(sa.update(t).where(where).values(**moved, name_sketch=b"sketch"))
        conn.execute(sa.update(t).where(t.c.record_key == "crm/I1").values(subject_id=None))
        add_mentions(conn, "interactions", "crm", {world.blind("interactions", "I1"): [world.name]})
        record = conn.scalar(sa.select(t.c.record_id).where(t.c.record_key == "crm/I1"))
    result = erase_subject(world.vault, JAN, world.tools)
    assert (result.cut_records, result.doubtful_records) == (0, 1)
    with world.vault.begin() as conn:
        question = conn.execute(sa.select(schema.identity_queue)).one()
        assert (question.subject_id, question.other_subject_id) == (JAN, PIET)
        assert (question.record_id, question.reason) == (record, "erased_name_mentioned")
        delete_records(conn, [record])
        assert conn.execute(sa.select(schema.identity_queue)).all() == []


def test_reader_that_blocks_the_log_leaves_the_erasure_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blocked(wait_seconds: float = 0) -> None:
        raise BusyError("blocked", code="checkpoint_blocked")

    with monkeypatch.context() as patch:
        patch.setattr(world.vault, "checkpoint", blocked)
        with pytest.raises(BusyError):
            erase_subject(world.vault, JAN, world.tools)
    with world.vault.read() as conn:
        assert [i for i, _ in unfinished_erasures(conn)] == [JAN]
    resume_erasures(world.vault, world.tools)
    world.check_jan_is_gone()


def test_suppressing_kinds_are_those_that_landing_looks_for() -> None:
    assert erasure_plan.SUPPRESSING_KINDS == contact_identifiers.SUPPRESSING_KINDS
