"""Audiences: only who may be addressed, from one query, encrypted, taken back at once."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pyzipper
import sqlalchemy as sa

from pipelines.audiences import Audience, build_audience
from pipelines.common.errors import KlantkluisError
from pipelines.consent_import import import_words
from pipelines.consents import enter_landed
from pipelines.erasures import erase_persons
from pipelines.rights.audience_files import expire_audiences, withdraw_persons
from pipelines.rights.consent import Word, enter, history
from pipelines.runs import Deployment
from pipelines.vault import audit, schema
from pipelines.warehouse.connection import attach, open_instance
from tests.support.context import Context, WordDetector, make_context

AS_OF = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLE = ("jan", "eva", "kees", "mia", "tom")
CONTACTS = "id,name,email,mobile\n" + "".join(
    f"{n},{name.title()} Test,{name}@voorbeeld.example,06{n}2345678\n"
    for n, name in enumerate(PEOPLE, 1)
)
DEALS = "id,contact,stage,amount,outcome,closed\nd1,3,won,100,won,2026-06-01T10:00:00\nd2,4,won,100,won,2020-06-01T10:00:00\n"
EVENTS = (
    "id,campaign,email,type,at,ip\n"
    "e1,c1,eva@voorbeeld.example,unsubscribe,2026-11-01T10:00:00,\n"
    "e2,c1,tom@voorbeeld.example,complaint,2026-11-01T10:00:00,\n"
)
ALL = "select customer_key from marts.dim_customer"


class World:
    """A home with five persons who said different things."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.deployment = Deployment(context.settings, context.home, context.keyring, context.vault)

    def person(self, name: str) -> int:
        t = schema.identifiers
        blind = self.context.vault.index.of("email", f"{name}@voorbeeld.example")
        with self.context.vault.read() as conn:
            return int(conn.scalars(sa.select(t.c.subject_id).where(t.c.blind == blind)).one())

    def say(self, name: str, status: str, *, channel: str = "", days: int = 100) -> None:
        word = Word(self.person(name), "marketing", channel, status, AS_OF - days * DAY, "steward")
        with self.context.vault.begin() as conn:
            enter(conn, self.context.vault, [word])

    def build(self, purpose: str = "marketing", channel: str = "email", sql: str = ALL) -> Audience:
        return build_audience(self.deployment, "all", sql, purpose, channel, AS_OF)

    def names_in(self, made: Audience) -> set[str]:
        path = self.context.home.outbox / made.file_name
        assert path.stat().st_mode & 0o077 == 0
        assert b"voorbeeld" not in path.read_bytes()
        with pyzipper.AESZipFile(path) as archive:
            archive.setpassword(made.passphrase.encode())
            text = archive.read("audience.csv").decode()
        return {name for name in PEOPLE if f"{name.title()} Test" in text}


@pytest.fixture
def world(tmp_path: Path) -> Any:
    context = make_context(tmp_path)
    for name, text in (("contacts", CONTACTS), ("deals", DEALS), ("events", EVENTS)):
        context.deliver(f"{name}.csv", text)
    context.land()
    keys = [k for (k,) in context.warehouse("select customer_key from warehouse.pseudo.contacts")]
    with closing(open_instance(context.home.spill, context.settings)) as duck:
        analyst = context.keyring.role_key("analyst")
        attach(duck, context.home.analytics, analyst, alias="analytics")
        duck.execute("create schema analytics.marts")
        duck.execute("create table analytics.marts.dim_customer (customer_key varchar)")
        duck.executemany("insert into analytics.marts.dim_customer values (?)", [[k] for k in keys])
    yield World(context)
    context.vault.close()


def test_email_goes_to_opt_in_and_own_customers_but_to_nobody_who_said_no(world: World) -> None:
    for name in ("jan", "eva", "tom"):
        world.say(name, "given")  # Eva and Tom said no by a link since
    made = world.build()
    assert world.names_in(made) == {"jan", "kees"}  # Mia bought too long ago
    assert made.grounds == {"consent": 1, "soft_opt_in": 1}
    assert made.refused == {"said_no": 2, "no_ground": 1}
    with world.context.vault.read() as conn:
        (entry,) = [e for e in conn.execute(sa.select(schema.audit_entries)) if "built" in e.action]
        assert (entry.purpose, entry.subject_count) == ("marketing", 2)
        assert audit.verify(conn, world.context.vault).is_intact


def test_consumers_are_telephoned_by_opt_in_only(world: World) -> None:
    world.say("jan", "given", channel="phone")
    assert world.names_in(world.build(channel="phone")) == {"jan"}


def test_post_goes_to_who_did_not_object(world: World) -> None:
    world.say("jan", "objected")
    assert world.build(channel="post").addressed == 0  # the contacts of this source have no street
    made = world.build(purpose="relationship", channel="phone")
    assert made.addressed == 5


def test_landed_words_enter_once(world: World) -> None:
    assert enter_landed(world.deployment) == 2
    assert enter_landed(world.deployment) == 0
    with world.context.vault.read() as conn:
        (word,) = history(conn, world.person("eva"))
    assert (word["status"], word["channel"], word["origin"]) == ("withdrawn", "email", "event")


def test_restricted_and_erased_persons_are_in_no_audience(world: World) -> None:
    for name in ("jan", "mia"):
        world.say(name, "given")
    t = schema.subjects
    with world.context.vault.begin() as conn:
        mine = t.c.subject_id == world.person("jan")
        conn.execute(sa.update(t).where(mine).values(state="restricted"))
    erase_persons(world.deployment, [world.person("mia")], detector=WordDetector())
    made = world.build()
    assert world.names_in(made) == {"kees"}
    assert made.refused["unusable"] == 2


def test_objection_and_erasure_take_audiences_back(world: World) -> None:
    world.say("jan", "given")
    first, second = world.build(), world.build(channel="phone", purpose="relationship")
    outbox = world.context.home.outbox
    assert withdraw_persons(world.context.home, world.context.vault, [world.person("jan")]) == 2
    assert not (outbox / first.file_name).exists()
    third = world.build()
    erase_persons(world.deployment, [world.person("kees")], detector=WordDetector())
    assert not (outbox / third.file_name).exists()
    assert second.audience_id != third.audience_id


def test_audience_expires_with_the_list_of_its_members(world: World) -> None:
    made = world.build()
    home, vault = world.context.home, world.context.vault
    assert expire_audiences(home, vault, made.expires_at - DAY) == 0
    assert expire_audiences(home, vault, made.expires_at) == 1
    assert not (home.outbox / made.file_name).exists()
    with vault.read() as conn:
        assert conn.execute(sa.select(schema.audience_members)).all() == []


@pytest.mark.parametrize(
    ("sql", "purpose", "channel", "code"),
    [
        ("select * from read_text('/etc/passwd')", "marketing", "email", "segment_wrong"),
        ("select 1 as customer_id", "marketing", "email", "segment_wrong"),
        (f"{ALL}; {ALL}", "marketing", "email", "segment_wrong"),
        (ALL, "robots", "email", "purpose_unknown"),
        (ALL, "marketing", "pigeon", "channel_closed"),
        (ALL, "relationship", "pigeon", "channel_unknown"),
    ],
)
def test_wrong_audience_is_refused_before_anything_is_unsealed(
    world: World, sql: str, purpose: str, channel: str, code: str
) -> None:
    with pytest.raises(KlantkluisError) as error:
        world.build(purpose, channel, sql)
    assert error.value.code == code
    assert list(world.context.home.outbox.iterdir()) == []


def test_import_is_whole_once_and_says_which_line_is_wrong(world: World, tmp_path: Path) -> None:
    file = tmp_path / "words.csv"
    good = "jan@voorbeeld.example,marketing,given,2026-01-31\nnobody@x.example,marketing,given,2026-01-31\n"
    header = "email,purpose,status,occurred_at\n"
    file.write_text(header + good + "eva@voorbeeld.example,marketing,given,yesterday\n")
    with pytest.raises(KlantkluisError) as error:
        import_words(world.deployment, file, ["crm"], UTC)  # type: ignore[arg-type]
    assert error.value.where == {"line": 4}
    assert "yesterday" not in str(error.value)
    with world.context.vault.read() as conn:
        assert history(conn, world.person("jan")) == []
    file.write_text(header + good)
    done = [import_words(world.deployment, file, ["crm"], UTC) for _ in range(2)]  # type: ignore[arg-type]
    assert [tuple(d) for d in done] == [(1, 0, (3,)), (0, 1, (3,))]
    assert "jan" in world.names_in(world.build())
