"""Merges of subjects, overlays of rectified values, packages for subjects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    op.add_column("identity_queue", sa.Column("weight", sa.Float(), nullable=True))
    op.create_table(
        "merges",
        sa.Column("merge_id", KEY, autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("into_subject_id", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("merged_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("merge_id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_subject_id"), "merges", ["subject_id"])
    op.create_index(op.f("ix_merges_into_subject_id"), "merges", ["into_subject_id"])
    op.create_table(
        "overlays",
        sa.Column("overlay_id", KEY, autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("record_blind", sa.LargeBinary(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("column_name", sa.String(length=200), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("is_applied", sa.Boolean(), nullable=False),
        sa.Column("source_differs", sa.Boolean(), nullable=False),
        sa.Column("request", sa.String(length=40), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("overlay_id", name=op.f("pk_overlays")),
    )
    op.create_index(op.f("ix_overlays_subject_id"), "overlays", ["subject_id"])
    op.create_index(
        op.f("ix_overlays_record_blind_entity_source"),
        "overlays",
        ["record_blind", "entity", "source"],
    )
    op.create_table(
        "packages",
        sa.Column("package_id", KEY, autoincrement=False, nullable=False),
        sa.Column("request", sa.String(length=40), nullable=True),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("released_at", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("package_id", name=op.f("pk_packages")),
    )
    op.create_index(op.f("ix_packages_request"), "packages", ["request"])
    op.create_index(op.f("ix_packages_subject_id"), "packages", ["subject_id"])
    op.create_index(op.f("ix_packages_expires_at"), "packages", ["expires_at"])
