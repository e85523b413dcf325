"""Names of persons by lists and a small grammar of how Dutch and English write them.

One walk over the words of a text: a name starts at a given name, initials, a title, a salutation, an
infix or a surname, and takes the words that belong to it. Nothing is learned and nothing is random.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_rules.recognizers.base import Finding, ScanRecognizer
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
    INTERESTING,
    ORGANISATION,
    PLACE,
    ROLE_CUE,
    SPEAKS,
    TITLE,
    UNKNOWN,
    UPPER,
    WORD,
    lexicon,
    word_class,
)
from pii_rules.recognizers.scan import TextScan

_STREET_END = re.compile(
    r"(?:straat|laan|weg|plein|gracht|kade|singel|steeg|dreef|plantsoen|dijk|pad|street|road|avenue)$",
    re.IGNORECASE,
)
_SENTENCE_BREAK = re.compile(r"[.!?:;\n\r\t•>*]|^\s*$|\s-\s?$")
_ORGANISATION_BEFORE = word_class("organisations_before")
_BRANDS = frozenset(brand.replace("_", " ") for brand in word_class("brands"))
_COMPANIONS = word_class("companions")
_LONE_LETTERS = frozenset("AIOU")


class PersonRecognizer(ScanRecognizer):
    """Names of persons in Dutch and English notes, e-mails and tickets."""

    ENTITY = "PERSON"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """The names of a text, from left to right, not overlapping."""
        index = 0
        count = len(scan.words)
        features = scan.features
        while index < count:
            if features[index] & INTERESTING:
                name = _Names(scan).at(index)
                if name is not None:
                    first, last, score, rule = name
                    start, end = scan.starts[first], _without_genitive(scan, last)
                    if not _is_organisation(scan, first, last):
                        yield Finding(start, end, score, rule)
                    index = last + 1
                    continue
            index += 1


_Name = tuple[int, int, float, str]


class _Names:
    """The grammar at one place of a text."""

    __slots__ = ("bits", "scan", "words")

    def __init__(self, scan: TextScan) -> None:
        self.scan = scan
        self.bits = scan.features
        self.words = scan.words

    def at(self, index: int) -> _Name | None:
        """First and last word of the name that starts at or is introduced at this word."""
        bits = self.bits[index]
        if bits & TITLE and (name := self._titled(index)):
            return name
        if bits & GREETING and (name := self._greeted(index)):
            return name
        if bits & CLOSING and (name := self._signed(index)):
            return name
        if bits & ROLE_CUE and (name := self._introduced(index)):
            return name
        if bits & INITIALS and (name := self._initialled(index)):
            return name
        if bits & GIVEN and (name := self._given(index)):
            return name
        if bits & INFIX and (name := self._infixed(index)):
            return name
        if bits & FAMILY and (name := self._surname(index)):
            return name
        if bits & UNKNOWN and (name := self._unknown(index)):
            return name
        return None

    # the parts of a name

    def _joined(self, index: int) -> bool:
        """Whether this word follows the one before it within one name."""
        if index >= len(self.words) or index == 0:
            return False
        gap = self.scan.text[self.scan.ends[index - 1] : self.scan.starts[index]]
        return gap in (" ", "  ", "\u00a0") or (gap == "" and bool(self.bits[index - 1] & DOTTED))

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

    # how a name is introduced

    def _full(self, index: int, *, sure: bool) -> _Name | None:
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

    def _titled(self, index: int) -> _Name | None:
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
        if name is None:
            if bits & (WORD | BLOCKED | CUE | INFIX | PLACE) or len(self.words[place]) < 4:
                return None
            return place, place, 0.7, "title"
        return name[0], name[1], 0.95, "title"

    def _joined_title(self, index: int) -> bool:
        gap = self.scan.text[self.scan.ends[index - 1] : self.scan.starts[index]]
        return gap in (" ", ". ", ".", "/", ", ", "  ", "\u00a0")

    def _greeted(self, index: int) -> _Name | None:
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

    def _gap(self, index: int) -> str:
        return self.scan.text[self.scan.ends[index - 1] : self.scan.starts[index]]

    def _signed(self, index: int) -> _Name | None:
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
        if bits & BLOCKED or bits & TITLE:
            return None
        line_end = self.scan.text.find("\n", self.scan.ends[place])
        rest = self.scan.text[self.scan.ends[place] : line_end if line_end >= 0 else None]
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

    def _introduced(self, index: int) -> _Name | None:
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

    # names that stand by themselves

    def _initialled(self, index: int) -> _Name | None:
        """J. de Vries, J.P. Bakker, A Yilmaz."""
        bits = self.bits[index]
        if bits & BLOCKED:
            return None
        after = self._initials_end(index)
        dotted = bool(bits & DOTTED)
        capital = self.words[index][:1].isupper()
        if not dotted and (self.words[index] in _LONE_LETTERS and not self._follows_infix(after)):
            return None
        end = self._family_end(after, lower=not capital or dotted, unknown=dotted)
        if end is None:
            return None
        head = self.bits[end - 1]
        if not capital and not head & FAMILY and end - after < 2:
            return None
        if not dotted and not (head & FAMILY_HOME or self._follows_infix(after)):
            return None
        if not head & CAPITAL and not (head & FAMILY or end - after > 1):
            return None
        return index, end - 1, 0.9 if dotted else 0.6, "initials and surname"

    def _follows_infix(self, index: int) -> bool:
        return index < len(self.words) and bool(self.bits[index] & INFIX)

    def _phrase(self, first: int, end: int) -> bool:
        return lexicon().is_phrase(self.words[first:end])

    def _given(self, index: int) -> _Name | None:
        bits = self.bits[index]
        if bits & BLOCKED:
            return None
        capital = bits & CAPITAL
        after = self._given_end(index)
        more_given = after - index > 1
        weak = bits & (WORD | GIVEN_SELDOM | INFIX | CUE)
        family_end = self._family_end(
            after, lower=True, unknown=not weak or bool(bits & GIVEN_HOME)
        )
        if family_end and not self._plausible(index, after, family_end):
            family_end = None
        if family_end:
            if capital and not weak:
                return index, family_end - 1, 0.95, "given name and surname"
            head = self.bits[family_end - 1]
            if capital and (head & FAMILY or not head & WORD) and head & CAPITAL:
                return index, family_end - 1, 0.85, "given name and surname"
            if not capital and (not weak or family_end - after > 1) and bits & GIVEN_HOME:
                return index, family_end - 1, 0.8, "given name and surname"
            if not capital and not weak and (head & FAMILY or family_end - after > 1):
                return index, family_end - 1, 0.7, "given name and surname"
        if capital:
            return self._lone_capital(index, after, bits, weak=bool(weak), more=more_given)
        if not bits & GIVEN_HOME or len(self.words[index]) < 3 or self._after_digit(index):
            return None
        if weak:
            if bits & (GIVEN_SELDOM | INFIX | CUE) or not self._speaks_next(after, SPEAKS):
                return None
            return index, after - 1, 0.5, "given name in lower case, who speaks"
        return index, after - 1, 0.6, "given name in lower case"

    def _after_digit(self, index: int) -> bool:
        """Whether a number stands before it: "12 jan" is a date."""
        if self.words[index].lower() != "jan":
            return False
        start = self.scan.starts[index]
        return self.scan.text[max(0, start - 2) : start].strip()[-1:].isdigit()

    def _plausible(self, index: int, after: int, end: int) -> bool:
        """Whether given and surname go together; "jan belt de bakker" does not."""
        head = self.bits[end - 1]
        if self.bits[index] & CAPITAL and not head & CAPITAL:
            infixed = end - after > 1
            return (bool(head & FAMILY_HOME) and not head & WORD) or (
                infixed and self._phrase(after, end)
            )
        if not self.bits[index] & CAPITAL:
            infixed = end - after > 1
            if head & CAPITAL:
                return bool(head & FAMILY) or infixed
            if self.bits[index] & (WORD | GIVEN_SELDOM):
                return infixed and self._phrase(after, end)
            return bool(head & FAMILY) or not head & WORD or infixed
        return True

    def _lone_capital(
        self, index: int, after: int, bits: int, *, weak: bool, more: bool
    ) -> _Name | None:
        if bits & UPPER and not (bits & GIVEN_HOME and len(self.words[index]) > 3):
            return None
        if more:
            return index, after - 1, 0.85, "given names"
        if not weak:
            if bits & PLACE and not bits & GIVEN_HOME:
                return None
            if self._is_compound_name(after):
                return None
            return index, after - 1, 0.85 if bits & GIVEN_HOME else 0.5, "given name"
        if self._speaks_next(after, SPEAKS):
            return index, after - 1, 0.6, "given name that is a word, who speaks"
        if bits & GIVEN_SELDOM or bits & (INFIX | CUE):
            return None
        if bits & GIVEN_HOME and self._speaks_next(after, SPEAKS | ACTS):
            return index, after - 1, 0.55, "given name that is a word, who acts"
        if bits & GIVEN_HOME and not self._opens_sentence(index) and not self._title_case(index):
            return index, after - 1, 0.6, "given name that is a word"
        return None

    def _speaks_next(self, index: int, wanted: int) -> bool:
        """Whether a verb of the wanted class in lower case follows."""
        if index >= len(self.words) or not self._joined(index):
            return False
        return bool(self.bits[index] & wanted and not self.bits[index] & CAPITAL)

    def _unknown(self, index: int) -> _Name | None:
        """Words with a capital that no list knows: two of them, or one among words for people."""
        bits = self.bits[index]
        if bits & BLOCKED or _STREET_END.search(self.words[index]):
            return None
        if name := self._inverted(index):
            return name
        after = index + 1
        if after < len(self.words) and self.bits[after] & INITIALS and self._joined(after):
            after = self._initials_end(after)
        if after < len(self.words) and self._joined(after):
            end = self._family_end(after, lower=False)
            head = self.bits[end - 1] if end else 0
            if end and head & (FAMILY | UNKNOWN) and not head & (PLACE | UPPER | ORGANISATION):
                return index, end - 1, 0.6, "two unknown capitals"
        if self._speaks_next(index + 1, SPEAKS):
            return index, index, 0.55, "unknown capital who speaks"
        if index and self._gap(index) == " " and self._before_unknown(index - 1):
            return index, index, 0.5, "unknown capital in company"
        return None

    def _before_unknown(self, index: int) -> bool:
        word = self.words[index].lower()
        if word == "is":
            return index > 0 and self.words[index - 1].lower() in ("naam", "name", "dit", "this")
        return word in _COMPANIONS or bool(self.bits[index] & SPEAKS)

    def _is_compound_name(self, after: int) -> bool:
        """Whether an unlisted or organisational capital follows: "Dirk Supermarkt"."""
        if after >= len(self.words) or not self._joined(after):
            return False
        bits = self.bits[after]
        return bool(bits & ORGANISATION and bits & CAPITAL)

    def _title_case(self, index: int) -> bool:
        """Whether the words beside it have capitals too, as in a heading."""
        before = index > 0 and self.bits[index - 1] & CAPITAL and self.bits[index - 1] & WORD
        behind = (
            index + 1 < len(self.words)
            and self.bits[index + 1] & CAPITAL
            and self.bits[index + 1] & WORD
            and self._joined(index + 1)
        )
        return bool(before or behind)

    def _opens_sentence(self, index: int) -> bool:
        if index == 0:
            return True
        return bool(_SENTENCE_BREAK.search(self._gap(index)))

    def _infixed(self, index: int) -> _Name | None:
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
                and not _STREET_END.search(self.words[place])
            ):
                return index, place, 0.65, "infixes and surname"
            if known and first & CAPITAL and not self._opens_sentence(index):
                return index, place, 0.6, "infix and surname"
            return None
        paired = place - index > 1 or self.words[place - 1].lower() in ("ten", "ter")
        if phrase and (paired or not head & WORD) and not head & PLACE:
            return index, place, 0.6, "infix and surname in lower case"
        return None

    def _is_infix_pair(self, index: int, place: int) -> bool:
        """Whether the two infixes before a surname are a pair that surnames have."""
        first, second = self.words[place - 2].lower(), self.words[place - 1].lower()
        opens = first in ("van", "von", "in", "op", "uit", "aan", "de")
        return opens and second in ("de", "den", "der", "het", "'t", "la") and place - index < 4

    def _surname(self, index: int) -> _Name | None:
        bits = self.bits[index]
        if bits & (BLOCKED | ORGANISATION | TITLE | INFIX):
            return None
        if name := self._inverted(index):
            return name
        if not bits & CAPITAL:
            if (
                bits & FAMILY_SURE
                and not bits & (WORD | PLACE | GIVEN)
                and len(self.words[index]) > 4
            ):
                return index, index, 0.45, "surname in lower case"
            return None
        if bits & UPPER and not (bits & FAMILY_HOME and len(self.words[index]) > 4):
            return None
        if (
            bits & FAMILY_SURE
            and bits & WORD
            and not bits & UPPER
            and (self._speaks_next(index + 1, SPEAKS) or (index and self.bits[index - 1] & SPEAKS))
        ):
            return index, index, 0.55, "surname that is a word, who speaks"
        if (
            bits & FAMILY_SURE
            and bits & WORD
            and not bits & (UPPER | PLACE)
            and not (self._opens_sentence(index) or self._title_case(index))
        ):
            return index, index, 0.45, "surname that is a word, with a capital"
        if bits & (WORD | PLACE):
            return None
        if _STREET_END.search(self.words[index]):
            return None
        if bits & FAMILY_HOME:
            return index, index, 0.6, "surname"
        if not self._opens_sentence(index) and not self._title_case(index):
            return index, index, 0.45, "surname of elsewhere"
        return None

    def _inverted(self, index: int) -> _Name | None:
        """Jansen, P.; Jansen, Piet; Berg, Anna van den."""
        after = index + 1
        if after >= len(self.words) or self._gap(after) not in (", ", ","):
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
        return index, infixed, 0.85, "surname, given name"


def _without_genitive(scan: TextScan, last: int) -> int:
    """The end of a name without a possessive 's."""
    word = scan.words[last]
    if len(word) > 3 and word[-2] in "'’" and word[-1] in "sS":
        return scan.ends[last] - 2
    return scan.ends[last]


def _is_organisation(scan: TextScan, first: int, last: int) -> bool:
    """Whether the words around say that this is a company, a street or a product."""
    if last + 1 < len(scan.words):
        gap = scan.text[scan.ends[last] : scan.starts[last + 1]]
        bits = scan.features[last + 1]
        following = scan.words[last + 1]
        if gap == " " and bits & ORGANISATION and (bits & CAPITAL or following == "&"):
            return following != "&" or _ampersand_company(scan, last)
        if gap == " " and following.lower() in ("bv", "b.v.", "nv", "n.v.", "vof", "v.o.f."):
            return True
    if last > first and " ".join(scan.words[first : last + 1]).lower() in _BRANDS:
        return True
    return first > 0 and scan.words[first - 1].lower() in _ORGANISATION_BEFORE


def _ampersand_company(scan: TextScan, last: int) -> bool:
    after = last + 2
    if after >= len(scan.words):
        return False
    return bool(scan.features[after] & ORGANISATION) or not scan.features[after] & GIVEN
