"""What in a text has the form of a number or an address that a sketch may hold.

Privacy: a text in, parts of it out; nothing is kept.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Final

from pipelines.common.normalise import fold
from pipelines.privacy.name_sketches import Tag, compact

HAS_NUMBER: Final = r"[0-9](?:[ ()./\-]{0,2}[0-9]){3}"
HAS_HOUSE: Final = r"[A-Za-z.] [0-9]"
"""What a text with a number, or with a street and a house, has at least (Rust's and Python's)."""
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?:[A-Za-z]{1,4}[-/]?)?\+?[0-9](?:[ ()./\-]{0,2}[0-9]){3,17}"
    r"(?: ?[A-Za-z]{2})?(?![0-9A-Za-z])"
)
_HAS_NUMBER, _GAP = re.compile(HAS_NUMBER), re.compile(" [0-9]")
_BEFORE_DIGITS: Final = 6  # four letters, a dash and a plus, as _NUMBER has them
_HOUSE = re.compile(r"(?<=[A-Za-z.] )[0-9]{1,5}(?: ?-?[A-Za-z]\b)?")
_WORD = re.compile(r"[^\W\d_]+")
_END = itemgetter(1)
_STREET_WORDS: Final = 4
_NEAR: Final = 80
_LETTERS_BEHIND: Final = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBER_TYPES: Final[dict[Tag, str]] = {
    "phone": "PHONE", "postcode": "POSTCODE", "birth": "DATE_OF_BIRTH",
    "number": "CUSTOMER_NUMBER", "iban": "IBAN", "address": "ADDRESS",
}  # fmt: skip


Option = tuple[int, int, Tag, str]
"""Start and end of a place, and as what it may stand in a sketch: its tag and its value."""


class NumbersOf:
    """The numbers and addresses of a text: of each the options, of which the first known counts.

    Args:
        text: Without strange letters (:mod:`normal_text`).
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __iter__(self) -> Iterator[list[Option]]:
        """Numbers first, then addresses, each kind in order of place."""
        text = self._text
        place = 0
        # a run of digits is sought quickly, and only around it the whole form
        while (run := _HAS_NUMBER.search(text, place)) and (
            match := _NUMBER.search(text, max(place, run.start() - _BEFORE_DIGITS))
        ):
            start, place = match.span()
            yield [(start, start + length, tag, value) for length, tag, value in _forms(match[0])]
        place = 0
        while (gap := _GAP.search(text, place)) is not None:
            place = gap.end() - 1
            if match := _HOUSE.match(text, place):
                place, house, words = match.end(), compact(match[0]), self._before(place)
                street = [fold(text[start:end]) for start, end in words]
                yield [
                    (start, place, "address", f"{' '.join(street[first:])} {house}")
                    for first, (start, _) in enumerate(words)
                ]

    def _before(self, place: int) -> list[tuple[int, int]]:
        """The last words before a place."""
        near = max(0, place - _NEAR)
        words = [match.span() for match in _WORD.finditer(self._text, near, place)]
        if near and len(words) <= _STREET_WORDS:  # the first may be cut, others missing
            behind = bisect_left(self._words, place, key=_END)
            words = self._words[max(0, behind - _STREET_WORDS) : behind]
        return words[-_STREET_WORDS:]

    @cached_property
    def _words(self) -> list[tuple[int, int]]:
        return [match.span() for match in _WORD.finditer(self._text)]


def tags_of_number(number: str) -> Iterator[Tag]:
    """As what a number of this form, compact, may be in a sketch."""
    length, is_digits = len(number), number.isdigit()
    if is_digits and length >= 7:
        yield "phone"
    if length <= 10:
        yield "postcode"
    if is_digits and 6 <= length <= 8:
        yield "birth"
    if length >= 5:
        yield "number"
    if length >= 14 and not is_digits:
        yield "iban"


@lru_cache(maxsize=16_384)
def _forms(whole: str) -> tuple[tuple[int, Tag, str], ...]:
    """As what a number may stand in a sketch, and how much of it; with and without what is behind.

    "0612345678 om" may be a number and a word, "1234 AB" is one thing.
    """
    forms = dict.fromkeys((whole, whole.rstrip(_LETTERS_BEHIND)))
    return tuple(
        (len(form), tag, number)
        for form, number in ((form, compact(form)) for form in forms)
        for tag in tags_of_number(number)
    )
