"""Line 4: not after importing the same file again, not after replaying, not after restoring a
copy, not in free text about somebody else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.common.errors import NotAllowedError
from pipelines.erasures import erase_persons, replay_ledger
from pipelines.rights.erasure import unfinished_erasures
from pipelines.runs import Deployment
from pipelines.vault import schema
from tests.support.demo import Demo
from tests.support.stores import duckdb_relations, sqlite_tables, stores_of


def subject_of(deployment: Deployment, email: str) -> tuple[int, str]:
    """(subject_id, subject_key) of who bears an address."""
    blind = deployment.vault.index.of("email", email)
    with deployment.vault.read() as vault:
        row = vault.execute(
            sa.select(schema.subjects.c.subject_id, schema.subjects.c.subject_key)
            .join(
                schema.identifiers, schema.identifiers.c.subject_id == schema.subjects.c.subject_id
            )
            .where(schema.identifiers.c.blind == blind, schema.identifiers.c.kind == "email")
        ).one()
    return row[0], row[1]


def traces(demo: Demo, subject_key: str) -> dict[str, int]:
    """Rows per relation of any store that bear the pseudonym; ledger and audit are no stores."""
    found: dict[str, int] = {}
    for path, key in stores_of(demo.home):
        for table, _, rows in duckdb_relations(path, key, demo.home.spill):
            count = sum(subject_key in map(str, row) for row in rows)
            if count:
                found[f"{path.name}:{table}"] = count
    return found


def records_of(demo: Demo, subject_id: int) -> int:
    tables = {t: (c, r) for t, c, r in sqlite_tables(demo.home.vault)}
    columns, rows = tables["sealed_records"]
    return sum(row[columns.index("subject_id")] == subject_id for row in rows)


def contacts_of(demo: Demo) -> list[str]:
    """Keys of the contact rows in the warehouse."""
    path, key = stores_of(demo.home)[0]
    for table, columns, rows in duckdb_relations(path, key, demo.home.spill):
        if table == "pseudo.contacts":
            return sorted(row[columns.index("record_key")] for row in rows)
    raise AssertionError("the warehouse has no contacts")


def is_complete(deployment: Deployment) -> bool:
    """Whether vault and ledger say that nothing of an erasure is left to do."""
    with deployment.vault.read() as vault:
        unfinished = unfinished_erasures(vault)
    kinds = [entry.kind for entry in deployment.vault.ledger.entries()]
    return not unfinished and kinds.count("intent") == kinds.count("completed")


@pytest.fixture
def erased(own_demo: Demo, demo: Demo) -> tuple[Demo, int, str, str]:
    """A demo of which one much recorded person was erased: demo, subject, pseudonym, address."""
    email = _busiest_address(demo)
    with own_demo.deploy() as deployment:
        subject_id, subject_key = subject_of(deployment, email)
    assert traces(own_demo, subject_key)
    assert records_of(own_demo, subject_id) > 3
    with own_demo.deploy() as deployment:
        erase_persons(deployment, [subject_id], request="R-1")
        assert not is_complete(deployment)
    assert own_demo.run().erased_persons == 1
    with own_demo.deploy() as deployment:
        assert is_complete(deployment)
    return own_demo, subject_id, subject_key, email


def _busiest_address(demo: Demo) -> str:
    """A customer's address, of the person with most interactions in the truth."""
    texts = (demo.sample / "crm").glob("contactmomenten-*")
    lines = "".join(p.read_text(encoding="utf-8") for p in texts)
    persons = {
        r["record_id"]: r["person_id"]
        for r in demo.truth("persons")
        if r["source"] == "crm" and r["entity"] == "contacts"
    }
    emails: dict[str, str] = {}
    for row in demo.truth("identifiers"):
        if row["kind"] == "email" and row["origin"] == "column":
            emails.setdefault(row["person_id"], row["value"])
    counts = {r: lines.count(f";{r};") for r, p in persons.items() if p in emails}
    for record in sorted(counts, key=lambda r: (-counts[r], r)):
        address = emails[persons[record]]
        if (
            address.partition("@")[0] not in ("info", "contact", "sales")
            and sum(v == address for v in emails.values()) == 1
        ):
            return address
    raise AssertionError("the sample has nobody with an address of their own")


def test_erased_person_is_in_no_store(erased: tuple[Demo, int, str, str]) -> None:
    demo, subject_id, subject_key, email = erased
    assert traces(demo, subject_key) == {}
    assert records_of(demo, subject_id) == 0
    with demo.deploy() as deployment:
        blind = deployment.vault.index.of("email", email)
        with deployment.vault.read() as vault:
            bearers = vault.scalars(
                sa.select(schema.identifiers.c.subject_id).where(
                    schema.identifiers.c.blind == blind
                )
            ).all()
    assert bearers == []


def test_importing_the_same_files_again_brings_back_nobody(
    erased: tuple[Demo, int, str, str],
) -> None:
    demo, subject_id, _, email = erased
    persons = contacts_of(demo)
    demo.deliver()
    demo.reread()
    summary = demo.run()
    suppressed = sum(c.suppressed for c in summary.landed.entities.values())
    assert suppressed > 3
    assert contacts_of(demo) == persons
    assert records_of(demo, subject_id) == 0
    with demo.deploy() as deployment, deployment.vault.read() as vault:
        blind = deployment.vault.index.of("email", email)
        assert (
            vault.scalars(
                sa.select(schema.identifiers.c.subject_id).where(
                    schema.identifiers.c.blind == blind
                )
            ).all()
            == []
        )


def test_copy_of_yesterday_opens_for_nothing_but_replaying(
    own_demo: Demo, demo: Demo, tmp_path: Path
) -> None:
    email = _busiest_address(demo)
    with own_demo.deploy() as deployment:
        subject_id, subject_key = subject_of(deployment, email)
        deployment.close()
    shutil.copytree(own_demo.home.root, tmp_path / "yesterday")
    with own_demo.deploy() as deployment:
        erase_persons(deployment, [subject_id], request="R-1")
    shutil.rmtree(own_demo.home.root)
    shutil.copytree(tmp_path / "yesterday", own_demo.home.root)
    assert records_of(own_demo, subject_id) > 0
    with pytest.raises(NotAllowedError) as error:
        own_demo.run()
    assert error.value.code == "home_older"
    assert replay_ledger(own_demo.settings)[0]
    own_demo.run()
    assert traces(own_demo, subject_key) == {}
    assert records_of(own_demo, subject_id) == 0


def test_home_without_its_ledger_does_not_open(own_demo: Demo) -> None:
    shutil.rmtree(own_demo.home.ledger)
    with pytest.raises(NotAllowedError):
        own_demo.run()


def test_mention_in_somebody_elses_text_is_cut(tmp_path: Path) -> None:
    from pipelines.privacy.detector import make_detector
    from pipelines.vault.records import records_mentioning, records_of_subject
    from pipelines.vault.sealing import unseal
    from pipelines.vault.suppression import find_suppressed
    from tests.support.context import make_context

    context = make_context(tmp_path)
    context.deliver(
        "contacts.csv",
        "id,name,email,mobile\n1,Jan Smit,jan.smit@voorbeeld.example,0612345678\n2,Eva Bakker,eva.bakker@voorbeeld.example,\n",
    )
    context.deliver(
        "interactions.csv",
        "id,contact,channel,at,body\n"
        "i1,2,email,2026-01-02T10:00:00,Stuur de offerte ook naar jan.smit@voorbeeld.example aub\n",
    )
    detector = make_detector(1)
    context.land(detector)
    with context.vault.read() as vault:
        subjects = {
            kind_blind: vault.scalar(
                sa.select(schema.identifiers.c.subject_id).where(
                    schema.identifiers.c.blind == context.vault.index.of("email", kind_blind)
                )
            )
            for kind_blind in ("jan.smit@voorbeeld.example", "eva.bakker@voorbeeld.example")
        }
    jan, eva = subjects.values()
    deployment = Deployment(context.settings, context.home, context.keyring, context.vault)
    erase_persons(deployment, [int(jan)], detector=detector)

    def texts() -> list[str]:
        with context.vault.read() as vault:
            records = [r for r in records_of_subject(vault, int(eva)) if r.entity == "interactions"]
        keys = context.vault.data_keys.get(r.key_id for r in records)
        return [unseal(keys[r.key_id], r.sealed or b"", r.aad).decode() for r in records]

    (text,) = texts()
    assert "jan.smit" not in text
    assert "Stuur de offerte" in text
    # what lands later about the erased person is cut before it is sealed
    context.deliver(
        "interactions2.csv",
        "id,contact,channel,at,body\n"
        "i2,2,email,2026-01-03T10:00:00,Mail jan.smit@voorbeeld.example of bel 06-12345678 morgen\n"
        "i3,2,email,2026-01-03T11:00:00,Mail eva.bakker@voorbeeld.example of bel 06-87654321 morgen\n",
    )
    landed = context.land(detector).entities["interactions"]
    assert (landed.landed, landed.suppressed) == (2, 0)
    later = sorted(t for t in texts() if "morgen" in t)
    assert ["jan.smit" in t or "12345678" in t for t in later] == [False, False]
    assert ["eva.bakker" in t and "87654321" in t for t in later].count(True) == 1
    index = context.vault.index
    of_jan = [
        ("email", index.of("email", "jan.smit@voorbeeld.example")),
        ("phone", index.of("phone", "+31612345678")),
    ]
    with context.vault.read() as vault:
        assert find_suppressed(vault, of_jan) == set(of_jan)
        assert records_mentioning(vault, of_jan) == []
    # the number was given out again: its new bearer lands, and is written about
    context.deliver("contacts2.csv", "id,name,email,mobile\n3,Kees Mol,,0612345678\n")
    assert context.land(detector).entities["contacts"].landed == 1
    context.deliver(
        "interactions3.csv",
        "id,contact,channel,at,body\ni4,2,email,2026-01-04T10:00:00,Bel 06-12345678 overmorgen\n",
    )
    context.land(detector)
    assert ["12345678" in t for t in texts() if "overmorgen" in t] == [True]
    context.vault.close()


def test_bare_surname_in_a_colleagues_text_is_cut(tmp_path: Path) -> None:
    """No detector reads "Zwartendyk" as his name; the sketch of his record does."""
    from pipelines.vault.records import records_of_subject
    from pipelines.vault.sealing import unseal
    from tests.support.context import CRM, WordDetector, make_context

    mapping = CRM.replace("channel: channel, ", "channel: channel, account_id: account, ", 1)
    context = make_context(tmp_path, mapping)
    context.deliver(
        "contacts.csv",
        "id,account,name,email,mobile\n1,a1,Ubbo Zwartendijk,ubbo@voorbeeld.example,\n"
        "2,a1,Eva Bakker,eva.bakker@voorbeeld.example,\n",
    )
    context.deliver(
        "interactions.csv",
        "id,contact,account,channel,at,body\n"
        "i1,2,a1,email,2026-01-02T10:00:00,Zwartendijk was erbij en ubbo ook; Zwartendyk akkoord\n",
    )
    context.land()
    with context.vault.read() as vault:
        ubbo, eva = (
            int(
                vault.scalar(
                    sa.select(schema.identifiers.c.subject_id).where(
                        schema.identifiers.c.blind == context.vault.index.of("email", address)
                    )
                )
            )
            for address in ("ubbo@voorbeeld.example", "eva.bakker@voorbeeld.example")
        )
    deployment = Deployment(context.settings, context.home, context.keyring, context.vault)
    (result,) = erase_persons(deployment, [ubbo], detector=WordDetector())
    assert result.cut_records == 1
    with context.vault.read() as vault:
        (record,) = [r for r in records_of_subject(vault, eva) if r.entity == "interactions"]
    key = context.vault.data_keys.get([record.key_id])[record.key_id]
    text = unseal(key, record.sealed or b"", record.aad).decode()
    assert "wartend" not in text
    assert "ubbo" not in text
    assert "was erbij en" in text
    context.vault.close()


@pytest.mark.parametrize(
    "row",
    [
        "9,Q. Verborgen,QUIRINA+nieuws@geheim.example,",
        "9,,Quirina Verborgen <quirina@geheim.example>,",
        "9,,quirina@geheim.example; q2@geheim.example,",
        "9,,mailto:quirina@geheim.example,",
        "9,,'quirina@geheim.example'.,",
        "quirina@geheim.example,,,",
        "9,Quirina Verborgen,,06 87 65 43 21 (privé)",
        "2,Quirina Verborgen,quirina@geheim.example,,geen-datum",
    ],
)
def test_other_spellings_bring_back_nobody(tmp_path: Path, row: str) -> None:
    """What a reviewer tried; a row that would be rejected is discarded too, not kept sealed."""
    from tests.support.context import make_context

    context = make_context(tmp_path)
    header = "id,name,email,mobile,born\n"
    context.deliver(
        "contacts.csv", header + "2,Quirina Verborgen,quirina@geheim.example,0687654321,\n"
    )
    context.land()
    deployment = Deployment(context.settings, context.home, context.keyring, context.vault)
    erase_persons(deployment, [1])
    context.deliver("contacts2.csv", header + row + "," * (4 - row.count(",")) + "\n")
    counts = context.land().entities["contacts"]
    assert (counts.rows_read, counts.suppressed) == (1, 1)
    with context.vault.read() as vault:
        assert vault.scalar(sa.select(sa.func.count()).select_from(schema.quarantine_rows)) == 0
        assert vault.scalar(sa.select(sa.func.count()).select_from(schema.sealed_records)) == 0
    context.vault.close()
