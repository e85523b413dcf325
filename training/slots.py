"""Fills the slots of clauses with names, companies, places, addresses, dates and ordinary words."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import NamedTuple

import yaml

from pii_rules.recognizers.lexicon import Lexicon
from training.names import Drawn, Names

_FOLDER = Path(__file__).with_name("texts")
_SLOT = re.compile(r"\{([A-Za-z]+)(\d?)\}")


class Piece(NamedTuple):
    """A stretch of text, its label (O, PERSON, N, A, C), and whether lists are to be blind to it."""

    text: str
    label: str = "O"
    masked: bool = False


@lru_cache(maxsize=1)
def phrases() -> dict[str, list[str]]:
    """The short pieces, ``nl.x`` and the like; names of lists without a language stand alone."""
    body = yaml.safe_load((_FOLDER / "phrases.yaml").read_text(encoding="utf-8"))
    flat: dict[str, list[str]] = {}
    for key, value in body.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": text.split(", ") for name, text in value.items()}
        else:
            flat[key] = value.split(", ")
    return flat


@lru_cache(maxsize=8)
def clauses(name: str) -> tuple[str, ...]:
    """The clauses of a file such as ``nl_person``."""
    lines = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.replace("\\n", "\n") for line in lines if line and line[0] != "#")


class _Somebody(NamedTuple):
    """A person who occurs several times in a text."""

    given: list[Drawn]
    family: list[Drawn]
    initials: str


class Slots:
    """Fills clauses of one language; draws from one random state.

    A slot with a figure, ``{full1}`` and later ``{g1}``, is one person throughout a clause.
    """

    def __init__(self, lexicon: Lexicon, random: Random) -> None:
        self._random = random
        self.names = Names(lexicon, random)
        self._places = sorted(p for p in lexicon.places if p not in lexicon.given)
        known = lexicon.given.keys() | lexicon.family.keys()
        self._named_places = sorted(p for p in lexicon.places if p in known)
        words = sorted(lexicon.words)
        self._words = [w for w in words if w.isalpha() and len(w) > 2]

    def fill(self, clause: str, language: str) -> list[Piece]:
        """The pieces of a clause with its slots filled, slots within phrases too."""
        pieces: list[Piece] = []
        place = 0
        cast: dict[str, _Somebody] = {}
        for match in _SLOT.finditer(clause):
            if match.start() > place:
                pieces.append(Piece(clause[place : match.start()]))
            if match[2]:
                if match[2] not in cast:
                    cast[match[2]] = self._somebody()
                pieces += self._of(cast[match[2]], match[1], language)
            else:
                pieces += self.slot(match[1], language)
            place = match.end()
        if place < len(clause):
            pieces.append(Piece(clause[place:]))
        return pieces

    def slot(self, name: str, language: str) -> list[Piece]:
        """The pieces of one slot."""
        own = getattr(self, f"_{name}", None)
        if own is not None:
            filled: list[Piece] = own(language)
            return filled
        return self.fill(self._random.choice(phrases()[f"{language}.{name}"]), language)

    # persons

    def _somebody(self) -> _Somebody:
        given, family = self.names.given(), self.names.family()
        initials = self.names.initials()
        if self._random.random() < 0.7:
            initials = given[0].text[:1].upper() + initials[1:]
        return _Somebody(given, family, initials)

    def _of(self, who: _Somebody, name: str, language: str) -> list[Piece]:
        """A slot of a person who is known already."""
        initials = [*map(Drawn, who.initials.split())]
        if name == "g":
            return _person(who.given[:1])
        if name == "f":
            return _person(who.family)
        if name == "i":
            return _person([*initials, *who.family])
        if name == "inv":
            return [*_person(who.family), Piece(", ", "PERSON"), *_person(initials)]
        if name == "ini":
            heads = "".join(word.text[:1] for word in who.family)
            return [Piece((who.given[0].text[:1] + heads), "PERSON")]
        if name == "letter":
            return [Piece(who.given[0].text[:1] + self._random.choice(("", ".")), "PERSON")]
        if name == "t":
            title = self._random.choice(phrases()[f"{language}.title"])
            return [Piece(title + " "), *_person(who.family)]
        return _person([*who.given, *who.family])

    def _ini(self, language: str) -> list[Piece]:
        """Somebody's initials as a signature: JdV, MK."""
        return self._of(self._somebody(), "ini", language)

    def _letter(self, language: str) -> list[Piece]:
        return self._of(self._somebody(), "letter", language)

    def _gf(self, language: str) -> list[Piece]:
        """A given name with the first letter of a surname: Sanne K., Bas de G."""
        family = self.names.family()
        head = [Drawn(word.text) for word in family[:-1] if word.text.islower()]
        letter = family[-1].text[:1].upper() + self._random.choice((".", ".", ""))
        return _person([*self.names.given()[:1], *head, Drawn(letter)])

    def _p(self, language: str) -> list[Piece]:
        roll = self._random.random()
        if roll < 0.42:
            return self._full(language)
        if roll < 0.68:
            return self._g(language)
        if roll < 0.80:
            return self._t(language)
        if roll < 0.90:
            return self._i(language)
        return self._f(language) if roll < 0.97 else self._inv(language)

    def _full(self, language: str) -> list[Piece]:
        return _person([*self.names.given(), *self.names.family()])

    def _g(self, language: str) -> list[Piece]:
        return _person(self.names.given())

    def _f(self, language: str) -> list[Piece]:
        return _person(self.names.family())

    def _i(self, language: str) -> list[Piece]:
        return _person([*map(Drawn, self.names.initials().split()), *self.names.family()])

    def _t(self, language: str) -> list[Piece]:
        title = self._random.choice(phrases()[f"{language}.title"])
        name = self._random.choice((self._f, self._f, self._f, self._f, self._i, self._full))
        return [Piece(title + " "), *name(language)]

    def _inv(self, language: str) -> list[Piece]:
        family = self.names.family()
        infixes: list[Drawn] = []
        while len(family) > 1 and family[0].text.islower() and self._random.random() < 0.6:
            infixes.append(family.pop(0))
        first = (
            [Drawn(self.names.initials().replace(" ", ""))]
            if self._random.random() < 0.6
            else self.names.given()
        )
        head = _person([Drawn(w.text, w.masked) for w in family])
        rest = _person([*first, *infixes])
        comma = ", " if self._random.random() < 0.9 else ","
        return [*head, Piece(comma, "PERSON"), *rest]

    def _ps(self, language: str) -> list[Piece]:
        name = self._random.choice((self._g, self._full, self._f))(language)
        ending = self._random.choice(("'s", "s", "'s")) if language == "nl" else "'s"
        return [*name, Piece(ending, "PERSON")]

    # what is no person

    def _ng(self, language: str) -> list[Piece]:
        """A given name that something else bears: a room, a dress, a boat."""
        return [Piece(_text(self.names.given()[:1]), "N")]

    def _nf(self, language: str) -> list[Piece]:
        """A surname that something else bears: a school, a hall, a machine."""
        return [Piece(_text(self.names.family()), "N")]

    def _nfull(self, language: str) -> list[Piece]:
        """Somebody's whole name as that of a school, a street or a work."""
        return [Piece(_text([*self.names.given()[:1], *self.names.family()]), "N")]

    def _o(self, language: str) -> list[Piece]:
        roll = self._random.random()
        if roll < 0.2:
            return [Piece(self._pick(f"{language}.brand"), "N")]
        if roll < 0.3:
            return [Piece(self._coined(), "N")]
        if roll < 0.36:
            return [Piece(f"{self._coined()} {self._pick('organisation_ends')}", "N")]
        if roll < 0.44:
            word = self._random.choice(self._words).title()
            return [Piece(f"{word} {self._pick('organisation_ends')}", "N")]
        base = _text(self.names.family()) if roll < 0.85 else _text(self.names.given())
        base = base[:1].upper() + base[1:]
        if roll < 0.62:
            return [Piece(f"{base} {self._pick('organisation_ends')}", "N")]
        if roll < 0.7:
            ends = f"{self._pick('organisation_ends')} {self._pick('organisation_ends')}"
            return [Piece(f"{base} {ends}", "N")]
        if roll < 0.78:
            other = _text(self.names.family())
            return [Piece(f"{base} & {other}", "N")]
        if roll < 0.93:
            return [Piece(f"{self._pick('organisation_starts')} {base}", "N")]
        return [Piece(f"{base}'s {self._random.choice(self._words).title()}", "N")]

    def _brand(self, language: str) -> list[Piece]:
        return [Piece(self._pick(f"{language}.brand"), "N")]

    def _prod(self, language: str) -> list[Piece]:
        roll = self._random.random()
        if roll < 0.5:
            return [Piece(self._pick("products"), "N")]
        if roll < 0.7:
            return [Piece(f"{self._pick('products')} {self._random.randint(2, 20)}", "N")]
        if roll < 0.85:
            return [Piece(self._coined(), "N")]
        return [Piece(f"{self._coined()} {self._pick('products')}", "N")]

    def _coined(self) -> str:
        if self._random.random() < 0.5:
            one, other = self._random.choice(self._words), self._random.choice(self._words)
            size, rest = self._random.randint(2, 4), self._random.randint(2, 4)
            name = one[:size] + other[-rest:]
            return name.title() if self._random.random() < 0.85 else name.upper()
        first, second = self._pick("company_parts"), self._pick("company_parts")
        joined = self._random.choice((first + second, first + second.lower(), f"{first} {second}"))
        return joined if self._random.random() < 0.8 else joined.split()[0].upper()

    def _l(self, language: str) -> list[Piece]:
        among = self._named_places if self._random.random() < 0.2 else self._places
        place = self._random.choice(among)
        cased = " ".join(
            w
            if w in ("aan", "op", "de", "den", "en", "bij", "van", "over", "of", "upon")
            else _title(w)
            for w in place.split()
        )
        return [Piece(cased[:1].upper() + cased[1:], "C")]

    def _str(self, language: str) -> list[Piece]:
        roll = self._random.random()
        if language == "en" and roll < 0.75:
            kind = self._pick("english_street_ends")
            name = (
                self._pick("english_streets") if roll < 0.5 else _text(self.names.family()).title()
            )
            return [Piece(f"{name} {kind}", "A")]
        if roll < 0.4:
            return [Piece(self._pick("street_words") + self._pick("street_ends"), "A")]
        if roll < 0.7:
            name = _text(
                [*self.names.given(), *self.names.family()] if roll < 0.5 else self.names.family()
            )
            return [Piece(_title(name) + self._pick("street_ends"), "A")]
        if roll < 0.85:
            return [Piece(self._pick("bare_streets"), "A")]
        return [
            Piece(
                f"{self._random.choice(('Laan van', 'Plein', 'Rue de', 'Via', 'Calle', 'Burgemeester', 'Prof.'))} {_text(self.names.family())}{self._random.choice(('', 'laan', 'straat'))}",
                "A",
            )
        ]

    def _adr(self, language: str) -> list[Piece]:
        number = str(self._random.randint(1, 400)) + self._random.choice(
            ("", "", "", "a", "B", "-2", " bis")
        )
        street = self._str(language)
        if language == "en" and self._random.random() < 0.7:
            return [Piece(number + " "), *street]
        return [*street, Piece(" " + number)]

    def _pc(self, language: str) -> list[Piece]:
        letters = "".join(self._random.choice("ABCDEGHJKLMNPRTVWXZ") for _ in "12")
        return [
            Piece(f"{self._random.randint(1000, 9999)}{self._random.choice((' ', ''))}{letters}")
        ]

    # numbers and words

    def _n(self, language: str) -> list[Piece]:
        return [
            Piece(
                str(
                    self._random.choice(
                        (1, 2, 3, 4, 5, 6, 8, 10, 12, 20, 24, 50, 100, 2024, 2025, 1250)
                    )
                )
            )
        ]

    def _eur(self, language: str) -> list[Piece]:
        amount = f"{self._random.randint(5, 4000)},{self._random.randint(0, 99):02}"
        return [
            Piece(
                self._random.choice(
                    (f"€ {amount}", f"€{amount}", f"{amount} euro", f"EUR {amount}")
                )
            )
        ]

    def _ord(self, language: str) -> list[Piece]:
        number = self._random.randint(1000, 9_999_999)
        return [
            Piece(self._random.choice((f"{number}", f"F{number}", f"2025-{number}", f"#{number}")))
        ]

    def _d(self, language: str) -> list[Piece]:
        day, month = self._random.randint(1, 28), self._random.randint(1, 12)
        name = self._pick(f"{language}.m")
        return [Piece(self._random.choice((
            f"{day}-{month:02}-2025", f"{day}/{month}", f"{day} {name}", f"{day} {name} 2025", f"{name} {day}",
            f"2025-{month:02}-{day:02}", f"{day} {name}", f"{name}",
        )))]  # fmt: skip

    def _tm(self, language: str) -> list[Piece]:
        hour = self._random.randint(7, 19)
        return [
            Piece(
                self._random.choice(
                    (
                        f"{hour}:30",
                        f"{hour}.15",
                        f"{hour} uur" if language == "nl" else f"{hour}pm",
                        f"{hour}:00",
                    )
                )
            )
        ]

    def _tel(self, language: str) -> list[Piece]:
        tail = "".join(str(self._random.randint(0, 9)) for _ in range(8))
        return [
            Piece(
                self._random.choice(
                    (
                        f"06-{tail}",
                        f"06{tail}",
                        f"+31 6 {tail}",
                        f"020-{tail[1:]}",
                        f"06 {tail[:4]} {tail[4:]}",
                    )
                )
            )
        ]

    def _mail(self, language: str) -> list[Piece]:
        given, family = _text(self.names.given()), _text(self.names.family())
        word = self._random.choice(self._words)
        local = self._random.choice((
            f"{given}.{family}", f"{given}{self._random.randint(1, 99)}", f"{given[0]}.{family}", given,
            f"{given}_{family}", f"{given}.{family}{self._random.randint(1, 999)}", "info", word,
        ))  # fmt: skip
        host = self._random.choice((word, f"{word}-{self._random.choice(self._words)}", family))
        ending = self._random.choice(("nl", "com", "example", "be", "co.uk"))
        return [Piece(f"{local}@{host}.{ending}".lower().replace(" ", ""), "N")]

    def _code(self, language: str) -> list[Piece]:
        """Plates, accounts, customer and document numbers: letters that are no names."""
        letters = [self._random.choice("ABCDEFGHJKLMNPRSTVWXZ") for _ in range(6)]
        figure = self._random.randint(100, 999_999)
        return [Piece(self._random.choice((
            f"{''.join(letters[:2])}-{figure % 1000:03}-{letters[2]}", f"{letters[0]}-{figure % 1000:03}-{''.join(letters[:2])}",
            f"NL{figure % 100:02} {''.join(letters[:4])} {figure:06} {figure % 10000:04}",
            f"NL{figure % 100:02}{''.join(letters[:4])}{figure:010}", f"GB{figure % 100:02} {''.join(letters[:4])} {figure}",
            f"{letters[0]}-{figure}", f"{''.join(letters[:3])}{figure}", f"{''.join(letters[:2])}{figure % 10}{letters[2]}{figure % 7}{letters[3]}{figure % 9}",
            f"{''.join(letters[:2])} {figure % 100:02} {figure % 97:02} {figure % 91:02} {letters[2]}", f"{figure}{''.join(letters[:2])}",
            f"{figure % 100}-{''.join(letters[:3])}-{figure % 9}", f"V{figure % 10}.{figure % 7}",
        )), "N")]  # fmt: skip

    def _junk(self, language: str) -> list[Piece]:
        """Abbreviations and strings of keys that mean nothing."""
        size = self._random.randint(2, 5)
        letters = "".join(self._random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(size))
        upper = self._random.random() < 0.6
        return [Piece(letters.upper() if upper else letters, "N" if upper else "O")]

    def word(self) -> str:
        """Some word of the dictionaries."""
        return self._random.choice(self._words)

    def _nn(self, language: str) -> list[Piece]:
        return [Piece(self._random.choice(self._words))]

    _en = _nn

    def _Nn(self, language: str) -> list[Piece]:  # noqa: N802 - the slot with a capital
        return [Piece(self._random.choice(self._words).title())]

    _En = _Nn

    def _pick(self, name: str) -> str:
        return self._random.choice(phrases()[name])


def _person(words: list[Drawn]) -> list[Piece]:
    pieces: list[Piece] = []
    for word in words:
        if pieces:
            pieces.append(Piece(" ", "PERSON"))
        pieces.append(Piece(word.text, "PERSON", word.masked))
    return pieces


def _text(words: list[Drawn]) -> str:
    return " ".join(word.text for word in words)


def _title(text: str) -> str:
    return "-".join(part[:1].upper() + part[1:] for part in text.split("-"))
