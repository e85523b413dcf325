"""Questions about a name in a text: which record it stands in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it; questions that named no record could not be answered, and go."""
    op.execute("DELETE FROM identity_queue WHERE reason = 'erased_name_mentioned'")
    op.add_column("identity_queue", sa.Column("record_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_identity_queue_record_id"), "identity_queue", ["record_id"])
