"""Names as persons bear them, drawn from the lists of :mod:`pipelines.sample.names`."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pipelines.sample.names import CULTURES, STEMS, TAILS, Culture
from pipelines.sample.randomness import pick, pick_weighted

_CULTURES = tuple((c, c.share) for c in CULTURES)


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


def western_name(chance: Random) -> Name:
    """A name that the code page of the CRM's own files can hold."""
    while True:
        name = make_name(chance)
        if name.full.encode("cp1252", "replace").decode("cp1252") == name.full:
            return name
