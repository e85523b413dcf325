"""The campaigns of a delivery: when, through which channel, with which hold-out."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.sample.plan import Plan
from pipelines.sample.randomness import pick, plain_stream
from pipelines.sample.seasons import DAY

_THEMES = (
    "Voorjaar", "Zomer", "Najaar", "Winter", "Nieuwsbrief", "Productnieuws", "Actieweek", "Jubileum",
    "Terug naar kantoor", "Black week", "Eindejaar", "Welkom",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign; only those by e-mail have members."""

    campaign_id: str
    name: str
    channel: str
    objective: str
    starts: int
    ends: int
    budget: int
    currency: str
    holdout_share: float
    open_rate: float
    uplift: float

    @property
    def slug(self) -> str:
        """Name as it stands in a URL."""
        return self.name.lower().replace(" ", "-")


def make_campaigns(plan: Plan) -> list[Campaign]:
    """24 campaigns over the whole history, 20 of them by e-mail; 14 in a later week."""
    chance = plain_stream(plan.seed, "campaigns", int(plan.is_later))
    count, first = (14, 101) if plan.is_later else (24, 1)
    span = plan.seasons.end - plan.seasons.first
    campaigns = []
    for at in range(count):
        by_mail = plan.is_later or at % 6 != 5
        day = (plan.seasons.first + span * (at * 2 + 1) // (count * 2)) // DAY
        day += 0 if plan.is_later else (1 - (day + 3) % 7) % 7  # sent on a Tuesday
        campaigns.append(
            Campaign(
                campaign_id=f"M{first + at:03d}",
                name=f"{_THEMES[at % len(_THEMES)]} {first + at}",
                channel="email" if by_mail else pick(chance, ("search", "social", "event")),
                objective=pick(chance, ("sales", "leads", "retention")),
                starts=day * DAY + 10 * 3600,
                ends=(day + 30) * DAY,
                budget=500 + int(chance.random() * 9_500),
                currency="EUR" if chance.random() < 0.85 else "GBP",
                holdout_share=0.15 if by_mail and at % 2 == 0 else 0.0,
                open_rate=0.2 + 0.1 * chance.random(),
                uplift=0.004 + 0.012 * chance.random(),
            )
        )
    return campaigns
