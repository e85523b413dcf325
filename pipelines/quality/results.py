"""What a check found. Names of ours and counts, never a value."""

from __future__ import annotations

from typing import Any, NamedTuple


class CheckResult(NamedTuple):
    """One check on one relation; ``failing`` counts rows, values or columns that break it."""

    check: str
    table: str
    column: str
    failing: int

    @property
    def passed(self) -> bool:
        """Whether nothing breaks it."""
        return self.failing == 0

    def document(self) -> dict[str, Any]:
        """The result for programs."""
        return {**self._asdict(), "passed": self.passed}
