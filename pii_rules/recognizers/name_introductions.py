"""Names that something introduces: a title, a salutation, a signature, a role."""

from __future__ import annotations

from pii_rules.recognizers.lexicon import (
    BLOCKED,
    CAPITAL,
    CLOSING,
    CUE,
    DOTTED,
    FAMILY,
    GIVEN,
    GIVEN_HOME,
    GIVEN_SELDOM,
    GREETING,
    INFIX,
    INITIALS,
    ORGANISATION,
    PLACE,
    TITLE,
    UPPER,
    WORD,
)
from pii_rules.recognizers.monograms import is_monogram
from pii_rules.recognizers.name_parts import Name, NameParts


class IntroducedNames(NameParts):
    """Names behind words that announce one."""

    __slots__ = ()

    def _titled(self, index: int) -> Name | None:
        """dhr. de Vries, mevrouw A. Yilmaz, mr Smith; further titles are skipped."""
        place = index + 1
        while (
            place < min(len(self.words), index + 5)
            and self.bits[place] & TITLE
            and self._joined_title(place)
        ):
            place += 1
        if place >= len(self.words) or not self._joined_title(place):
            return None
        bits = self.bits[place]
        if (
            bits & CAPITAL
            and not bits & (INITIALS | INFIX | GIVEN | FAMILY | BLOCKED)
            and bits & WORD
        ):
            # "mevrouw Oud", "meneer Mol": a word with a capital right behind a title
            if bits & UPPER:
                return None
            end = self._family_end(place + 1, lower=False, unknown=False) or place + 1
            return place, end - 1, 0.8, "title"
        name = self._full(place, sure=True)
        if name is None and bits & INITIALS and bits & DOTTED:
            # "Mr. J. Pickles": a word with a capital behind a title and initials
            after = self._initials_end(place)
            ends = after >= len(self.words) or not self._joined(after)
            if ends or not self.bits[after] & CAPITAL or self.bits[after] & (BLOCKED | TITLE):
                return None
            return place, after, 0.9, "title"
        if name is None:
            if bits & (WORD | BLOCKED | CUE | INFIX | PLACE) or len(self.words[place]) < 4:
                return None
            return place, place, 0.7, "title"
        return name[0], name[1], 0.95, "title"

    def _joined_title(self, index: int) -> bool:
        gap = self.scan.text[self.scan.ends[index - 1] : self.scan.starts[index]]
        return gap in (" ", ". ", ".", "/", ", ", "  ", "\u00a0")

    def _greeted(self, index: int) -> Name | None:
        """Beste Sanne, hoi ria, Dear Mr Jones (the title comes by itself)."""
        place = index + 1
        if place >= len(self.words) or self._gap(place) not in (" ", "  ", ", ", ","):
            return None
        bits = self.bits[place]
        if bits & (TITLE | BLOCKED | GREETING) or (bits & WORD and not bits & GIVEN):
            return None
        if not bits & CAPITAL and not bits & GIVEN:
            behind = self.scan.text[self.scan.ends[place] : self.scan.ends[place] + 1]
            unknown = not bits & (WORD | INFIX | CUE) and len(self.words[place]) > 3
            return (
                (place, place, 0.6, "greeting") if unknown and behind in ("", ",", "\n") else None
            )
        if not bits & CAPITAL and bits & WORD:
            return None
        if bits & GIVEN_SELDOM and not bits & CAPITAL:
            return None
        if bits & (INFIX | CUE) and not bits & CAPITAL:
            return None
        name = self._full(place, sure=True)
        if name is None and bits & CAPITAL and not bits & (WORD | UPPER):
            return place, place, 0.7, "greeting"
        return name and (name[0], name[1], max(0.8, name[2] - 0.05), "greeting")

    def _signed(self, index: int) -> Name | None:
        """Groet, Peter; mvg P. de Boer; regards Anna on the next line."""
        place = index + 1
        while place < len(self.words) and self.bits[place] & CLOSING and place < index + 4:
            place += 1
        while (
            place < len(self.words)
            and place < index + 4
            and self.words[place].lower() in ("van", "from", "en", "and", "kind", "best")
            and not self.bits[place] & CAPITAL
        ):
            place += 1
        if place >= len(self.words):
            return None
        gap = self._gap(place)
        if len(gap) > 6 or gap.strip(" ,.\r\n-–!:)"):
            return None
        bits = self.bits[place]
        line_end = self.scan.text.find("\n", self.scan.ends[place])
        rest = self.scan.text[self.scan.ends[place] : line_end if line_end >= 0 else None]
        if (
            "\n" in gap
            and not rest.strip(" .")
            and is_monogram(self.words[place], self.bits[place])
        ):
            return place, place, 0.9, "signature"
        if bits & BLOCKED or bits & TITLE:
            return None
        alone = len(rest) < 40
        if not bits & CAPITAL and bits & WORD and not bits & GIVEN_HOME:
            return None
        if bits & GIVEN_SELDOM and not (bits & CAPITAL and alone):
            return None
        if bits & WORD and bits & CAPITAL and not (bits & (GIVEN | FAMILY) and alone):
            return None
        if bits & INFIX and not bits & CAPITAL:
            return None
        name = self._full(place, sure=True)
        if name:
            return name[0], name[1], max(0.8, name[2] - 0.05), "signature"
        if not bits & (CAPITAL | WORD | CUE | INITIALS) and not rest.strip(" .!"):
            return place, place, 0.6, "signature"
        doubtful = WORD | UPPER | PLACE | DOTTED | ORGANISATION | INITIALS
        if bits & CAPITAL and not bits & doubtful and alone:
            return place, place, 0.6, "signature"
        return None

    def _introduced(self, index: int) -> Name | None:
        """collega Xander, mijn zoon Yoran, my wife Ann, contactpersoon: Q. Verbiest."""
        place = index + 1
        if place >= len(self.words) or self._gap(place) not in (" ", ": ", ", ", ":", "  "):
            return None
        bits = self.bits[place]
        if (
            not bits & CAPITAL
            or bits & (BLOCKED | TITLE | ORGANISATION | UPPER)
            or (bits & WORD and not bits & (GIVEN | FAMILY))
        ):
            return None
        if bits & INFIX and not bits & GIVEN:
            return self._infixed(place)
        if bits & PLACE and not bits & GIVEN:
            return None
        name = self._full(place, sure=False)
        return name and (name[0], name[1], 0.8, "introduced")
