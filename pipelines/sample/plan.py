"""What is to be made: how many, from which seed, over which days, in which blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from random import Random

from pipelines.sample.seasons import DAY, Seasons

BLOCK = 1_000
"""Persons made at once; nothing of a block is needed for the next."""
LATER = 4_005_000
"""Number of the first block of later deliveries: no id of theirs was ever given out."""
HISTORY_DAYS = 1_005


@dataclass(frozen=True, slots=True)
class Block:
    """A run of persons and all that happens with them.

    ``returning`` of the persons (at the end) are known from an earlier delivery.
    """

    number: int
    size: int
    first_person: int
    returning: int = 0
    source: int = 0
    """Number of the block that the returning persons come from."""


@dataclass(frozen=True)
class Plan:
    """A delivery. ``until`` is the day after the last event; nothing asks for the present."""

    scale: float
    seed: int
    start: date
    until: date
    is_later: bool = False
    share: float = 0.0

    @classmethod
    def first(cls, scale: float, seed: int, until: date) -> Plan:
        """The delivery that holds the whole history."""
        return cls(scale, seed, until - timedelta(days=HISTORY_DAYS), until)

    @property
    def people(self) -> int:
        """Persons of the whole history."""
        return max(1, round(1_000 * self.scale))

    @property
    def stamp(self) -> str:
        """The day of the delivery, as it stands in names of files."""
        return self.until.strftime("%Y%m%d")

    @property
    def history(self) -> Plan:
        """The plan of the whole history, which later deliveries refer to."""
        return Plan.first(self.scale, self.seed, self.start) if self.is_later else self

    @cached_property
    def seasons(self) -> Seasons:
        """Where instants are drawn from."""
        return Seasons(self.start, self.until)

    def joining(self, chance: Random) -> int:
        """When somebody joined: half were there when history begins, the others came since."""
        if chance.random() < 0.5:
            return self.seasons.first - int(chance.random() * 900) * DAY - DAY // 2
        span = self.seasons.end - self.seasons.first - 3 * DAY
        return self.seasons.first + int(max(0, span) * chance.random()) // DAY * DAY + 36_000

    def following(self, share: float) -> Plan:
        """The week after: ``share`` of the persons, half of them new, half known."""
        return Plan(self.scale, self.seed, self.until, self.until + timedelta(days=7), True, share)

    def blocks(self) -> Iterator[Block]:
        """All blocks in order."""
        if not self.is_later:
            for number, first in enumerate(range(0, self.people, BLOCK)):
                yield Block(number, min(BLOCK, self.people - first), first)
            return
        total = max(2, round(self.people * self.share))
        sources = -(-self.people // BLOCK)
        count = -(-total // BLOCK)
        for at, first in enumerate(range(0, total, BLOCK)):
            size = min(BLOCK, total - first)
            source = at * sources // count
            known = min(size // 2, BLOCK, self.people - source * BLOCK)
            yield Block(LATER + at, size, (LATER + at) * BLOCK, known, source)
