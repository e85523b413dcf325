"""Brings to the warehouse who stands for whom and who is restricted, before each build.

The vault says it, ``pseudo.subject_links`` repeats it, staging applies it. The caller holds the
home's lock.

Privacy: pseudonyms only.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.vault import schema
from pipelines.vault.subjects import survivors
from pipelines.warehouse.links import SubjectLink, write_links

if TYPE_CHECKING:
    from pipelines.runs import Deployment


def subject_links(conn: Connection) -> list[SubjectLink]:
    """Merged and restricted subjects of the vault, each once; everybody else is absent."""
    t = schema.subjects
    rows = conn.execute(
        sa.select(t.c.subject_id, t.c.subject_key, t.c.state).where(
            t.c.state.in_(("merged", "restricted"))
        )
    ).all()
    standing = survivors(conn, [row.subject_id for row in rows])
    kept = {
        row.subject_id: row
        for row in conn.execute(
            sa.select(t.c.subject_id, t.c.subject_key, t.c.state).where(
                t.c.subject_id.in_(sorted(set(standing.values())))
            )
        )
    }
    return sorted(
        SubjectLink(
            row.subject_key,
            kept[standing[row.subject_id]].subject_key,
            kept[standing[row.subject_id]].state == "restricted",
        )
        for row in rows
    )


def bring_links(deployment: Deployment) -> bool:
    """Write the vault's links into the warehouse; returns whether anything changed."""
    if not deployment.home.warehouse.is_file():
        return False
    from pipelines.warehouse.connection import connect_warehouse
    from pipelines.warehouse.pseudo import create_relations

    with deployment.vault.read() as conn:
        links = subject_links(conn)
    key = deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(deployment.home, key, deployment.settings)) as connection:
        create_relations(connection, deployment.policy)
        return write_links(connection, links)
