"""Organisations that persons work at, and the staff of the company whose CRM this is."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.sample import identifiers
from pipelines.sample.names import STEMS, TAILS
from pipelines.sample.naming import Name, make_name, western_name
from pipelines.sample.places import TOWNS, Town
from pipelines.sample.plan import BLOCK, Block, Plan
from pipelines.sample.randomness import pick, pick_weighted, plain_stream
from pipelines.sample.seasons import DAY

_SECTORS = (
    "bouw",
    "zorg",
    "logistiek",
    "groothandel",
    "horeca",
    "techniek",
    "overheid",
    "onderwijs",
    "ict",
    "detailhandel",
)
_BUSINESS_WORDS = (
    "Techniek", "Logistiek", "Bouw", "Installaties", "Advies", "Zorggroep", "Groothandel", "Transport",
    "Software", "Makelaardij", "Horeca", "Agro", "Metaal", "Drukkerij", "Schoonmaak", "Onderwijs",
)  # fmt: skip
_FORMS = ("B.V.", "BV", "V.O.F.", "Groep", "Nederland B.V.", "& Zn.", "Holding")


@dataclass(frozen=True, slots=True)
class Company:
    """An organisation; ``owner_name`` where it is a person under another name."""

    account_id: str
    name: str
    domain: str
    sector: str
    size_class: str
    revenue: int
    country: str
    town: Town
    parent: str
    created: int
    is_sole_trader: bool


@dataclass(frozen=True, slots=True)
class Staff:
    """A seller, an agent or a manager."""

    user_id: str
    name: Name
    email: str
    team: str
    role: str
    manager: str
    region: str
    hired: int
    left: int | None


def make_companies(plan: Plan, block: Block) -> list[Company]:
    """One organisation for every four persons of the block; the block's own."""
    chance = plain_stream(plan.seed, "companies", block.number)
    companies: list[Company] = []
    for at in range(max(1, block.size // 4)):
        owner = western_name(chance)
        sole = chance.random() < 0.05
        word = pick(chance, _BUSINESS_WORDS)
        base = f"{pick(chance, STEMS)}{pick(chance, TAILS)}"
        if sole:
            name, size = f"{owner.full} {word}", "zzp"
        else:
            name = f"{base} {word} {pick(chance, _FORMS)}"
            size = pick_weighted(
                chance, (("1-9", 0.3), ("10-49", 0.4), ("50-249", 0.22), ("250+", 0.08))
            )
        staff = {"zzp": 1, "1-9": 5, "10-49": 25, "50-249": 120, "250+": 600}[size]
        companies.append(
            Company(
                account_id=f"A{block.number * BLOCK + at + 10_001}",
                name=name,
                domain=f"{identifiers.mail_part(base)}-{identifiers.mail_part(word)}{at}.example",
                sector=pick(chance, _SECTORS),
                size_class=size,
                revenue=int(staff * chance.lognormvariate(11.5, 0.5)),
                country=pick_weighted(
                    chance, (("NL", 0.9), ("BE", 0.05), ("DE", 0.03), ("GB", 0.02))
                ),
                town=pick(chance, TOWNS),
                parent=pick(chance, companies).account_id
                if companies and chance.random() < 0.06
                else "",
                created=plan.joining(chance),
                is_sole_trader=sole,
            )
        )
    return companies


def make_staff(plan: Plan) -> list[Staff]:
    """Everybody who sells, supports or manages; grows with the root of the scale."""
    chance = plain_stream(plan.seed, "staff")
    count = max(8, round(35 * plan.scale**0.5))
    staff: list[Staff] = []
    managers = max(2, count // 12)
    for at in range(count):
        name = make_name(chance)
        manages = at < managers
        sells = at % 2 == 0
        hired = plan.seasons.first - int(chance.random() * 1500) * DAY
        if at >= count - 2:  # the newest have nothing to their name yet
            hired = plan.seasons.end - 20 * DAY
        gone = not manages and at < count - 2 and chance.random() < 0.08
        mail = f"{identifiers.mail_part(name.first)}.{identifiers.mail_part(name.infix + name.last)}{at}"
        staff.append(
            Staff(
                user_id=f"U{at + 1:03d}",
                name=name,
                email=f"{mail}@klantkluis.example",
                team=("verkoop" if sells else "klantenservice"),
                role=("manager" if manages else "verkoper" if sells else "medewerker"),
                manager="" if manages else f"U{(at % managers) + 1:03d}",
                region=pick(chance, ("noord", "oost", "zuid", "west")),
                hired=hired,
                left=plan.seasons.end - int(chance.random() * 300 + 5) * DAY if gone else None,
            )
        )
    return staff
