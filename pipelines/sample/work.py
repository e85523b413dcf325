"""What the makers of a block share: its persons, what has happened so far, where it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import numpy as np
from numpy.typing import NDArray

from pipelines.sample.campaign_plan import Campaign
from pipelines.sample.files import Files
from pipelines.sample.organisations import Company, Staff
from pipelines.sample.people import Person
from pipelines.sample.plan import Block, Plan
from pipelines.sample.randomness import array_stream, plain_stream
from pipelines.sample.seasons import Seconds
from pipelines.sample.texts import Writer
from pipelines.sample.truth import Truth


@dataclass(slots=True)
class Purchase:
    """Something bought, to become an order; ``deal`` where a seller sold it."""

    person: Person | None
    company: Company | None
    deal_id: str
    at: int
    amount: float
    currency: str


@dataclass(slots=True)
class Work:
    """One block in the making."""

    plan: Plan
    block: Block
    people: list[Person]
    companies: list[Company]
    sellers: list[Staff]
    agents: list[Staff]
    campaigns: list[Campaign]
    files: Files
    truth: Truth
    writer: Writer
    starts: Seconds
    purchases: list[Purchase] = field(default_factory=list)
    deals_of: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    """Index of a person to (deal, instant)."""
    tickets_of: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    clicks: list[tuple[int, int, int]] = field(default_factory=list)
    """(person's place in the block, campaign's place, instant) of human clicks."""
    withdrawn: dict[int, int] = field(default_factory=dict)
    """Person's place in the block to the instant of unsubscribing."""

    def plain(self, purpose: str) -> Random:
        """Chance of this block for one purpose."""
        return plain_stream(self.plan.seed, purpose, self.block.number)

    def arrays(self, purpose: str) -> np.random.Generator:
        """Chance by the array of this block for one purpose."""
        return array_stream(self.plan.seed, purpose, self.block.number)

    def draw_people(
        self, chance: np.random.Generator, count: int, weights: NDArray[np.float64] | None = None
    ) -> NDArray[np.int64]:
        """Places of persons something happens with: who has been there longer is drawn more often.

        Everybody has the same odds where the weights leave nobody.
        """
        end, first = self.plan.seasons.end, self.plan.seasons.first
        tenure = np.maximum((end - self.starts) / (end - first), 0.003)
        odds = tenure if weights is None or not weights.any() else tenure * weights
        return chance.choice(len(self.people), count, p=odds / odds.sum())

    def key(self, prefix: str, at: int) -> str:
        """An id that no other block gives out."""
        return f"{prefix}{self.block.number * 100_000 + at + 1}"
