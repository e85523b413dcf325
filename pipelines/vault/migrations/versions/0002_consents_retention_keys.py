"""Consents, audiences, retention runs and epochs of role keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "consents",
        sa.Column("consent_id", KEY, autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(60), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("lawful_basis", sa.String(40)),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("notice_version", sa.String(200)),
        sa.Column("origin", sa.String(12), nullable=False),
        sa.Column("request", sa.String(40)),
        sa.Column("reference", sa.Text()),
        sa.Column("evidence", sa.LargeBinary()),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_consents")),
        sa.UniqueConstraint("reference", name=op.f("uq_consents_reference")),
    )
    op.create_index(op.f("ix_consents_subject_id"), "consents", ["subject_id"])
    op.create_table(
        "audiences",
        sa.Column("audience_id", KEY, autoincrement=False, nullable=False),
        sa.Column("segment", sa.String(200), nullable=False),
        sa.Column("purpose", sa.String(60), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("built_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("selected_count", sa.BigInteger(), nullable=False),
        sa.Column("addressed_count", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("audience_id", name=op.f("pk_audiences")),
    )
    op.create_index(op.f("ix_audiences_expires_at"), "audiences", ["expires_at"])
    op.create_table(
        "audience_members",
        sa.Column("audience_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("audience_id", "subject_id", name=op.f("pk_audience_members")),
    )
    op.create_index(op.f("ix_audience_members_subject_id"), "audience_members", ["subject_id"])
    op.create_table(
        "retention_runs",
        sa.Column("retention_run_id", KEY, autoincrement=False, nullable=False),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("certificate", sa.Text()),
        sa.Column("previous_digest", sa.String(64)),
        sa.Column("digest", sa.String(64)),
        sa.PrimaryKeyConstraint("retention_run_id", name=op.f("pk_retention_runs")),
    )
    op.create_table(
        "role_keys",
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT),
        sa.PrimaryKeyConstraint("role", "epoch", name=op.f("pk_role_keys")),
    )
