"""All tables of the vault."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "audit_entries",
        sa.Column("sequence", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=True),
        sa.Column("request", sa.String(length=40), nullable=True),
        sa.Column("subject_count", sa.BigInteger(), nullable=False),
        sa.Column("payload_digest", sa.String(length=64), nullable=True),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_entries")),
    )
    op.create_table(
        "audit_payloads",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_payloads")),
    )
    op.create_table(
        "batch_counts",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("landed", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("suppressed", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "entity", name=op.f("pk_batch_counts")),
    )
    op.create_table(
        "batch_unmapped",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("column_name", sa.String(length=200), nullable=False),
        sa.Column("filled_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "column_name", name=op.f("pk_batch_unmapped")),
    )
    op.create_table(
        "batches",
        sa.Column("batch_id", KEY, autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_pattern", sa.Text(), nullable=True),
        sa.Column("file_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("mapping_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("policy_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("landed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batches")),
    )
    op.create_index(
        op.f("ix_batches_source_file_fingerprint"),
        "batches",
        ["source", "file_fingerprint"],
        unique=False,
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "erasures",
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("request", sa.String(length=40), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_erasures")),
    )
    op.create_table(
        "identifiers",
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("blind", "kind", "subject_id", name=op.f("pk_identifiers")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_identifiers_subject_id"), "identifiers", ["subject_id"], unique=False)
    op.create_table(
        "identity_queue",
        sa.Column("queue_id", KEY, autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("other_subject_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("queue_id", name=op.f("pk_identity_queue")),
    )
    op.create_index(
        op.f("ix_identity_queue_other_subject_id"),
        "identity_queue",
        ["other_subject_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_identity_queue_subject_id"), "identity_queue", ["subject_id"], unique=False
    )
    op.create_table(
        "key_epochs",
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped_index_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_key_epochs")),
    )
    op.create_table(
        "mentions",
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "kind", "blind", name=op.f("pk_mentions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_mentions_blind_kind"), "mentions", ["blind", "kind"], unique=False)
    op.create_table(
        "meta",
        sa.Column("home_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrapped_home_key", sa.LargeBinary(), nullable=False),
        sa.Column("ledger_sequence", sa.BigInteger(), nullable=False),
        sa.Column("ledger_mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("home_id", name=op.f("pk_meta")),
    )
    op.create_table(
        "quarantine_identifiers",
        sa.Column("quarantine_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "quarantine_id", "kind", "blind", name=op.f("pk_quarantine_identifiers")
        ),
    )
    op.create_index(
        op.f("ix_quarantine_identifiers_blind_kind"),
        "quarantine_identifiers",
        ["blind", "kind"],
        unique=False,
    )
    op.create_table(
        "quarantine_rows",
        sa.Column("quarantine_id", KEY, autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=True),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("column_name", sa.String(length=200), nullable=True),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine_rows")),
    )
    op.create_index(
        op.f("ix_quarantine_rows_batch_id"), "quarantine_rows", ["batch_id"], unique=False
    )
    op.create_index(
        op.f("ix_quarantine_rows_expires_at"), "quarantine_rows", ["expires_at"], unique=False
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("policy_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("build_fingerprint", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
    )
    op.create_table(
        "sealed_records",
        sa.Column("record_id", KEY, autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("record_blind", sa.LargeBinary(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("account_subject_id", sa.BigInteger(), nullable=True),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("content_mac", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("detector_version", sa.String(length=40), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_sealed_records")),
        sa.UniqueConstraint(
            "record_blind",
            "entity",
            "source",
            name=op.f("uq_sealed_records_record_blind_entity_source"),
        ),
    )
    op.create_index(
        op.f("ix_sealed_records_account_subject_id"),
        "sealed_records",
        ["account_subject_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sealed_records_subject_id"), "sealed_records", ["subject_id"], unique=False
    )
    op.create_table(
        "subjects",
        sa.Column("subject_id", KEY, autoincrement=False, nullable=False),
        sa.Column("subject_key", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_bucket", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("staff_alias", sa.Integer(), nullable=True),
        sa.Column("created_batch", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("subject_key", name=op.f("uq_subjects_subject_key")),
    )
    op.create_index(op.f("ix_subjects_merged_into"), "subjects", ["merged_into"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("blind", "kind", name=op.f("pk_suppressions")),
    )
