"""Partitions of the code location. A bucket says nothing about who is in it."""

from __future__ import annotations

import dagster as dg

SUBJECT_BUCKETS = dg.StaticPartitionsDefinition([f"{bucket:02d}" for bucket in range(64)])
"""``subject_bucket``: a random one of 64 per subject, drawn when the subject is made."""
