"""Who plays a part in a text, and what can be said about them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from pipelines.sample.naming import Name, make_name
from pipelines.sample.organisations import Staff
from pipelines.sample.people import Person

PRODUCT_NAMES: Final = (
    "Basis pakket", "Plus pakket", "Totaal pakket", "winterjas", "regenjas", "kantoorstoel", "bureaulamp",
    "koffiemachine", "onderhoudscontract", "helpdesk uren", "routeplanner", "kassasysteem", "scanner X200",
    "printer M4", "tablet houder", "licentie Pro", "licentie Team", "opleiding", "zonnepaneel", "laadpaal",
)  # fmt: skip


@dataclass(slots=True)
class Identity:
    """What a text may tell about somebody; what is missing is made up once and kept."""

    person: str
    name: Name
    email: str = ""
    mobile: str = ""
    landline: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    iban: str = ""
    bsn: str = ""
    birth_date: str = ""
    plate: str = ""
    customer_number: str = ""
    ip_address: str = ""


def identity_of(person: Person) -> Identity:
    """The identity of somebody in the sample."""
    return Identity(
        person.person_id, person.name, person.email, person.mobile, person.landline,
        f"{person.street} {person.house_number}", person.postcode, person.town.name, person.iban,
        person.bsn, person.birth_date, person.plate, person.crm_id or person.shop_id,
        person.ip_address,
    )  # fmt: skip


def stranger(chance: Random, number: str) -> Identity:
    """Somebody who is in no system and only mentioned."""
    return Identity(number, make_name(chance))


class Filled(NamedTuple):
    """A filled slot; ``before`` is written in front of the value and no part of it."""

    value: str
    type: str | None = None
    person: str | None = None
    before: str = ""


@dataclass(slots=True)
class Scene:
    """Who plays a part in one text."""

    chance: Random
    language: str
    subject: Identity
    third: Identity
    colleague: Staff
    company: str
