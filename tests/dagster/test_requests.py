"""Requests from receipt to certificate, several persons with traps in one backfill."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.common.clock import now
from pipelines.common.errors import KlantkluisError, UsageError
from pipelines.common.settings import Home
from pipelines.finding import Asked, suppressing_pairs, the_person
from pipelines.fulfilment import attend, fulfil_requests, is_due, let_go_kept, plan_request
from pipelines.jobs import run_erasures
from pipelines.letters import write_letter_of
from pipelines.rights import holds, steps
from pipelines.rights.certificates import verify_certificates
from pipelines.rights.keeping import due_kept, kept_by_hold, open_kept
from pipelines.rights.others_told import close_task, open_instruction, tasks_of
from pipelines.rights.proof import risk_of
from pipelines.rights.readmission import readmit
from pipelines.rights.requests import NewRequest, load_request, open_request
from pipelines.runs import Deployment
from pipelines.vault import audit, schema
from tests.dagster.test_runs import AS_OF, pipeline, standing_in, step_by_step
from tests.support.context import CRM, Context, WordDetector, make_context
from tests.support.traces import others, traces, wanted_of

pytestmark = pytest.mark.usefixtures("parsed")

MAPPING = (
    CRM
    + """  - pattern: orders*.csv
    mode: upsert
    entities:
      - entity: orders
        columns: {order_id: id, contact_id: contact, ordered_at: at, amount: amount}
"""
)
CONTACTS = """id,name,email,mobile
1,Joris Zwaluw,joris.zwaluw@voorbeeld.example,0612345678
2,Eva Merel,eva.merel@voorbeeld.example,
3,Kees Roodborst,kees.roodborst@voorbeeld.example,
4,Piet Blijver,piet.blijver@voorbeeld.example,
"""
INTERACTIONS = """id,contact,channel,at,body
i1,4,email,2026-01-02T10:00:00,Stuur kopie naar kees.roodborst@voorbeeld.example aub
i2,2,email,2026-01-03T10:00:00,Een klacht
"""
ORDERS = "id,contact,at,amount\nO-1,1,2025-03-01T10:00:00,100\nO-2,4,2025-04-01T10:00:00,50\n"
ORDERS += "O-0,1,2015-04-01T10:00:00,70\n"  # older than the tax law asks for
EMAILS = {
    "joris": "joris.zwaluw@voorbeeld.example",
    "eva": "eva.merel@voorbeeld.example",
    "kees": "kees.roodborst@voorbeeld.example",
}
NAMES = {"joris": "joris zwaluw", "eva": "eva merel", "kees": "kees roodborst"}


def _deliver(context: Context, again: str = "") -> None:
    context.deliver(f"contacts{again}.csv", CONTACTS)
    context.deliver(f"interactions{again}.csv", INTERACTIONS)
    context.deliver(f"orders{again}.csv", ORDERS)


def copied(template: Context, folder: Path) -> Context:
    """A copy of a home with its ledger, to change."""
    for name in ("home", "home-ledger"):
        shutil.copytree(template.home.root.with_name(name), folder / name)
    settings = template.settings.model_copy(update={"home": folder / "home"})
    return replace(template, settings=settings, home=Home.of(settings))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> Context:
    """A home that has landed and published, made once."""
    context = make_context(tmp_path_factory.mktemp("requests"), MAPPING)
    context.vault.close()
    with pytest.MonkeyPatch.context() as patch:
        _stand_in(context, patch)
        _deliver(context)
        step_by_step(context)
    return context


@pytest.fixture
def landed(template: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    context = copied(template, tmp_path)
    _stand_in(context, monkeypatch)
    return context


def _stand_in(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.warehouse.dbt.build", standing_in(context))
    monkeypatch.setattr(
        "tests.support.context.WordDetector.__init__",
        lambda self, words=None: (
            setattr(self, "words", {EMAILS["kees"]: "EMAIL"}) or setattr(self, "texts_seen", 0)
        ),
    )
    _deliver(context)
    step_by_step(context)
    return context


def opened(deployment: Deployment, who: str, right: str = "erasure", **more: Any) -> str:
    """Open a request; its number."""
    with deployment.vault.begin() as conn:
        person = the_person(conn, deployment.vault, Asked(email=EMAILS[who]), ["crm"])
        new = NewRequest(right, person.subject_id, now().date(), **more)
        return open_request(conn, deployment.vault, new).number


def verified(deployment: Deployment, who: str, right: str = "erasure") -> str:
    number = opened(deployment, who, right)
    with deployment.vault.begin() as conn:
        request = load_request(conn, number)
        risk = risk_of(right, has_namesakes=False)
        steps.verify(conn, deployment.vault, request, now().date(), risk)
    return number


def hold_eva(deployment: Deployment) -> str:
    with deployment.vault.begin() as conn:
        eva = the_person(conn, deployment.vault, Asked(email=EMAILS["eva"]), ["crm"])
        return holds.hold_person(conn, deployment.vault, eva.subject_id, "2026/118").number


def request_of(deployment: Deployment, number: str) -> Any:
    with deployment.vault.read() as conn:
        return load_request(conn, number)


def erase(context: Context) -> Any:
    from pipelines.batches.context import Tools

    tools = Tools(context.settings, WordDetector())
    return run_erasures(context.settings, as_of=AS_OF, tools=tools)


@pytest.fixture
def erased(
    batch: tuple[Context, dict[str, str], str, Any, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Context, dict[str, str], str, Any, Any]:
    context = copied(batch[0], tmp_path)
    _stand_in(context, monkeypatch)
    return (context, *batch[1:])


@pytest.fixture(scope="module")
def batch(
    template: Context, tmp_path_factory: pytest.TempPathFactory, manifest: Any
) -> tuple[Context, dict[str, str], str, Any, Any]:
    """Three erased in one batch: home, numbers, the hold, what they were known by, the others."""
    landed = copied(template, tmp_path_factory.mktemp("batch"))
    with pytest.MonkeyPatch.context() as patch:
        import pipelines.definitions

        patch.setattr(pipelines.definitions, "load_manifest", lambda settings: manifest)
        _stand_in(landed, patch)
        return _erase_three(landed)


def _erase_three(landed: Context) -> tuple[Context, dict[str, str], str, Any, Any]:
    with Deployment.open(landed.settings) as deployment:
        hold = hold_eva(deployment)
        numbers = {who: verified(deployment, who) for who in EMAILS}
        wanted = [
            wanted_of(landed.home, request_of(deployment, n).subject_id, (EMAILS[w], NAMES[w]))
            for w, n in numbers.items()
        ]
        before = others(landed.home, wanted)
        assert traces(landed.home, wanted)
        fulfil_requests(deployment, list(numbers.values()))
    assert erase(landed).erased_persons == 3
    return landed, numbers, hold, wanted, before


def test_batch_leaves_no_trace_and_others_as_they_were(erased: Any) -> None:
    context, numbers, _, wanted, before = erased
    assert traces(context.home, wanted) == {}
    after = others(context.home, wanted)
    for table, rows in before.items():  # an order without its person is another row
        assert rows - after[table] == {}, table
    with Deployment.open(context.settings) as deployment:
        states = {who: request_of(deployment, n).state for who, n in numbers.items()}
        with deployment.vault.read() as conn:
            assert audit.verify(conn, deployment.vault).is_intact
    assert states == {
        "joris": "partly_fulfilled", "eva": "partly_fulfilled", "kees": "fulfilled",
    }  # fmt: skip


def test_certificate_adds_up_and_is_chained(erased: Any) -> None:
    context, numbers, _, _, _ = erased
    assert verify_certificates(context.home.reports) == 1
    path = context.home.reports / "erasure-000001.json"
    body = json.loads(path.read_text())
    assert body["requests"] == sorted(numbers.values())
    assert body["persons"] == 3
    assert body["vault"]["records_left"] == 0
    assert body["vault"]["records_of_others_cut"] == 1
    proofs = {p["relation"]: p for p in body["warehouse"]}
    assert proofs["pseudo.contacts"]["rows_deleted"] == 3
    assert proofs["pseudo.orders"]["rows_unlinked"] == 2
    for proof in proofs.values():
        assert proof["rows_before"] - proof["rows_deleted"] == proof["rows_after"]
        assert proof["rows_left"] == 0
    path.write_text(path.read_text().replace('"persons": 3', '"persons": 2'))
    (context.home.reports / "erasure-000002.json").write_text(
        json.dumps({"certificate": 2, "previous": "0"})
    )
    with pytest.raises(KlantkluisError):
        verify_certificates(context.home.reports)


@pytest.mark.parametrize("point", ["write_certificate", "forget_proofs"])
def test_letters_are_written_though_settling_was_killed(
    landed: Context, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    with Deployment.open(landed.settings) as deployment:
        number = verified(deployment, "kees")
        fulfil_requests(deployment, [number])

    def killed(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(f"pipelines.erasure_requests.{point}", killed)
        with pytest.raises(KlantkluisError):
            erase(landed)
    pipeline(landed)  # after the commit of the certificate nothing tells who lacks a letter
    with Deployment.open(landed.settings) as deployment:
        assert request_of(deployment, number).state == "fulfilled"
    (letter,) = (landed.home.outbox / number).glob("fulfilled.*.html")
    assert number in letter.read_text()


def test_statutory_identity_is_sealed_until_its_day_and_goes_by_itself(erased: Any) -> None:
    context, numbers, _, _, _ = erased
    t = schema.kept_records
    with Deployment.open(context.settings) as deployment:
        with deployment.vault.begin() as conn:
            (row,) = conn.execute(sa.select(t).where(t.c.ground == "legal_obligation")).all()
            assert (row.entity, row.keep_until) == ("orders", date(2032, 12, 31))
            (kept,) = open_kept(
                conn, deployment.vault, [row.kept_id], actor="tax", purpose="accounting"
            )
            assert kept["record"] == "crm/O-1"
            assert [i["full_name"] for i in kept["identity"]] == ["Joris Zwaluw"]
            assert "email" not in kept["identity"][0]
            assert due_kept(conn, date(2032, 12, 31)) == []
            due = due_kept(conn, date(2033, 1, 1))
        assert let_go_kept(deployment, due) == 1
        assert request_of(deployment, numbers["joris"]).state == "fulfilled"
        assert deployment.vault.data_keys.get([row.key_id]) == {}


def test_released_hold_lets_go_what_it_kept(erased: Any) -> None:
    context, numbers, hold, _, _ = erased
    with Deployment.open(context.settings) as deployment:
        with deployment.vault.begin() as conn:
            released = holds.release_hold(conn, deployment.vault, hold)
            kept = kept_by_hold(conn, released.hold_id)
        assert len(kept) == 2  # the contact and the complaint
        let_go_kept(deployment, kept)
        assert request_of(deployment, numbers["eva"]).state == "fulfilled"


@pytest.mark.parametrize("killed_in", ["let_go", "advance"])
def test_release_that_was_killed_is_ended_by_the_next_round(
    erased: Any, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    import pipelines.fulfilment

    context, numbers, hold, _, _ = erased
    at = now()

    def killed(*_: object, **__: object) -> None:
        raise RuntimeError

    with Deployment.open(context.settings) as deployment:
        with deployment.vault.begin() as conn:
            released = holds.release_hold(conn, deployment.vault, hold)
            kept = kept_by_hold(conn, released.hold_id)
        with monkeypatch.context() as patch:
            patch.setattr(pipelines.fulfilment, killed_in, killed)
            with pytest.raises(RuntimeError):
                let_go_kept(deployment, kept)
        assert request_of(deployment, numbers["eva"]).state == "partly_fulfilled"
        with deployment.vault.read() as conn:
            assert is_due(conn, at, at.date(), "NL")
        attend(deployment, at, at.date())
        assert request_of(deployment, numbers["eva"]).state == "fulfilled"
        with deployment.vault.read() as conn:
            assert kept_by_hold(conn, released.hold_id) == []
            assert due_kept(conn, at.date()) == []


def test_letter_says_not_everywhere_while_a_task_is_open(erased: Any) -> None:
    context, numbers, _, _, _ = erased
    with Deployment.open(context.settings) as deployment:
        vault, request = deployment.vault, request_of(deployment, numbers["kees"])
        open_letter = write_letter_of(deployment, request).read_text()
        assert "nog niet overal klaar" in open_letter
        assert "zijn gewist in onze systemen en bij" not in open_letter
        with vault.begin() as conn:
            (task,) = tasks_of(conn, request.request_id)
            assert (task.target_kind, task.target, task.state) == ("source", "crm", "open")
            assert open_instruction(conn, vault, request, "crm") == {"erase": {"contacts": ["3"]}}
            key_id = close_task(conn, vault, request, "crm")
        vault.data_keys.destroy([key_id])
        path = write_letter_of(deployment, request)
        assert "zijn gewist in onze systemen en bij" in path.read_text()
        assert path.stat().st_mode & 0o077 == 0
        assert not any(v in path.read_text().lower() for v in (*EMAILS.values(), *NAMES.values()))


def test_importing_again_brings_back_nobody_but_whom_a_steward_readmits(erased: Any) -> None:
    context, _, _, wanted, _ = erased
    _deliver(context, "-again")
    pipeline(context)
    assert traces(context.home, wanted) == {}
    with Deployment.open(context.settings) as deployment:
        asked = Asked(email=EMAILS["kees"], customer_id="crm/3")
        pairs = suppressing_pairs(deployment.vault, asked, ["crm"])
        assert readmit(deployment.vault, pairs, "order") == 3
        with deployment.vault.read() as conn:
            from pipelines.vault.suppression import missing_suppressions

            assert missing_suppressions(conn, deployment.vault) == 0
    context.deliver("contacts-new.csv", CONTACTS.replace("0612345678", ""))
    pipeline(context)
    found = {
        row[0] for row in context.warehouse("select record_key from warehouse.pseudo.contacts")
    }
    assert len(found) == 2  # Piet and Kees
    with Deployment.open(context.settings) as deployment, deployment.vault.read() as conn:
        the_person(conn, deployment.vault, Asked(email=EMAILS["kees"]), ["crm"])
        with pytest.raises(KlantkluisError) as error:
            the_person(conn, deployment.vault, Asked(email=EMAILS["joris"]), ["crm"])
    assert error.value.code == "person_erased_unclear"  # an invoice has no address for mail


@pytest.mark.parametrize(
    ("who", "customer", "code", "kept"),
    [
        ("joris", "1", "person_erased_kept", "1 orders legal_obligation 2032-12-31"),
        ("eva", "2", "person_erased_kept", "1 contacts legal_claims -"),
        ("kees", "3", "person_erased", ""),
    ],
)
def test_refusal_says_what_is_kept_of_an_erased_person(
    erased: Any, who: str, customer: str, code: str, kept: str
) -> None:
    context, numbers, _, _, _ = erased
    with Deployment.open(context.settings) as deployment, deployment.vault.read() as conn:
        vault = deployment.vault
        (intent,) = [e for e in vault.ledger.entries() if e.kind == "intent"]
        payload = audit.payload_of(conn, vault, intent.audit_sequence)
        assert payload is not None
        (key,) = payload["requests"][numbers[who]]
        for asked in (Asked(customer_id=customer), Asked(subject_key=key)):
            with pytest.raises(KlantkluisError) as error:
                the_person(conn, vault, asked, ["crm"])
            assert error.value.code == code
            assert kept in error.value.sentence


def test_access_of_an_erased_person_is_answered_with_what_is_kept(erased: Any) -> None:
    context, _, _, _, _ = erased
    with Deployment.open(context.settings) as deployment:
        vault, today = deployment.vault, now().date()
        with vault.begin() as conn:
            asked = Asked(customer_id="crm/1")
            person = the_person(conn, vault, asked, ["crm"], with_kept=True)
            new = NewRequest("access", person.subject_id, today)
            request = open_request(conn, vault, new)
            steps.verify(conn, vault, request, today, risk_of("access", has_namesakes=False))
        (line,) = plan_request(deployment, request)
        assert line[:4] == ("keep", "vault", "orders", 1)
        fulfil_requests(deployment, [request.number])
        request = request_of(deployment, request.number)
        assert request.state == "fulfilled"
        letter = write_letter_of(deployment, request).read_text()
        assert "31 december 2032" in letter
        assert "een wettelijke plicht om ze te bewaren" in letter
        assert not any(v in letter.lower() for v in (*EMAILS.values(), *NAMES.values()))
        with vault.begin() as conn:
            due = due_kept(conn, date(2033, 1, 1))
        let_go_kept(deployment, due)
        assert "niets meer bewaard" in write_letter_of(deployment, request).read_text()


def test_plan_names_what_goes_and_what_stays_until_when(landed: Context) -> None:
    with Deployment.open(landed.settings) as deployment:
        hold_eva(deployment)
        joris, eva, kees = (
            plan_request(deployment, request_of(deployment, opened(deployment, who)))
            for who in EMAILS
        )
    assert ("delete", "contacts", 1) in {(p.what, p.relation, p.rows) for p in joris}
    assert ("unlink", "orders", 2) in {(p.what, p.relation, p.rows) for p in joris}
    kept = [p for p in joris if p.what == "keep"]
    assert [(p.relation, p.rows, p.ground, p.until) for p in kept] == [
        ("orders", 1, "legal_obligation", date(2032, 12, 31))
    ]
    assert {p.relation for p in eva if p.ground == "legal_claims"} == {"contacts", "interactions"}
    assert ("cut", "texts of others", 1) in {(p.what, p.relation, p.rows) for p in kees}


def test_access_has_to_be_answered_before_an_erasure_and_nothing_is_half_done(
    landed: Context,
) -> None:
    with Deployment.open(landed.settings) as deployment:
        verified(deployment, "kees", "access")
        numbers = [verified(deployment, "joris"), verified(deployment, "kees")]
        with pytest.raises(UsageError) as error:
            fulfil_requests(deployment, numbers)
        assert error.value.code == "access_pending"
        with deployment.vault.read() as conn:
            assert conn.scalar(sa.select(sa.func.count()).select_from(schema.erasures)) == 0


def test_hold_on_an_erased_person_is_refused(erased: Any) -> None:
    context, numbers, _, _, _ = erased
    with Deployment.open(context.settings) as deployment, deployment.vault.begin() as conn:
        subject_id = load_request(conn, numbers["kees"]).subject_id
        with pytest.raises(UsageError) as error:
            holds.hold_person(conn, deployment.vault, subject_id, "2026/119")
    assert error.value.code == "hold_on_erased"


def test_request_of_a_subject_that_was_merged_since_is_refused(landed: Context) -> None:
    s = schema.subjects
    with Deployment.open(landed.settings) as deployment:
        number = verified(deployment, "kees")
        with deployment.vault.begin() as conn:
            piet = the_person(
                conn, deployment.vault, Asked(email="piet.blijver@voorbeeld.example"), ["crm"]
            )
            key = conn.scalar(
                sa.select(s.c.subject_key).where(
                    s.c.subject_id == load_request(conn, number).subject_id
                )
            )
            conn.execute(
                sa.update(s)
                .where(s.c.subject_id == load_request(conn, number).subject_id)
                .values(state="merged", merged_into=piet.subject_id)
            )
        with pytest.raises(UsageError) as error:
            fulfil_requests(deployment, [number])
        assert error.value.code == "request_merged"
        with deployment.vault.read() as conn, pytest.raises(UsageError) as error:
            the_person(conn, deployment.vault, Asked(subject_key=key), ["crm"])
        assert error.value.code == "subject_merged"


def test_proof_that_came_too_late_has_expired(landed: Context) -> None:
    with Deployment.open(landed.settings) as deployment:
        number = opened(deployment, "kees")
        today = now().date()
        with deployment.vault.begin() as conn:
            request = steps.ask_proof(conn, deployment.vault, load_request(conn, number), today)
        with deployment.vault.begin() as conn, pytest.raises(UsageError) as error:
            late = today + timedelta(days=31)
            risk = risk_of("erasure", has_namesakes=False)
            steps.verify(conn, deployment.vault, request, late, risk)
        assert error.value.code == "request_expired"
