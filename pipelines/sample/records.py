"""The persons as three systems know them: CRM, web shop, help desk. The same, yet not the same."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from pipelines.sample import identifiers
from pipelines.sample.organisations import make_companies
from pipelines.sample.people import Person, make_people
from pipelines.sample.plan import Block, Plan
from pipelines.sample.reference import decimal_comma
from pipelines.sample.seasons import DAY, awake, dutch_date, dutch_text, utc_text
from pipelines.sample.work import Work


def returning_people(plan: Plan, block: Block) -> list[Person]:
    """Persons of an earlier delivery, one in two with a new mobile number."""
    if not block.returning:
        return []
    before = plan.history
    source = next(b for b in before.blocks() if b.number == block.source)
    known = make_people(before, source, make_companies(before, source))[: block.returning]
    later = plan.seasons.first + 3 * DAY + 9 * 3600
    return [
        replace(
            p, is_known=True, updated=later, deleted=p.deleted,
            mobile=identifiers.mobile(p.index + 2_500_000) if p.mobile and p.index % 2 else p.mobile,
        )
        for p in known
    ]  # fmt: skip


def write_records(work: Work) -> None:
    """Write organisations, contacts, customers and requesters of the block."""
    chance = work.plain("records")
    _write_companies(work)
    contacts, customers, requesters = [], [], []
    for person in work.people:
        work.truth.identifiers(person)
        if person.crm_id:
            contacts.append(_contact(person))
            work.truth.person("crm", "contacts", person.crm_id, person.person_id)
        if person.shop_id:
            customers.append(_customer(chance, person))
            work.truth.person("shop", "contacts", person.shop_id, person.person_id)
        if person.requester_id:
            requesters.append(_requester(chance, person))
            work.truth.person("tickets", "contacts", person.requester_id, person.person_id)
    work.files.write("contactpersonen", contacts)
    work.files.write("customers", customers)
    work.files.write("requesters", requesters)


def _write_companies(work: Work) -> None:
    for company in work.companies:
        if company.is_sole_trader:
            work.truth.name(company.name.rpartition(" ")[0], company.account_id)
    work.files.write(
        "organisaties",
        [
            (c.account_id, c.name, c.sector, c.size_class, decimal_comma(c.revenue), c.country,
             c.town.name, c.parent, dutch_text(c.created))
            for c in work.companies
        ],
    )  # fmt: skip


def _contact(p: Person) -> tuple[str, ...]:
    return (
        p.crm_id, p.company.account_id if p.company else "", p.name.first, p.name.infix, p.name.last,
        p.job_title, p.email, p.landline, p.mobile, p.street, p.house_number, p.postcode, p.town.name,
        p.country, dutch_date(p.birth_date), p.name.gender, p.language, p.bsn, p.iban, p.plate,
        p.source_channel, dutch_text(p.created), dutch_text(awake(p.updated)),
        dutch_text(None if p.deleted is None else awake(p.deleted)),
    )  # fmt: skip


def _shop_name(chance: Random, person: Person) -> str:
    """A name as people type it themselves."""
    way = chance.random()
    if way < 0.1:
        return person.name.full.lower()
    if way < 0.2 and person.crm_id:
        tail = f"{person.name.infix} {person.name.last}" if person.name.infix else person.name.last
        return f"{person.name.first[:1]}. {tail}"
    return person.name.full


def _customer(chance: Random, p: Person) -> tuple[str, ...]:
    # Three in ten who are in the CRM too use another address here, with the same number and name.
    other = bool(p.crm_id) and chance.random() < 0.3 and bool(p.mobile)
    mobile = p.mobile or p.landline
    return (
        p.shop_id, p.name.full if other else _shop_name(chance, p), p.other_email if other else p.email,
        f"+31 6 {mobile[2:]}" if mobile.startswith("068") and chance.random() < 0.5 else mobile,
        p.street, p.house_number, p.postcode.replace(" ", ""), p.town.name, p.country, p.birth_date,
        p.language, p.iban if not other else "", utc_text(p.created) or "", utc_text(p.updated) or "",
    )  # fmt: skip


def _requester(chance: Random, p: Person) -> tuple[str | None, ...]:
    email = p.email.upper() if chance.random() < 0.1 else p.email
    return (
        p.requester_id, _shop_name(chance, p), email or None, p.mobile or None, p.language,
        utc_text(p.created), utc_text(p.updated),
    )  # fmt: skip
