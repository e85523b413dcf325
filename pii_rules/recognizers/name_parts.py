"""The parts of a name as Dutch and English write them: given names, initials, infixes, surname."""

from __future__ import annotations

import re

from pii_rules.recognizers.lexicon import (
    ACTS,
    BLOCKED,
    CAPITAL,
    CLOSING,
    CUE,
    DOTTED,
    FAMILY,
    FAMILY_HOME,
    FAMILY_SURE,
    GIVEN,
    GIVEN_HOME,
    GIVEN_SELDOM,
    GREETING,
    INFIX,
    INITIALS,
    ORGANISATION,
    PLACE,
    ROLE_CUE,
    SPEAKS,
    TITLE,
    UNKNOWN,
    UPPER,
    WORD,
    lexicon,
)
from pii_rules.recognizers.scan import TextScan

Name = tuple[int, int, float, str]
"""First and last word, score and rule."""

STREET_END = re.compile(
    r"(?:straat|laan|weg|plein|gracht|kade|singel|steeg|dreef|plantsoen|dijk|pad|street|road|avenue)$",
    re.IGNORECASE,
)
_SENTENCE_BREAK = re.compile(r"[.!?:;\n\r\t•>*]|^\s*$|\s-\s?$")


class NameParts:
    """Reads the parts of a name at places of one text."""

    __slots__ = ("bits", "scan", "words")

    def __init__(self, scan: TextScan) -> None:
        self.scan = scan
        self.bits = scan.features
        self.words = scan.words

    def _joined(self, index: int) -> bool:
        """Whether this word follows the one before it within one name."""
        if index >= len(self.words) or index == 0:
            return False
        gap = self.scan.text[self.scan.ends[index - 1] : self.scan.starts[index]]
        return gap in (" ", "  ", "\u00a0") or (gap == "" and bool(self.bits[index - 1] & DOTTED))

    def _gap(self, index: int) -> str:
        return self.scan.text[self.scan.ends[index - 1] : self.scan.starts[index]]

    def _phrase(self, first: int, end: int) -> bool:
        return lexicon().is_phrase(self.words[first:end])

    def _initials_end(self, index: int) -> int:
        """Behind the initials at index."""
        place = index
        while (
            place < len(self.words)
            and place < index + 4
            and self.bits[place] & INITIALS
            and (place == index or self._joined(place))
        ):
            place += 1
        return place

    def _family_end(
        self, index: int, *, lower: bool, unknown: bool = True, opens: bool = False
    ) -> int | None:
        """Behind the surname at index, or None.

        Args:
            index: Where the surname would start; it must join the word before it.
            lower: Whether a surname in lower case counts (after a title or in a lower-case name).
            unknown: Whether a capitalised word that no list knows counts.
            opens: Whether the surname opens the name, so that nothing has to join it.
        """
        place = index
        while (
            place < len(self.words)
            and place < index + 3
            and ((opens and place == index) or self._joined(place))
        ):
            bits = self.bits[place]
            if not bits & INFIX or (bits & INITIALS and bits & CAPITAL):
                break
            place += 1
        if place >= len(self.words) or not self._joined(place):
            return None
        infixed = place > index
        if not self._is_head(place, lower=lower, unknown=unknown, infixed=infixed, first=index):
            # "Saskia Van": an infix that is a surname by itself does not occur
            return None
        place += 1
        while place < len(self.words) and place < index + 6 and self._joined(place):
            bits = self.bits[place]
            if (
                bits & CAPITAL
                and not bits & (UPPER | INITIALS)
                and (bits & FAMILY and not bits & (WORD | BLOCKED | ORGANISATION | TITLE))
            ):
                place += 1
                continue
            break
        # Jansen-de Vries, Bakker - van Dijk
        if self.words[place - 1].lower().endswith(("-de", "-van", "-van-de")) and (
            tail := self._family_end(place, lower=lower)
        ):
            return tail
        return place

    def _is_head(
        self, place: int, *, lower: bool, unknown: bool, infixed: bool, first: int
    ) -> bool:
        bits = self.bits[place]
        if bits & (TITLE | ORGANISATION | DOTTED) or len(self.words[place]) < 2:
            return False
        if bits & CAPITAL:
            if bits & UPPER and not bits & (FAMILY | GIVEN) and not self._all_upper(first):
                return False
            if bits & FAMILY:
                return not bits & BLOCKED
            if bits & WORD and not infixed and not bits & (BLOCKED | PLACE | UPPER):
                return self._is_word_surname(place)
            if infixed:
                return not bits & BLOCKED and not (bits & PLACE and bits & WORD)
            return unknown and not bits & (WORD | BLOCKED)
        if not lower:
            return False
        if bits & FAMILY and (not bits & WORD or bits & FAMILY_SURE):
            return True
        if bits & (BLOCKED | CUE | INFIX):
            return False
        if infixed:
            return (
                not bits & WORD
                or lexicon().is_phrase(self.words[first : place + 1])
                or (self._is_infix_pair(first, place) and self.words[first].lower() == "van")
            )
        # a word in lower case that no dictionary has, behind a given name or a title
        return not bits & WORD and len(self.words[place]) > 3 and unknown

    def _is_word_surname(self, place: int) -> bool:
        """Whether a capital on an ordinary word makes a surname: "Vera Klomp", no heading."""
        bits = self.bits[place - 1]
        sure = bits & GIVEN_HOME and not bits & (WORD | GIVEN_SELDOM)
        if (
            not sure
            or "'" in self.words[place]
            or self.bits[place] & (GREETING | CLOSING | ROLE_CUE | SPEAKS | ACTS | CUE)
        ):
            return False
        heads = place + 1 < len(self.words) and self._joined(place + 1)
        return not (heads and self.bits[place + 1] & CAPITAL)

    def _all_upper(self, index: int) -> bool:
        return index > 0 and bool(self.bits[index - 1] & (UPPER | INITIALS))

    def _is_infix_pair(self, index: int, place: int) -> bool:
        """Whether the two infixes before a surname are a pair that surnames have."""
        first, second = self.words[place - 2].lower(), self.words[place - 1].lower()
        opens = first in ("van", "von", "in", "op", "uit", "aan", "de")
        return opens and second in ("de", "den", "der", "het", "'t", "la") and place - index < 4

    def _given_end(self, index: int) -> int:
        """Behind given names and initials from index on: "Jan Peter", "Anna M."."""
        place = index + 1
        while place < len(self.words) and place < index + 4 and self._joined(place):
            bits = self.bits[place]
            capital_like_first = bool(bits & CAPITAL) == bool(self.bits[index] & CAPITAL)
            is_initial = bits & INITIALS and (bits & DOTTED or self._leads_to_surname(place + 1))
            is_given = bits & GIVEN and not bits & (WORD | GIVEN_SELDOM | BLOCKED | INFIX)
            if not (is_initial or (is_given and capital_like_first)):
                break
            place += 1
        return place

    def _leads_to_surname(self, index: int) -> bool:
        """Whether a capital that may be a surname follows a lone letter: "Anna B Jansen"."""
        if index >= len(self.words) or not self._joined(index):
            return False
        bits = self.bits[index]
        return bool(bits & CAPITAL and bits & (FAMILY | UNKNOWN) and not bits & BLOCKED)

    def _full(self, index: int, *, sure: bool) -> Name | None:
        """A name at index whose surroundings already say that one stands here."""
        if index >= len(self.words):
            return None
        bits = self.bits[index]
        if bits & (FAMILY | UNKNOWN) and not bits & BLOCKED and (name := self._inverted(index)):
            return name
        if bits & INITIALS and not bits & BLOCKED:
            after = self._initials_end(index)
            end = self._family_end(after, lower=True) if after < len(self.words) else None
            if end:
                return index, end - 1, 0.95, "initials and surname"
            if bits & DOTTED and sure and len(self.words[index]) <= 8:
                return None
        if bits & GIVEN and not bits & BLOCKED and len(self.words[index]) > 1:
            after = self._given_end(index)
            end = self._family_end(after, lower=True)
            if end:
                return index, end - 1, 0.95, "given name and surname"
            if bits & CAPITAL or not bits & (WORD | INFIX):
                return index, after - 1, 0.85, "given name"
        end = self._family_end_from(index)
        if end:
            return index, end - 1, 0.9, "surname"
        return None

    def _family_end_from(self, index: int) -> int | None:
        """Like :meth:`_family_end`, for a surname that opens the name."""
        bits = self.bits[index]
        if bits & INFIX and not bits & BLOCKED:
            return self._family_end(index, lower=True, opens=True)
        is_capital_name = (
            bits & CAPITAL
            and not bits & (BLOCKED | ORGANISATION | INITIALS)
            and len(self.words[index]) > 1
        )
        if is_capital_name and (not bits & WORD or bits & FAMILY) and not bits & DOTTED:
            after = index + 1
            if after < len(self.words) and self._joined(after):
                more = self._family_end(after, lower=False)
                if more and self.bits[after] & CAPITAL and not self.bits[after] & INFIX:
                    return more
            return after
        if bits & FAMILY and not bits & (WORD | BLOCKED):
            return index + 1
        return None

    def _inverted(self, index: int) -> Name | None:
        """Jansen, P.; Jansen, mw. P.; Jansen, Piet; Berg, Anna van den."""
        after = index + 1
        if after >= len(self.words) or self._gap(after) not in (", ", ","):
            return None
        titled = bool(self.bits[after] & TITLE) and after + 1 < len(self.words)
        if titled:
            after += 1
            if self._gap(after) not in (" ", ". ") or not self.bits[after] & DOTTED:
                return None
        bits, head = self.bits[after], self.bits[index]
        if bits & BLOCKED:
            return None
        if bits & INITIALS and bits & DOTTED:
            last = self._initials_end(after) - 1
        elif (
            bits & GIVEN
            and bool(bits & CAPITAL) == bool(head & CAPITAL)
            and not bits & (WORD | GIVEN_SELDOM)
            and not (head & GIVEN_HOME and not head & FAMILY_HOME)
        ):
            last = after
        else:
            return None
        infixed = last
        while (
            infixed + 1 < len(self.words)
            and infixed < last + 3
            and self.bits[infixed + 1] & INFIX
            and not self.bits[infixed + 1] & CAPITAL
            and self._joined(infixed + 1)
        ):
            infixed += 1
        goes_on = infixed + 1 < len(self.words) and self._joined(infixed + 1)
        if infixed > last and goes_on and self.bits[infixed + 1] & (CAPITAL | FAMILY):
            infixed = last
        if infixed == last and goes_on and self.bits[last + 1] & FAMILY and bits & GIVEN:
            # "Bakker, Jan Mulder" are two persons of a list
            return None
        if not head & CAPITAL and infixed == last:
            return None
        return index, infixed, 0.9 if titled else 0.85, "surname, given name"

    def _infixed(self, index: int) -> Name | None:
        """Van Dijk, de Vries, van der Berg, el Amrani without a given name before them."""
        place = index
        while (
            place < len(self.words)
            and place < index + 3
            and self.bits[place] & INFIX
            and (place == index or self._joined(place))
        ):
            place += 1
        if place >= len(self.words) or not self._joined(place):
            return None
        head = self.bits[place]
        if head & (BLOCKED | ORGANISATION | TITLE | INITIALS):
            return None
        phrase = self._phrase(index, place + 1)
        if not phrase and place - index > 1 and self._phrase(place - 1, place + 1):
            # "van de Vries": the first infix is a preposition
            index = place - 1
            phrase = True
        first = self.bits[index]
        if head & CAPITAL:
            if phrase and not (head & PLACE and not first & CAPITAL and place - index == 1):
                lower_word = head & WORD and not first & CAPITAL and place - index == 1
                if lower_word and self.words[index].lower() in ("de", "den", "het"):
                    # "de Boer": a capital on a word that needs none
                    return (index, place, 0.55, "infix and surname")
                return index, place, 0.8, "infix and surname"
            double = place - index > 1 and self._is_infix_pair(index, place)
            known = head & FAMILY_HOME and not head & (WORD | PLACE)
            if (
                double
                and not head & (WORD | PLACE | UPPER)
                and not STREET_END.search(self.words[place])
            ):
                return index, place, 0.65, "infixes and surname"
            if known and first & CAPITAL and not self._opens_sentence(index):
                return index, place, 0.6, "infix and surname"
            return None
        paired = place - index > 1 or self.words[place - 1].lower() in ("ten", "ter")
        if phrase and (paired or not head & WORD) and not head & PLACE:
            return index, place, 0.6, "infix and surname in lower case"
        return None

    def _opens_sentence(self, index: int) -> bool:
        if index == 0:
            return True
        return bool(_SENTENCE_BREAK.search(self._gap(index)))
