"""The persons, their organisations and the staff: who they are in truth, before any system.

A person follows from seed, block and place in the block alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

import numpy as np
from numpy.typing import NDArray

from pipelines.sample import identifiers
from pipelines.sample.names import CULTURES, STEMS, TAILS, Culture
from pipelines.sample.places import STREETS, TOWNS, Town
from pipelines.sample.plan import BLOCK, Block, Plan
from pipelines.sample.randomness import pick, pick_weighted, plain_stream
from pipelines.sample.seasons import DAY

_CULTURES = tuple((c, c.share) for c in CULTURES)
_JOBS = (
    "inkoper", "directeur", "office manager", "controller", "projectleider", "teamleider",
    "hoofd ict", "marketeer", "planner", "bedrijfsleider", "account manager", "eigenaar",
    "financieel medewerker", "hr-adviseur", "operations manager", "facilitair manager",
)  # fmt: skip
_CHANNELS = (
    "website",
    "beurs",
    "referentie",
    "koude acquisitie",
    "nieuwsbrief",
    "zoekmachine",
    "partner",
)
_MAIL_HOSTS = (
    "postvak.example", "thuismail.example", "brievenbus.example", "mail.example.com",
    "post.example.net", "inbox.example.org", "snelnet.example",
)  # fmt: skip
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
class Name:
    """A name in its parts."""

    first: str
    infix: str
    last: str
    gender: str
    culture: str

    @property
    def full(self) -> str:
        """``First infix Last``."""
        return (
            f"{self.first} {self.infix} {self.last}" if self.infix else f"{self.first} {self.last}"
        )


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
class Person:
    """Somebody, with the identifiers that any system may know; empty where there is none."""

    index: int
    name: Name
    language: str
    birth_date: str
    email: str
    other_email: str
    landline: str
    mobile: str
    street: str
    house_number: str
    postcode: str
    town: Town
    country: str
    bsn: str
    iban: str
    plate: str
    ip_address: str
    job_title: str
    source_channel: str
    company: Company | None
    created: int
    updated: int
    deleted: int | None
    liveliness: float
    crm_id: str
    shop_id: str
    requester_id: str
    is_known: bool = False
    """Landed before: a person of an earlier delivery who comes back."""

    @property
    def person_id(self) -> str:
        """Name of the person in the truth."""
        return f"P{self.index:09d}"


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


def make_name(chance: Random) -> Name:
    """A name that nobody bears on purpose; one Dutch surname in seven is made up from syllables."""
    culture = pick_weighted(chance, _CULTURES)
    gender = "v" if chance.random() < 0.5 else "m"
    first = pick(chance, culture.women if gender == "v" else culture.men)
    infix, last = _surname(chance, culture)
    if culture.name == "dutch" and gender == "v" and chance.random() < 0.08:
        last = f"{last}-{_surname(chance, culture)[1]}"
    return Name(first, infix, last, gender, culture.name)


def _surname(chance: Random, culture: Culture) -> tuple[str, str]:
    if culture.name == "dutch" and chance.random() < 0.15:
        infix = pick(chance, ("", "", "", "van", "van de", "ter"))
        return infix, pick(chance, STEMS) + pick(chance, TAILS)
    infix, bar, last = pick(chance, culture.surnames).partition("|")
    return (infix, last) if bar else ("", infix)


def _western_name(chance: Random) -> Name:
    """A name that the code page of the CRM's own files can hold."""
    while True:
        name = make_name(chance)
        if name.full.encode("cp1252", "replace").decode("cp1252") == name.full:
            return name


def make_companies(plan: Plan, block: Block) -> list[Company]:
    """One organisation for every four persons of the block; the block's own."""
    chance = plain_stream(plan.seed, "companies", block.number)
    companies: list[Company] = []
    for at in range(max(1, block.size // 4)):
        owner = _western_name(chance)
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
                created=_since(plan, chance),
                is_sole_trader=sole,
            )
        )
    return companies


def _since(plan: Plan, chance: Random) -> int:
    """Half were there when history begins, the others came since."""
    if chance.random() < 0.5:
        return plan.seasons.first - int(chance.random() * 900) * DAY - 12 * 3600
    span = plan.seasons.end - plan.seasons.first - 3 * DAY
    return plan.seasons.first + int(max(0, span) * chance.random()) // DAY * DAY + 10 * 3600


def _mail_address(chance: Random, name: Name, index: int, company: Company | None) -> str:
    first, last = identifiers.mail_part(name.first), identifiers.mail_part(name.infix + name.last)
    shapes = (f"{first}.{last}", f"{first[:1]}.{last}", f"{first}{last}", f"{last}.{first[:1]}")
    local = pick(chance, shapes)
    if company is not None:
        return f"{local}{index % 10}@{company.domain}"
    return f"{local}{index % 100_000}@{pick(chance, _MAIL_HOSTS)}"


def make_people(plan: Plan, block: Block, companies: list[Company]) -> list[Person]:
    """The persons of a block, in order of their index.

    60 % work at an organisation, 20 % are consumers in the CRM, 20 % only known to the web shop.
    8 % of those in the CRM are in the shop as well, 4 % with the help desk, under other ids; a third
    of those of the shop are with the help desk too.
    One consumer in twenty-five lives with the one before, under one telephone number, and at times
    under one e-mail address; one business person in twenty-five has a role mailbox.
    """
    chance = plain_stream(plan.seed, "people", block.number)
    people: list[Person] = []
    for at in range(block.size):
        person = _make_person(plan, chance, block.first_person + at, companies)
        before = people[-1] if people else None
        if before and before.company is None and person.company is None and chance.random() < 0.1:
            person = _of_same_household(chance, person, before)
        people.append(person)
    return people


def _of_same_household(chance: Random, person: Person, other: Person) -> Person:
    """The same address and telephone, at times one e-mail address for two."""
    return replace(
        person,
        landline=other.landline,
        mobile=person.mobile if other.landline else other.mobile,
        street=other.street,
        house_number=other.house_number,
        postcode=other.postcode,
        town=other.town,
        email=other.email if chance.random() < 0.4 else person.email,
    )


def _make_person(plan: Plan, chance: Random, index: int, companies: list[Company]) -> Person:
    name = make_name(chance)
    kind = chance.random()
    company = pick(chance, companies) if kind < 0.6 else None
    in_crm = kind < 0.8
    town = pick(chance, TOWNS)
    email = _mail_address(chance, name, index, company)
    if company is not None and chance.random() < 0.04:
        email = f"{pick(chance, ('info', 'administratie', 'inkoop'))}@{company.domain}"
    created = _since(plan, chance)
    updated = created + int(chance.random() * max(1, plan.seasons.end - created - 60))
    duplicate = chance.random()
    birth = date(1940, 1, 1) + timedelta(days=int(chance.random() ** 0.8 * 24_000))
    return Person(
        index=index,
        name=name,
        language="en" if name.culture in ("british", "german") or chance.random() < 0.2 else "nl",
        birth_date=birth.isoformat() if company is None or chance.random() < 0.15 else "",
        email=email if chance.random() < 0.96 else "",
        other_email=_mail_address(chance, name, index + 37, None),
        landline=identifiers.landline(town.area, chance) if chance.random() < 0.4 else "",
        mobile=identifiers.mobile(index) if chance.random() < 0.8 else "",
        street=pick(chance, STREETS),
        house_number=str(1 + int(chance.random() ** 2 * 240))
        + ("a" if chance.random() < 0.06 else ""),
        postcode=f"{town.postcode}{int(chance.random() * 90) + 10} {_letters(chance)}",
        town=town,
        country="NL",
        bsn=identifiers.bsn(chance) if chance.random() < 0.08 else "",
        iban=identifiers.iban(chance) if chance.random() < 0.35 else "",
        plate=identifiers.plate(chance),
        ip_address=identifiers.ip_address(chance),
        job_title=pick(chance, _JOBS) if company is not None else "",
        source_channel=pick(chance, _CHANNELS),
        company=company,
        created=created,
        updated=updated,
        deleted=updated if chance.random() < 0.01 else None,
        liveliness=chance.betavariate(1.2, 3.0),
        crm_id=f"K{100_001 + index}" if in_crm else "",
        shop_id=_shop_id(index) if not in_crm or duplicate < 0.08 else "",
        requester_id=f"R{_shop_id(index + 17)[1:]}"
        if 0.06 < duplicate < (0.10 if in_crm else 0.4)
        else "",
    )


def _shop_id(index: int) -> str:
    # Multiplying modulo a prime scatters the ids, so that no two systems count alike.
    return f"W{(index * 48_271 + 7_919) % 999_999_937:09d}"


def _letters(chance: Random) -> str:
    return pick(chance, "ABCDEGHJKLMNPRSTVWXZ") + pick(chance, "ABCDEGHJKLMNPRTVWXZ")


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


def activity_starts(plan: Plan, people: list[Person]) -> NDArray[np.int64]:
    """The earliest instant at which something can happen with each person."""
    return np.array([max(p.created, plan.seasons.first) for p in people], dtype=np.int64)
