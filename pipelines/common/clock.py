"""Time: the only place that asks for the present. Everything else gets ``as_of`` handed in."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
