"""What a slot of a sentence becomes: the value as somebody would type it, and what it is.

A slot whose name begins with ``derde_`` is about a third person, ``collega`` about staff, the
others about the subject of the text. Values that are nobody's (product, order, date) have no type.

Convention of the truth: a span holds the name without title ("mevr."), the street with its
number, and nothing of the punctuation around it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from pipelines.sample import identifiers
from pipelines.sample.names import words
from pipelines.sample.naming import Name
from pipelines.sample.places import STREETS, TOWNS
from pipelines.sample.randomness import pick
from pipelines.sample.scenes import PRODUCT_NAMES, Filled, Identity, Scene

_MONTHS = {
    "nl": words(
        "januari februari maart april mei juni juli augustus september oktober november december"
    ),
    "en": words(
        "January February March April May June July August September October November December"
    ),
}
_DAYS = {
    "nl": words("maandag dinsdag woensdag donderdag vrijdag"),
    "en": words("Monday Tuesday Wednesday Thursday Friday"),
}


def _full(chance: Random, name: Name) -> str:
    way = chance.random()
    if way < 0.62:
        return name.full
    if way < 0.74:
        return f"{name.first[:1]}. {_surname(chance, name)}"
    if way < 0.84:
        return (
            f"{name.first} {name.last}"
            if not name.infix
            else f"{name.first} {_short(chance, name)}"
        )
    if way < 0.94:
        return name.full.lower()
    return f"{name.last}, {name.first}{' ' + name.infix if name.infix else ''}"


def _short(chance: Random, name: Name) -> str:
    shorts = {
        "van der": ("v.d.", "vd", "v/d"),
        "van den": ("v.d.", "vd"),
        "van de": ("v.d.", "vd"),
        "van": ("v.", "v"),
    }
    return f"{pick(chance, shorts.get(name.infix, (name.infix,)))} {name.last}"


def _surname(chance: Random, name: Name) -> str:
    if not name.infix:
        return name.last
    return f"{name.infix} {name.last}" if chance.random() < 0.8 else _short(chance, name)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _person(scene: Scene, who: Identity) -> Filled:
    return Filled(_full(scene.chance, who.name), "PERSON", who.person)


def _first(_scene: Scene, who: Identity) -> Filled:
    return Filled(who.name.first, "PERSON", who.person)


def _last(scene: Scene, who: Identity) -> Filled:
    return Filled(_surname(scene.chance, who.name), "PERSON", who.person)


def _titled(scene: Scene, who: Identity) -> Filled:
    woman = who.name.gender == "v"
    titles = {
        "nl": ("mevr. ", "mevrouw ", "mw ") if woman else ("dhr. ", "de heer ", "dhr "),
        "en": ("Mrs ", "Ms ") if woman else ("Mr ", "Mr. "),
    }[scene.language]
    return Filled(
        _capital(_surname(scene.chance, who.name)), "PERSON", who.person, pick(scene.chance, titles)
    )


def _initials(scene: Scene, who: Identity) -> Filled:
    second = pick(scene.chance, "ABCEFGHJKLMPRSTW")
    letters = f"{who.name.first[:1]}." + (f"{second}." if scene.chance.random() < 0.5 else "")
    return Filled(f"{letters} {_surname(scene.chance, who.name)}", "PERSON", who.person)


def _email(scene: Scene, who: Identity) -> Filled:
    if not who.email:
        local = f"{identifiers.mail_part(who.name.first)}.{identifiers.mail_part(who.name.infix + who.name.last)}"
        who.email = f"{local}@{pick(scene.chance, ('postvak.example', 'post.example.net', 'thuismail.example'))}"
    value = who.email
    if scene.chance.random() < 0.08:
        value = _capital(value)
    return Filled(value, "EMAIL", who.person)


def _phone(scene: Scene, who: Identity) -> Filled:
    chance = scene.chance
    if not who.mobile and not who.landline:
        who.mobile = identifiers.mobile(int(chance.random() * 5e6) + 5_000_000)
    if who.landline and (not who.mobile or chance.random() < 0.3):
        area, _, number = who.landline.partition("-")
        shapes = (
            f"{area}-{number}",
            f"{area} {number}",
            f"({area}) {number}",
            f"+31 {area[1:]} {number}",
        )
        return Filled(pick(chance, shapes), "PHONE", who.person)
    d = who.mobile[2:]
    mobile_shapes = (
        f"06-{d}", f"06{d}", f"06 {d}", f"06 {d[:2]} {d[2:4]} {d[4:6]} {d[6:]}", f"+316{d}", f"+31 6 {d}",
        f"06-{d[:4]} {d[4:]}", f"00316{d}", f"+31(0)6 {d}", f"06 {d[:3]} {d[3:5]} {d[5:]}",
    )  # fmt: skip
    return Filled(pick(chance, mobile_shapes), "PHONE", who.person)


def _iban(scene: Scene, who: Identity) -> Filled:
    who.iban = who.iban or identifiers.iban(scene.chance)
    way, value = scene.chance.random(), who.iban
    if way < 0.4:
        value = " ".join(value[at : at + 4] for at in range(0, 18, 4))
    elif way < 0.5:
        value = value.lower()
    return Filled(value, "IBAN", who.person)


def _bsn(scene: Scene, who: Identity) -> Filled:
    who.bsn = who.bsn or identifiers.bsn(scene.chance)
    b = who.bsn
    value = b if scene.chance.random() < 0.7 else f"{b[:4]}.{b[4:6]}.{b[6:]}"
    return Filled(value, "BSN", who.person)


def _address(scene: Scene, who: Identity) -> Filled:
    if not who.street:
        who.street = f"{pick(scene.chance, STREETS)} {1 + int(scene.chance.random() * 180)}"
    return Filled(who.street, "ADDRESS", who.person)


def _postcode(scene: Scene, who: Identity) -> Filled:
    value = who.postcode or "3512 XA"
    return Filled(
        value if scene.chance.random() < 0.6 else value.replace(" ", ""), "POSTCODE", who.person
    )


def _city(scene: Scene, who: Identity) -> Filled:
    who.city = who.city or pick(scene.chance, TOWNS).name
    return Filled(who.city, "CITY", who.person)


def _born(scene: Scene, who: Identity) -> Filled:
    if not who.birth_date:
        year, month, day = (int(scene.chance.random() * n) for n in (60, 12, 28))
        who.birth_date = f"{1942 + year}-{month + 1:02d}-{day + 1:02d}"
    return Filled(_written_date(scene, who.birth_date), "DATE_OF_BIRTH", who.person)


def _written_date(scene: Scene, iso: str) -> str:
    year, month, day = iso.split("-")
    way = scene.chance.random()
    if way < 0.5:
        return f"{day}-{month}-{year}"
    if way < 0.65:
        return f"{int(day)}/{int(month)}/{year}"
    if way < 0.8:
        return f"{day}-{month}-{year[2:]}"
    return f"{int(day)} {_MONTHS[scene.language][int(month) - 1]} {year}"


def _plate(scene: Scene, who: Identity) -> Filled:
    who.plate = who.plate or identifiers.plate(scene.chance)
    value = who.plate if scene.chance.random() < 0.7 else who.plate.replace("-", "")
    return Filled(value, "LICENCE_PLATE", who.person)


def _customer(scene: Scene, who: Identity) -> Filled:
    return Filled(
        who.customer_number or f"K{int(scene.chance.random() * 9e5) + 1e5:.0f}",
        "CUSTOMER_NUMBER",
        who.person,
    )


def _ip(scene: Scene, who: Identity) -> Filled:
    who.ip_address = who.ip_address or identifiers.ip_address(scene.chance)
    return Filled(who.ip_address, "IP_ADDRESS", who.person)


def _url(_scene: Scene, who: Identity) -> Filled:
    path = f"{identifiers.mail_part(who.name.first)}-{identifiers.mail_part(who.name.last)}"
    return Filled(f"https://www.netwerk.example/leden/{path}", "URL", who.person)


def _staff(scene: Scene) -> Filled:
    who = scene.colleague
    return Filled(
        _full(scene.chance, who.name) if scene.chance.random() < 0.5 else who.name.first,
        "PERSON",
        who.user_id,
    )


def _amount(scene: Scene) -> Filled:
    value = 5 + scene.chance.random() ** 3 * 20_000
    if scene.language == "en":
        return Filled(f"EUR {value:,.2f}")
    text = f"{value:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    return Filled(pick(scene.chance, (f"€ {text}", f"{text} euro", f"€{text}", f"{int(value)},-")))


def _order(scene: Scene) -> Filled:
    number = int(scene.chance.random() * 9e5) + 100_000
    return Filled(pick(scene.chance, (f"2026-{number}", f"#{number}", f"F{number}", f"{number}")))


def _date(scene: Scene) -> Filled:
    day, month = 1 + int(scene.chance.random() * 28), 1 + int(scene.chance.random() * 12)
    written = (
        f"{day}-{month}",
        f"{day:02d}-{month:02d}-2026",
        f"{day} {_MONTHS[scene.language][month - 1]}",
    )
    return Filled(pick(scene.chance, written))


_ABOUT: Final[dict[str, Callable[[Scene, Identity], Filled]]] = {
    "naam": _person, "voornaam": _first, "achternaam": _last, "heer": _titled, "initialen": _initials,
    "mail": _email, "tel": _phone, "iban": _iban, "bsn": _bsn, "adres": _address, "postcode": _postcode,
    "plaats": _city, "geb": _born, "kenteken": _plate, "klantnr": _customer, "ip": _ip, "profiel": _url,
}  # fmt: skip
_NOBODY: Final[dict[str, Callable[[Scene], Filled]]] = {
    "collega": _staff,
    "collega_voornaam": lambda s: Filled(s.colleague.name.first, "PERSON", s.colleague.user_id),
    "product": lambda s: Filled(pick(s.chance, PRODUCT_NAMES)),
    "bedrijf": lambda s: Filled(s.company),
    "order": _order,
    "bedrag": _amount,
    "datum": _date,
    "tijd": lambda s: Filled(
        f"{8 + int(s.chance.random() * 10)}:{pick(s.chance, ('00', '15', '30', '45'))}"
    ),
    "dag": lambda s: Filled(pick(s.chance, _DAYS[s.language])),
    "aantal": lambda s: Filled(str(2 + int(s.chance.random() * 28))),
}


def is_personal(slot: str) -> bool:
    """Whether a slot becomes personal data."""
    return slot not in _NOBODY or slot.startswith("collega")


def is_slot(slot: str) -> bool:
    """Whether a name is the name of a slot."""
    return (
        slot in _NOBODY
        or slot in _ABOUT
        or slot == "derde"
        or slot.removeprefix("derde_") in _ABOUT
    )


def fill(slot: str, scene: Scene) -> Filled:
    """The value of a slot in a scene."""
    nobody = _NOBODY.get(slot)
    if nobody is not None:
        return nobody(scene)
    about = _ABOUT.get(slot)
    if about is not None:
        return about(scene, scene.subject)
    return _ABOUT[slot[6:] or "naam"](scene, scene.third)
