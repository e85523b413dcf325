"""The persons: who they are in truth, before any system.

A person follows from seed, block and place in the block alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

import numpy as np

from pipelines.sample import identifiers
from pipelines.sample.naming import Name, make_name
from pipelines.sample.organisations import Company
from pipelines.sample.places import STREETS, TOWNS, Town
from pipelines.sample.plan import Block, Plan
from pipelines.sample.randomness import pick, plain_stream
from pipelines.sample.seasons import Seconds

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
    created = plan.joining(chance)
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


def activity_starts(plan: Plan, people: list[Person]) -> Seconds:
    """The earliest instant at which something can happen with each person."""
    return np.array([max(p.created, plan.seasons.first) for p in people], dtype=np.int64)
