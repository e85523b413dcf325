"""The tables of the vault. Nothing here holds a value of a person in the open.

``blind`` is an HMAC, ``sealed`` is AES-GCM text, ``subject_key`` a random pseudonym. The
migrations under ``migrations/`` make these tables; a test holds both equal.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

REVISION: Final = "0008"
"""The newest migration; :mod:`pipelines.vault.store` opens no other."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A UTC instant; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Key = BigInteger().with_variant(Integer, "sqlite")  # INTEGER is SQLite's own row key
Name = String(200)

metadata = MetaData(naming_convention=NAMING)

meta = Table(
    "meta", metadata,
    Column("home_id", String(32), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("wrapped_home_key", LargeBinary, nullable=False),  # of content MACs and audit chain
    Column("ledger_sequence", BigInteger, nullable=False),  # newest ledger entry known here
    Column("ledger_mac", String(64), nullable=False),
)  # fmt: skip
counters = Table(
    "counters", metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)  # fmt: skip
key_epochs = Table(
    "key_epochs", metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("wrapped_index_key", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
)  # fmt: skip
subjects = Table(
    "subjects", metadata,
    Column("subject_id", Key, primary_key=True, autoincrement=False),
    Column("subject_key", String(12), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),  # account | contact | user
    Column("subject_bucket", Integer, nullable=False),
    Column("key_id", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),  # active | restricted | erased | merged
    Column("merged_into", BigInteger, index=True),
    Column("staff_alias", Integer),
    Column("created_batch", BigInteger),
)  # fmt: skip
identifiers = Table(
    "identifiers", metadata,
    Column("blind", LargeBinary, primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("subject_id", BigInteger, primary_key=True, index=True),
    Column("source", Name),
    Column("epoch", Integer, nullable=False),
    Column("batch_id", BigInteger),
    sqlite_with_rowid=False,
)  # fmt: skip
sealed_records = Table(
    "sealed_records", metadata,
    Column("record_id", Key, primary_key=True, autoincrement=False),
    Column("entity", String(40), nullable=False),
    Column("source", Name, nullable=False),
    Column("record_blind", LargeBinary, nullable=False),
    Column("record_key", Text, nullable=False),
    Column("subject_id", BigInteger, index=True),
    Column("account_subject_id", BigInteger, index=True),
    Column("key_id", BigInteger, nullable=False),
    Column("content_mac", LargeBinary, nullable=False),
    Column("sealed", LargeBinary),
    Column("detector_version", String(40)),
    Column("batch_id", BigInteger, nullable=False),
    Column("name_sketch", LargeBinary),  # of contacts: keyed hashes of the parts of a name
    Column("sealed_flags", LargeBinary),  # special categories in its texts, under the record's key
    UniqueConstraint("record_blind", "entity", "source"),  # random part first: it alone decides
)  # fmt: skip
_is_sketched = sealed_records.c.name_sketch.is_not(None)
for _owner in ("subject_id", "account_subject_id"):
    Index(
        f"ix_sealed_records_sketched_{_owner}", sealed_records.c[_owner],
        sqlite_where=_is_sketched, postgresql_where=_is_sketched,
    )  # fmt: skip
mentions = Table(
    "mentions", metadata,
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(40), primary_key=True),
    Column("blind", LargeBinary, primary_key=True),
    Index(None, "blind", "kind"),
    sqlite_with_rowid=False,
)  # fmt: skip
batches = Table(
    "batches", metadata,
    Column("batch_id", Key, primary_key=True, autoincrement=False),
    Column("run_id", String(64)),
    Column("source", Name, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_pattern", Text),
    Column("file_fingerprint", String(64), nullable=False),
    Column("mapping_fingerprint", String(64), nullable=False),
    Column("policy_fingerprint", String(64), nullable=False),
    Column("mode", String(10), nullable=False),  # append | upsert | snapshot
    Column("state", String(12), nullable=False),  # started | landed
    Column("started_at", Instant, nullable=False),
    Column("landed_at", Instant),
    Column("rows_read", BigInteger, nullable=False),
    Index(None, "source", "file_fingerprint"),
)  # fmt: skip
batch_counts = Table(
    "batch_counts", metadata,
    Column("batch_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", String(40), primary_key=True),
    *(
        Column(name, BigInteger, nullable=False)
        for name in (
            "rows_read", "landed", "changed", "unchanged", "quarantined", "suppressed", "deleted",
        )
    ),
)  # fmt: skip
batch_unmapped = Table(
    "batch_unmapped", metadata,
    Column("batch_id", BigInteger, primary_key=True, autoincrement=False),
    Column("column_name", Name, primary_key=True),
    Column("filled_count", BigInteger, nullable=False),
)  # fmt: skip
batch_text_flags = Table(
    "batch_text_flags", metadata,
    Column("batch_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", String(40), primary_key=True),
    Column("column_name", Name, primary_key=True),
    Column("category", String(40), primary_key=True),
    Column("cue_class", String(40), primary_key=True),
    Column("text_count", BigInteger, nullable=False),
)  # fmt: skip
column_profiles = Table(
    "column_profiles", metadata,
    Column("source", Name, primary_key=True),
    Column("file_pattern", String(200), primary_key=True),
    Column("entity", String(40), primary_key=True),
    Column("column_name", Name, primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("value_count", BigInteger, nullable=False),
    Column("filled_count", BigInteger, nullable=False),
)  # fmt: skip
column_changes = Table(
    "column_changes", metadata,
    Column("batch_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", String(40), primary_key=True),
    Column("column_name", Name, primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("value_count", BigInteger, nullable=False),
    Column("filled_count", BigInteger, nullable=False),
)  # fmt: skip
quarantine_rows = Table(
    "quarantine_rows", metadata,
    Column("quarantine_id", Key, primary_key=True, autoincrement=False),
    Column("batch_id", BigInteger, nullable=False, index=True),
    Column("line", BigInteger, nullable=False),
    Column("entity", String(40)),
    Column("rule", String(60), nullable=False),
    Column("column_name", Name),
    Column("key_id", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("state", String(12), nullable=False),  # held | released
)  # fmt: skip
quarantine_identifiers = Table(
    "quarantine_identifiers", metadata,
    Column("quarantine_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(40), primary_key=True),
    Column("blind", LargeBinary, primary_key=True),
    Index(None, "blind", "kind"),
)  # fmt: skip
suppressions = Table(
    "suppressions", metadata,
    Column("blind", LargeBinary, primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("created_at", Instant, nullable=False),
)  # fmt: skip
identity_queue = Table(
    "identity_queue", metadata,
    Column("queue_id", Key, primary_key=True, autoincrement=False),
    Column("batch_id", BigInteger),
    Column("subject_id", BigInteger, nullable=False, index=True),
    Column("other_subject_id", BigInteger, index=True),
    Column("reason", String(60), nullable=False),
    Column("state", String(12), nullable=False),  # open | merged | apart | cut | kept
    Column("weight", Float),  # bits of evidence, where a model proposed it
    Column("record_id", BigInteger, index=True),  # whose text names one of the two
)  # fmt: skip
runs = Table(
    "runs", metadata,
    Column("run_id", String(64), primary_key=True),
    Column("as_of", Instant, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("state", String(12), nullable=False),  # started | published | failed
    Column("policy_fingerprint", String(64)),
    Column("build_fingerprint", String(64)),
)  # fmt: skip
audit_entries = Table(
    "audit_entries", metadata,
    Column("sequence", Key, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Name, nullable=False),
    Column("action", String(40), nullable=False),
    Column("purpose", String(60)),
    Column("request", String(40)),
    Column("subject_count", BigInteger, nullable=False),
    Column("payload_digest", String(64)),
    Column("mac", String(64), nullable=False),
)  # fmt: skip
audit_payloads = Table(
    "audit_payloads", metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)  # fmt: skip
erasures = Table(
    "erasures", metadata,
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(12), nullable=False),  # started | kept | rows | cut | facts | completed
    Column("request", String(40)),
    Column("started_at", Instant, nullable=False),
    Column("completed_at", Instant),
    Column("certificate", String(40)),
    Column("deleted_records", BigInteger),
    Column("cut_records", BigInteger),
    Column("replays", BigInteger),  # the ledger entry that it repeats in a restored home
)  # fmt: skip

consents = Table(  # what each person said on each purpose and channel, and never changed again
    "consents", metadata,
    Column("consent_id", Key, primary_key=True, autoincrement=False),
    Column("subject_id", BigInteger, nullable=False, index=True),
    Column("purpose", String(60), nullable=False),
    Column("channel", String(20), nullable=False),  # "" stands for all
    Column("status", String(12), nullable=False),
    Column("lawful_basis", String(40)),
    Column("occurred_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("notice_version", Name),
    Column("origin", String(12), nullable=False),  # landed | event | import | steward | request
    Column("request", String(40)),
    Column("reference", Text, unique=True),  # of a landed row, so that it enters once
    Column("evidence", LargeBinary),  # sealed under the subject's key
    Column("recorded_at", Instant, nullable=False),
)  # fmt: skip
audiences = Table(
    "audiences", metadata,
    Column("audience_id", Key, primary_key=True, autoincrement=False),
    Column("segment", Name, nullable=False),
    Column("purpose", String(60), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("built_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("file_name", Name, nullable=False),
    Column("selected_count", BigInteger, nullable=False),
    Column("addressed_count", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),  # ready | withdrawn | expired
)  # fmt: skip
audience_members = Table(
    "audience_members", metadata,
    Column("audience_id", BigInteger, primary_key=True, autoincrement=False),
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False, index=True),
)  # fmt: skip
retention_runs = Table(
    "retention_runs", metadata,
    Column("retention_run_id", Key, primary_key=True, autoincrement=False),
    Column("as_of", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("certificate", Text),  # counts per rule, no personal data
    Column("previous_digest", String(64)),
    Column("digest", String(64)),
)  # fmt: skip
role_keys = Table(
    "role_keys", metadata,
    Column("role", String(20), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
)  # fmt: skip
requests = Table(
    "requests", metadata,
    Column("request_id", Key, primary_key=True, autoincrement=False),
    Column("number", String(20), nullable=False, unique=True),  # R-2026-0001
    Column("right", String(20), nullable=False),
    Column("purpose", String(60)),  # of an objection or a withdrawal
    Column("channel", String(20)),  # of a withdrawal: email, phone …
    Column("language", String(2), nullable=False),
    Column("subject_id", BigInteger, nullable=False, index=True),
    Column("state", String(20), nullable=False, index=True),
    Column("received_on", Date, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("extended_on", Date),
    Column("extension_reason", String(20)),
    Column("proof_asked_on", Date),
    Column("proof_ended_on", Date),
    Column("proof_method", String(20)),
    Column("proof_outcome", String(20)),
    Column("grace_until", Instant),
    Column("ground", String(40)),  # of a refusal, or of what a part was kept for
    Column("closed_at", Instant),
    Column("key_id", BigInteger),  # of its own details, destroyed when it closes
    Column("sealed", LargeBinary),
)  # fmt: skip
request_events = Table(
    "request_events", metadata,
    Column("event_id", Key, primary_key=True, autoincrement=False),
    Column("request_id", BigInteger, nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("actor", Name, nullable=False),
    Column("action", String(20), nullable=False),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("audit_sequence", BigInteger, nullable=False),
)  # fmt: skip
holds = Table(
    "holds", metadata,
    Column("hold_id", Key, primary_key=True, autoincrement=False),
    Column("number", String(20), nullable=False, unique=True),  # H-2026-0001
    Column("scope", String(10), nullable=False),  # person | record | rule
    Column("subject_id", BigInteger, index=True),
    Column("entity", String(40)),
    Column("source", Name),
    Column("record_blind", LargeBinary, index=True),
    Column("rule", String(60)),
    Column("reference", String(60), nullable=False),  # of the case; no name
    Column("placed_by", Name, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("until_on", Date),
    Column("released_at", Instant),
    Column("released_by", Name),
)  # fmt: skip
outbound_tasks = Table(
    "outbound_tasks", metadata,
    Column("task_id", Key, primary_key=True, autoincrement=False),
    Column("request_id", BigInteger, nullable=False, index=True),
    Column("what", String(20), nullable=False),  # erasure | objection | rectification …
    Column("target_kind", String(10), nullable=False),  # source | recipient
    Column("target", Name, nullable=False),
    Column("state", String(12), nullable=False),  # open | done | impossible
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("key_id", BigInteger),  # of what the target must do, destroyed when it has
    Column("sealed", LargeBinary),
    UniqueConstraint("request_id", "target_kind", "target"),
)  # fmt: skip
kept_records = Table(
    "kept_records", metadata,
    Column("kept_id", Key, primary_key=True, autoincrement=False),
    Column("request_id", BigInteger, index=True),
    Column("hold_id", BigInteger, index=True),
    Column("ground", String(40), nullable=False),
    Column("entity", String(40), nullable=False),
    Column("keep_until", Date, index=True),  # none: until the hold is released
    Column("key_id", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)  # fmt: skip
erasure_facts = Table(
    "erasure_facts", metadata,
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", String(40), primary_key=True),
    Column("source", Name, primary_key=True),
    Column("record_key", Text, primary_key=True),
)  # fmt: skip
erasure_cuts = Table(  # identifiers that others' records have yet to be rid of
    "erasure_cuts", metadata,
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(40), primary_key=True),
    Column("blind", LargeBinary, primary_key=True),
)  # fmt: skip
ledger_notes = Table(  # committed with what they tell, until the ledger has them
    "ledger_notes", metadata,
    Column("note_id", Key, primary_key=True, autoincrement=False),
    Column("token", String(32), nullable=False),  # random; its entry in the ledger bears it
    Column("sealed", LargeBinary, nullable=False),
)  # fmt: skip
heartbeats = Table(
    "heartbeats", metadata,
    Column("name", String(40), primary_key=True),
    Column("at", Instant, nullable=False),
)  # fmt: skip
merges = Table(
    "merges", metadata,
    Column("merge_id", Key, primary_key=True, autoincrement=False),
    Column("subject_id", BigInteger, nullable=False, index=True),
    Column("into_subject_id", BigInteger, nullable=False, index=True),
    Column("weight", Float),  # bits of evidence of the proposal, when there was one
    Column("merged_at", Instant, nullable=False),
    Column("undone_at", Instant),
)  # fmt: skip
overlays = Table(
    "overlays", metadata,
    Column("overlay_id", Key, primary_key=True, autoincrement=False),
    Column("entity", String(40), nullable=False),
    Column("source", Name, nullable=False),
    Column("record_blind", LargeBinary, nullable=False),
    Column("record_key", Text, nullable=False),
    Column("column_name", Name, nullable=False),
    Column("subject_id", BigInteger, nullable=False, index=True),
    Column("key_id", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # value, what the source said, record's key
    Column("state", String(12), nullable=False),  # active | agreed | reverted | replaced
    Column("is_applied", Boolean, nullable=False),  # whether the warehouse has it
    Column("source_differs", Boolean, nullable=False),  # the source says a third thing by now
    Column("request", String(40)),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(None, "record_blind", "entity", "source"),
)  # fmt: skip
packages = Table(
    "packages", metadata,
    Column("package_id", Key, primary_key=True, autoincrement=False),
    Column("request", String(40), index=True),
    Column("subject_id", BigInteger, nullable=False, index=True),
    Column("kind", String(12), nullable=False),  # access | portability
    Column("language", String(2), nullable=False),
    Column("key_id", BigInteger, nullable=False),
    Column("sealed", LargeBinary),  # until it is released or expires
    Column("state", String(12), nullable=False),  # draft | released | expired | withdrawn
    Column("file_name", Name),
    Column("created_at", Instant, nullable=False),
    Column("released_at", Instant),
    Column("expires_at", Instant, nullable=False, index=True),
)  # fmt: skip
