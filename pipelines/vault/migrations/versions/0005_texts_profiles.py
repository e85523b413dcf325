"""Sketches of names, flags of special categories, and what the columns of a source hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.add_column("sealed_records", sa.Column("name_sketch", sa.LargeBinary()))
    op.add_column("sealed_records", sa.Column("sealed_flags", sa.LargeBinary()))
    for owner in ("subject_id", "account_subject_id"):
        op.create_index(
            f"ix_sealed_records_sketched_{owner}",
            "sealed_records",
            [owner],
            sqlite_where=sa.text("name_sketch IS NOT NULL"),
            postgresql_where=sa.text("name_sketch IS NOT NULL"),
        )
    op.create_table(
        "batch_text_flags",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(40), nullable=False),
        sa.Column("column_name", sa.String(200), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("cue_class", sa.String(40), nullable=False),
        sa.Column("text_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "batch_id", "entity", "column_name", "category", "cue_class",
            name=op.f("pk_batch_text_flags"),
        ),
    )  # fmt: skip
    op.create_table(
        "column_profiles",
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("file_pattern", sa.String(200), nullable=False),
        sa.Column("entity", sa.String(40), nullable=False),
        sa.Column("column_name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("value_count", sa.BigInteger(), nullable=False),
        sa.Column("filled_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "source", "file_pattern", "entity", "column_name", "kind",
            name=op.f("pk_column_profiles"),
        ),
    )  # fmt: skip
    op.create_table(
        "column_changes",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(40), nullable=False),
        sa.Column("column_name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("value_count", sa.BigInteger(), nullable=False),
        sa.Column("filled_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "batch_id", "entity", "column_name", "kind", name=op.f("pk_column_changes")
        ),
    )
