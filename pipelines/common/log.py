"""Logging by event name and allow-listed fields; nothing else can be written.

Privacy: values must be names or counts of ours (table, rule, rows). A field that is not on
the list raises, so that a new field is a deliberate choice.
"""

from __future__ import annotations

import logging
from typing import Final

FIELDS: Final = frozenset(
    {
        "batch", "bucket", "check", "chunk", "code", "column", "count", "entity", "epoch",
        "job", "kept", "line", "node", "request", "role", "rows", "rule", "run", "seconds",
        "source", "stage", "state", "status", "table",
    }
)  # fmt: skip

_logger = logging.getLogger("klantkluis")


def log_event(event: str, *, level: int = logging.INFO, **fields: str | int | float) -> None:
    """Write one event.

    Args:
        event: Name of what happened, snake_case.
        level: A level of the standard library.
        **fields: Names from ``FIELDS`` with values of our own.

    Raises:
        ValueError: A field is not on the list; only the name of the field is told.
    """
    unknown = set(fields) - FIELDS
    if unknown:
        raise ValueError(f"log fields not on the list: {sorted(unknown)}")
    _logger.log(level, "%s %s", event, " ".join(f"{k}={v}" for k, v in sorted(fields.items())))
