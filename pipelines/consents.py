"""Brings words on consent from where they were said to where they are needed.

What landed (consents, unsubscribes, complaints) goes into the consent ledger; what a steward, a
request or an import said to that ledger goes to the warehouse before each build.

The caller holds the home's lock. Privacy: pseudonyms of the warehouse in, words of the vault out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.rights.consent import Word, enter
from pipelines.vault import schema
from pipelines.vault.bulk import select_in
from pipelines.vault.subjects import survivors
from pipelines.warehouse.connection import connect_warehouse
from pipelines.warehouse.consent_words import ConsentWord, write_words
from pipelines.warehouse.pseudo import create_relations

if TYPE_CHECKING:
    import duckdb

    from pipelines.runs import Deployment

_COUNTER: Final = "consents_batch"
_AT_ONCE: Final = 50_000
"""Rows in memory at a time: a million contacts bring some millions of words."""
_EVENTS: Final = {"unsubscribe": "withdrawn", "complaint": "objected"}
"""What an event of a campaign says; a complaint is an objection to marketing (Art. 21(2))."""
_CONSENTS: Final = """
select batch_id, source, record_key, customer_key, purpose, coalesce(channel, ''), status,
    lawful_basis, occurred_at, notice_version
from warehouse.pseudo.consents where customer_key is not null and batch_id > ?
order by batch_id, record_key
"""
_SAID: Final = """
select e.batch_id, e.source, e.record_key, e.customer_key, 'marketing',
    case when c.channel in ('phone', 'sms', 'post') then c.channel else 'email' end,
    e.event_type, null, e.occurred_at, null
from warehouse.pseudo.campaign_events e
left join (select record_key, any_value(channel) as channel from warehouse.pseudo.campaigns
    group by record_key) c on c.record_key = e.campaign_id
where e.customer_key is not null and e.event_type in ('unsubscribe', 'complaint')
    and e.batch_id > ?
order by e.batch_id, e.record_key
"""
"""In the order in which they came, so that two homes of the same files number them alike."""


def enter_landed(deployment: Deployment) -> int:
    """Enter words from rows that landed since this was last called; returns how many.

    Each row enters once, by its source, key and batch; a row that changed is a new word. Called
    when files have landed, so that whoever asks the ledger (a steward, a package, an audience) is
    told all that was said, and before an audience, in case a kill came between.
    """
    if not deployment.home.warehouse.is_file():
        return 0
    key = deployment.keyring.role_key("warehouse")
    with (
        closing(connect_warehouse(deployment.home, key, deployment.settings)) as duck,
        deployment.vault.begin() as conn,
    ):
        t = schema.counters
        before = conn.scalar(sa.select(t.c.value).where(t.c.name == _COUNTER)) or 0
        entered = newest = 0
        for rows in _rows(duck, before):
            entered += enter(conn, deployment.vault, _words(conn, rows))
            newest = max(newest, *(row[0] for row in rows))
        if not newest:
            return 0
        if before:
            conn.execute(sa.update(t).where(t.c.name == _COUNTER).values(value=newest))
        else:
            conn.execute(sa.insert(t).values(name=_COUNTER, value=newest))
    return entered


def _rows(duck: duckdb.DuckDBPyConnection, before: int) -> Iterator[list[tuple[Any, ...]]]:
    here = {
        name
        for (name,) in duck.execute(
            "select table_name from duckdb_tables() where schema_name = 'pseudo'"
        ).fetchall()
    }
    for sql, needed in ((_CONSENTS, {"consents"}), (_SAID, {"campaign_events", "campaigns"})):
        if needed <= here:
            found = duck.execute(sql, [before])
            while rows := found.fetchmany(_AT_ONCE):
                yield rows


def _words(conn: Connection, rows: list[tuple[Any, ...]]) -> Iterator[Word]:
    sql = "SELECT subject_key, subject_id FROM subjects WHERE subject_key IN ({values}) AND state <> 'erased'"
    subjects = dict(select_in(conn, sql, {row[3] for row in rows}))
    for batch, source, record, customer, purpose, channel, status, basis, at, notice in rows:
        if customer in subjects:
            said = _EVENTS.get(status)
            yield Word(
                subjects[customer], purpose, channel, said or status, at,
                "event" if said else "landed", basis, notice_version=notice,
                reference=f"{source}|{record}|{batch}",
            )  # fmt: skip


def bring_words(deployment: Deployment) -> bool:
    """Write words that no row brought into the warehouse; returns whether anything changed.

    Words of merged persons go under who they stand for; restricted and erased persons have none.
    """
    if not deployment.home.warehouse.is_file():
        return False
    with deployment.vault.read() as conn:
        words = list(_words_by_hand(conn))
    key = deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(deployment.home, key, deployment.settings)) as connection:
        create_relations(connection, deployment.policy)
        return write_words(connection, words)


def _words_by_hand(conn: Connection) -> Iterator[ConsentWord]:
    t = schema.consents
    rows = conn.execute(
        sa.select(
            t.c.consent_id, t.c.subject_id, t.c.purpose, t.c.channel, t.c.status,
            t.c.occurred_at, t.c.expires_at,
        ).where(t.c.origin != "landed")
    ).all()  # fmt: skip
    standing = survivors(conn, {row.subject_id for row in rows})
    sql = (
        "SELECT subject_id, subject_key FROM subjects "
        "WHERE subject_id IN ({values}) AND state = 'active'"
    )
    keys = dict(select_in(conn, sql, set(standing.values())))
    for row in rows:
        if key := keys.get(standing[row.subject_id]):
            yield ConsentWord(
                row.consent_id, key, row.purpose, row.channel or None, row.status,
                row.occurred_at, row.expires_at,
            )  # fmt: skip
