"""Names of persons: a grammar of how Dutch and English write them, and a tagger that has the last word.

The grammar walks over the words of a text: a name starts at a given name, initials, a title, a
salutation, an infix or a surname, and takes the words that belong to it. What it says of a word is
one of the things the tagger weighs; the tagger's margin alone decides. Nothing here is random.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pii_rules.recognizers.account_names import accounts
from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.labelled_names import labelled
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
    word_class,
)
from pii_rules.recognizers.monograms import initials_of, is_department, noted, signed
from pii_rules.recognizers.name_bounds import generations, is_place, is_thing, parted
from pii_rules.recognizers.name_echoes import bridged, echoes
from pii_rules.recognizers.name_introductions import IntroducedNames
from pii_rules.recognizers.name_pairs import paired, slashed
from pii_rules.recognizers.name_parts import STREET_END, Name
from pii_rules.recognizers.scan import TaggedName, TextScan
from pii_rules.recognizers.tagger import name_tagger

_ORGANISATION_BEFORE = word_class("organisations_before")
_BRANDS = frozenset(brand.replace("_", " ") for brand in word_class("brands"))
_COMPANIONS = word_class("companions")
_ABBREVIATIONS = word_class("abbreviations")
_LONE_LETTERS = frozenset("AIOU")


class PersonRecognizer(ScanRecognizer):
    """Names of persons in Dutch and English notes, e-mails and tickets."""

    ENTITY = "PERSON"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """The names of a text, from left to right, not overlapping."""
        if scan.tagged is None:
            tag_names([scan])
        tagged = [
            name
            for name in parted(scan, scan.tagged or ())
            if not (_is_no_name(scan, name) or is_place(scan, name) or is_thing(scan, name))
        ]
        tagged = list(bridged(scan, tagged))
        for place in echoes(scan, tagged) if tagged else ():
            yield Finding(scan.starts[place], _without_genitive(scan, place), 0.6, "echo of a name")
        for place in initials_of(scan, tagged):
            yield Finding(scan.starts[place], scan.ends[place], 0.6, "initials of a name")
        for place in slashed(scan, tagged):
            yield Finding(scan.starts[place], scan.ends[place], 0.6, "over a slash from a name")
        for start, end in paired(scan):
            yield Finding(start, end, 0.85, "behind a title in the plural")
        for start, end in labelled(scan):
            yield Finding(start, end, 0.6, "in the field for a name")
        for start, end in accounts(scan):
            yield Finding(start, end, 0.6, "account of a person")
        for start, end in (*noted(scan), *signed(scan)):
            yield Finding(start, end, 0.6, "initials of a note")
        for name in tagged:
            if _opens_with_code(scan, name):
                continue
            if not _SPELT_ADDRESS.match(scan.text, scan.ends[name.last]):
                end = _without_genitive(scan, name.last)
                yield Finding(scan.starts[name.first], end, _score(name.margin), "name tagger")
        for first, last in generations(scan):
            yield Finding(scan.starts[first], scan.ends[last], 0.6, "junior or senior")
        for first, last, score, rule in grammar_names(scan):
            least = _WHOLE_RULE if _overlaps(tagged, first, last) else _SURE_RULE
            if score < least or rule == ORGANISATION_RULE:
                continue
            for name in parted(scan, [TaggedName(first, last, _SURE_MARGIN)]):
                doubtful = is_place(scan, name) or is_thing(scan, name)
                if not (doubtful or _opens_with_code(scan, name)):
                    end = _without_genitive(scan, name.last)
                    yield Finding(scan.starts[name.first], end, score, rule)


_SPELT_ADDRESS = re.compile(r" ?(?:\(at\)|\[at\])", re.IGNORECASE)
"""What follows a name that is the head of an e-mail address."""
_SURE_RULE = 0.9
"""The grammar's findings of this score count although the tagger does not see them."""
_SURE_MARGIN = 6_000
"""What such a finding counts as where the tagger's margin is asked for."""
_WHOLE_RULE = 0.8
"""And these where the tagger sees a part of them: "Sem" of "Sem Groothedde"."""

_CONTRACTION = re.compile(r"[A-Za-z]+['’](?:re|ve|m|ll|d|t)$")


def _overlaps(names: Sequence[TaggedName], first: int, last: int) -> bool:
    return any(name.first <= last and first <= name.last for name in names)


def _opens_with_code(scan: TextScan, name: TaggedName) -> bool:
    """Whether the first word is the letters of a postcode: "4072 WM Tiel" is no initials and name."""
    word, start = scan.words[name.first], scan.starts[name.first]
    if len(word) != 2 or not word.isupper():
        return False
    return bool(_CODE_FIGURES.search(scan.text[max(0, start - 6) : start]))


_NUMBER = re.compile(r"[:.]? ?[+(]?\d")
"""What follows the letter of a telephone or a fax."""
_OPTIONS = re.compile(r"(?<!\w)[A-Z] (?:en|of|and|or) [A-Z]$")
"""Two options, and no initials: "A en B"."""
_CODE_FIGURES = re.compile(r"(?<![\d.,])[1-9]\d{3}[ .\-]?$")


def _is_no_name(scan: TextScan, name: TaggedName) -> bool:
    """Whether the margin is too small for what lists say, or a single word is a closed one."""
    features = scan.features[name.first : name.last + 1]
    single = name.first == name.last
    if name.margin < _least_margin(features, single=single):
        return True
    word, bits = scan.words[name.first], features[0]
    if word.lower() in _ABBREVIATIONS and not bits & GIVEN_HOME:
        return True
    if single and (is_department(word) or _is_letter(scan, name.first)):
        return True
    if single and name.margin < _SURE_OF_PLACE and bits & PLACE and not bits & GIVEN_HOME:
        return True
    if single and name.margin < _SURE_OF_LETTERS and bits & UPPER and len(word) < 4:
        return True
    if not single or bits & (GIVEN | FAMILY):
        return False
    upper = bits & UPPER or (bits & INITIALS and not bits & DOTTED)
    short = bool(upper) and len(word) < 4 and name.margin < 1_500
    closed = bool(bits & (BLOCKED | TITLE | GREETING | CLOSING))
    return short or closed or bool(_CONTRACTION.match(word))


def _is_letter(scan: TextScan, place: int) -> bool:
    """Whether a single letter is that of a telephone ("T 020…"), an option ("A en B"), or of "n/a"."""
    if len(scan.words[place]) > 1:
        return False
    end = scan.ends[place]
    if scan.text[end : end + 1] == "/" and len(scan.text[end + 1 : end + 3].strip()) == 1:
        return True
    return bool(_NUMBER.match(scan.text, end) or _OPTIONS.search(scan.text, max(0, end - 10), end))


_SURE_OF_PLACE = 2_000
"""The margin from which a word that is a town too is somebody's name."""
_SURE_OF_LETTERS = 2_500
"""The margin from which two or three capitals are somebody's initials or name."""


def _least_margin(features: Sequence[int], *, single: bool) -> int:
    """By how much a name has to win: more where no list has it, or where it is ordinary words.

    The figures were chosen on the development texts.
    """
    common = all(bits & (WORD | PLACE | INFIX | BLOCKED) for bits in features)
    if any(bits & (GIVEN_HOME | FAMILY_HOME) for bits in features):
        if single and common and not features[0] & CAPITAL:
            return 1_500
        return -300 if single or not common else 600
    if any(bits & (GIVEN | FAMILY) for bits in features):
        return 1_000 if common else -300
    if not single:
        return 4_100
    return 3_500 if common and not features[0] & CAPITAL else 1_500


LEAST_MARGIN = -300
"""Margin from which a word counts as part of a name, in thousandths; chosen on development texts."""


def tag_names(scans: Sequence[TextScan]) -> None:
    """Lay the names of each text down beside its scan, many texts in one go."""
    names = name_tagger().tag(scans, [rule_numbers(scan) for scan in scans], LEAST_MARGIN)
    for scan, tagged in zip(scans, names, strict=True):
        scan.tagged = tagged


def _score(margin: int) -> float:
    return 0.9 if margin >= 4_000 else 0.8 if margin >= 1_500 else 0.6 if margin >= 0 else 0.5


ORGANISATION_RULE = "organisation"
"""The rule of what reads as a name and is a company, a street or a product."""


def grammar_names(scan: TextScan) -> list[Name]:
    """First and last word, score and rule of what the grammar reads as a name, in order."""
    if scan.grammar is None:
        scan.grammar = _read_names(scan)
    return scan.grammar


def _read_names(scan: TextScan) -> list[Name]:
    found: list[Name] = []
    index = 0
    grammar = _Names(scan)
    features = scan.features
    count = len(features)
    while index < count:
        if features[index] & INTERESTING and (name := grammar.at(index)) is not None:
            first, last, score, rule = name
            if _is_organisation(scan, first, last):
                rule = ORGANISATION_RULE
            found.append((first, last, score, rule))
            index = last
        index += 1
    return found


RULES = (
    "title", "greeting", "signature", "introduced", "initials and surname", "given name and surname",
    "given name in lower case, who speaks", "given name in lower case", "given names", "given name",
    "given name that is a word, who speaks", "given name that is a word, who acts",
    "given name that is a word", "two unknown capitals", "unknown capital who speaks",
    "unknown capital in company", "surname in lower case", "surname that is a word, who speaks",
    "surname that is a word, with a capital", "surname", "surname of elsewhere",
    "surname, given name", "infix and surname", "infixes and surname",
    "infix and surname in lower case", ORGANISATION_RULE,
)  # fmt: skip
"""The grammar's rules; their order is part of the trained model."""

_RULE_NUMBERS = {rule: 2 * place + 1 for place, rule in enumerate(RULES)}


def rule_numbers(scan: TextScan) -> list[int]:
    """For each word what the grammar says of it: 0, a rule's odd number, or that and one."""
    numbers = [0] * len(scan.words)
    for first, last, _, rule in grammar_names(scan):
        number = _RULE_NUMBERS[rule]
        numbers[first] = number
        for place in range(first + 1, last + 1):
            numbers[place] = number + 1
    return numbers


class _Names(IntroducedNames):
    """The grammar at one place of a text."""

    __slots__ = ()

    def at(self, index: int) -> Name | None:
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

    def _initialled(self, index: int) -> Name | None:
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

    def _given(self, index: int) -> Name | None:
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
    ) -> Name | None:
        if bits & UPPER and not (bits & GIVEN_HOME and len(self.words[index]) > 3):
            return None
        if more:
            return index, after - 1, 0.85, "given names"
        if not weak:
            if bits & PLACE and not bits & GIVEN_HOME:
                return None
            if self._is_compound_name(after):
                return None
            if bits & GIVEN_HOME and not bits & PLACE and self._owns(after):
                return index, after - 1, 0.9, "given name"
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

    def _owns(self, after: int) -> bool:
        """Whether the word before has a genitive and what is owned is in lower case."""
        if self.words[after - 1][-2:] not in ("'s", "’s") or after >= len(self.words):
            return False
        return self._joined(after) and not self.bits[after] & CAPITAL

    def _speaks_next(self, index: int, wanted: int) -> bool:
        """Whether a verb of the wanted class in lower case follows."""
        if index >= len(self.words) or not self._joined(index):
            return False
        return bool(self.bits[index] & wanted and not self.bits[index] & CAPITAL)

    def _unknown(self, index: int) -> Name | None:
        """Words with a capital that no list knows: two of them, or one among words for people."""
        bits = self.bits[index]
        if bits & BLOCKED or STREET_END.search(self.words[index]):
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

    def _surname(self, index: int) -> Name | None:
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
        if STREET_END.search(self.words[index]):
            return None
        if bits & FAMILY_HOME:
            return index, index, 0.6, "surname"
        if not self._opens_sentence(index) and not self._title_case(index):
            return index, index, 0.45, "surname of elsewhere"
        return None


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
