"""Requests with their events, holds, others told, what an erasure keeps and has yet to take out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "erasure_facts",
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "subject_id", "entity", "source", "record_key", name=op.f("pk_erasure_facts")
        ),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "holds",
        sa.Column("hold_id", KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("entity", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("record_blind", sa.LargeBinary(), nullable=True),
        sa.Column("rule", sa.String(length=60), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("placed_by", sa.String(length=200), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_holds")),
        sa.UniqueConstraint("number", name=op.f("uq_holds_number")),
    )
    op.create_index(op.f("ix_holds_record_blind"), "holds", ["record_blind"], unique=False)
    op.create_index(op.f("ix_holds_subject_id"), "holds", ["subject_id"], unique=False)
    op.create_table(
        "kept_records",
        sa.Column("kept_id", KEY, autoincrement=False, nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.Column("hold_id", sa.BigInteger(), nullable=True),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kept_id", name=op.f("pk_kept_records")),
    )
    op.create_index(op.f("ix_kept_records_hold_id"), "kept_records", ["hold_id"], unique=False)
    op.create_index(
        op.f("ix_kept_records_keep_until"), "kept_records", ["keep_until"], unique=False
    )
    op.create_index(
        op.f("ix_kept_records_request_id"), "kept_records", ["request_id"], unique=False
    )
    op.create_table(
        "outbound_tasks",
        sa.Column("task_id", KEY, autoincrement=False, nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("target_kind", sa.String(length=10), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key_id", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_outbound_tasks")),
        sa.UniqueConstraint(
            "request_id",
            "target_kind",
            "target",
            name=op.f("uq_outbound_tasks_request_id_target_kind_target"),
        ),
    )
    op.create_index(
        op.f("ix_outbound_tasks_request_id"), "outbound_tasks", ["request_id"], unique=False
    )
    op.create_table(
        "request_events",
        sa.Column("event_id", KEY, autoincrement=False, nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("audit_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_request_events")),
    )
    op.create_index(
        op.f("ix_request_events_request_id"), "request_events", ["request_id"], unique=False
    )
    op.create_table(
        "requests",
        sa.Column("request_id", KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("right", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended_on", sa.Date(), nullable=True),
        sa.Column("extension_reason", sa.String(length=20), nullable=True),
        sa.Column("proof_asked_on", sa.Date(), nullable=True),
        sa.Column("proof_ended_on", sa.Date(), nullable=True),
        sa.Column("proof_method", sa.String(length=20), nullable=True),
        sa.Column("proof_outcome", sa.String(length=20), nullable=True),
        sa.Column("grace_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ground", sa.String(length=40), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key_id", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_requests")),
        sa.UniqueConstraint("number", name=op.f("uq_requests_number")),
    )
    op.create_index(op.f("ix_requests_state"), "requests", ["state"], unique=False)
    op.create_index(op.f("ix_requests_subject_id"), "requests", ["subject_id"], unique=False)
