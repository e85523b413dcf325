"""The errors of Klantkluis: stable codes and fields, never a value of the data.

::

    KlantkluisError                     exit status
    ├── UsageError                      2   the caller asked for something impossible
    │   ├── PolicyError                 2   pii_rules contradict themselves or the entities
    │   ├── MappingError                2   a source mapping is wrong
    │   └── InputError                  2   a file, a row or a cell cannot be read
    ├── NotAllowedError                 3   a key, a role or a purpose is missing
    │   ├── KeyMissingError             3
    │   └── KeyWrongError               3
    ├── BusyError                       4   another run holds the lock of the home
    └── FailedError                     1   it was allowed and right, and did not work
        ├── StorageError                1   no space, read-only, a damaged store
        ├── CheckError                  1   a blocking check does not hold
        └── BuildError                  1   dbt or Dagster failed; node and code only

An error is one sentence saying what is wrong, where, and what to do. It is built from
fields that name things of ours (table, column, rule, line), so that a value of the data
cannot slip in; wrap foreign errors where data is touched and raise ``from None``.
"""

from __future__ import annotations

from typing import ClassVar


class KlantkluisError(Exception):
    """Base of all errors that a user may see.

    Args:
        what: What is wrong, without a final full stop; no value of the data.
        code: Stable snake_case name of the fault; tests and scripts match on it.
        where: Place, as ``name=value`` pairs of our own names: file, line, column, entity, rule.
        todo: What the reader can do about it.
    """

    exit_status: ClassVar[int] = 1

    def __init__(
        self, what: str, *, code: str, where: dict[str, str | int] | None = None, todo: str = ""
    ) -> None:
        self.what = what
        self.code = code
        self.where = dict(where or {})
        self.todo = todo
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The one sentence shown to people."""
        place = ", ".join(f"{name} {value}" for name, value in self.where.items())
        text = f"{self.what} ({place})" if place else self.what
        return f"{text}; {self.todo}." if self.todo else f"{text}."


class UsageError(KlantkluisError):
    """Wrong usage or wrong input."""

    exit_status = 2


class PolicyError(UsageError):
    """The rules under ``pii_rules/`` contradict themselves or the entities."""


class MappingError(UsageError):
    """A source mapping is wrong."""


class InputError(UsageError):
    """A file, a row or a cell cannot be read."""


class NotAllowedError(KlantkluisError):
    """Refused: a key, a role, a purpose or an approval is missing."""

    exit_status = 3


class KeyMissingError(NotAllowedError):
    """A key that is needed is not where it should be."""


class KeyWrongError(NotAllowedError):
    """A key does not open what it should open."""


class BusyError(KlantkluisError):
    """Another run holds the lock of the home."""

    exit_status = 4


class FailedError(KlantkluisError):
    """It was allowed and right, and did not work."""


class StorageError(FailedError):
    """No space left, a read-only place, or a damaged store."""


class CheckError(FailedError):
    """A blocking check does not hold."""


class BuildError(FailedError):
    """dbt or Dagster failed; carries node names and codes only."""
