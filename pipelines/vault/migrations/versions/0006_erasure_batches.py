"""Erasures of many at once: what is still to be cut, and the certificate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "erasure_cuts",
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "subject_id", "record_id", "kind", "blind", name=op.f("pk_erasure_cuts")
        ),
    )
    op.add_column("erasures", sa.Column("certificate", sa.String(length=40)))
    op.add_column("erasures", sa.Column("deleted_records", sa.BigInteger()))
    op.add_column("erasures", sa.Column("cut_records", sa.BigInteger()))
