"""Brings what landed about consent into the consent ledger: consents, unsubscribes, complaints.

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
from pipelines.warehouse.connection import connect_warehouse

if TYPE_CHECKING:
    import duckdb

    from pipelines.runs import Deployment

_COUNTER: Final = "consents_batch"
_EVENTS: Final = {"unsubscribe": "withdrawn", "complaint": "objected"}
"""What an event of a campaign says; a complaint is an objection to marketing (Art. 21(2))."""
_CONSENTS: Final = """
select batch_id, source, record_key, customer_key, purpose, coalesce(channel, ''), status,
    lawful_basis, occurred_at, notice_version
from warehouse.pseudo.consents where customer_key is not null and batch_id > ?
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
"""


def enter_landed(deployment: Deployment) -> int:
    """Enter words from rows that landed since this was last called; returns how many.

    Each row enters once, by its source, key and batch; a row that changed is a new word.
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
        rows = _rows(duck, before)
        if not rows:
            return 0
        entered = enter(conn, deployment.vault, _words(conn, rows))
        newest = max(row[0] for row in rows)
        if before:
            conn.execute(sa.update(t).where(t.c.name == _COUNTER).values(value=newest))
        else:
            conn.execute(sa.insert(t).values(name=_COUNTER, value=newest))
    return entered


def _rows(duck: duckdb.DuckDBPyConnection, before: int) -> list[tuple[Any, ...]]:
    here = {
        name
        for (name,) in duck.execute(
            "select table_name from duckdb_tables() where schema_name = 'pseudo'"
        ).fetchall()
    }
    found: list[tuple[Any, ...]] = []
    for sql, needed in ((_CONSENTS, {"consents"}), (_SAID, {"campaign_events", "campaigns"})):
        if needed <= here:
            found += duck.execute(sql, [before]).fetchall()
    return found


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
