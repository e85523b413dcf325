"""Where somebody lives: postcode, street with number, place beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.lexicon import (
    BLOCKED,
    CAPITAL,
    FAMILY,
    GIVEN,
    PLACE,
    fold,
    lexicon,
    word_class,
)
from pii_rules.recognizers.scan import TextScan

_DUTCH = re.compile(r"(?<![\w.,\-€$£])[1-9]\d{3}( ?)([A-Za-z]{2})(?![\w\-])")
_TWO_LETTER_WORDS = word_class("two_letter_words")
_NEVER_ISSUED = frozenset({"SA", "SD", "SS"})
_CAPITAL_NEXT = re.compile(r"[ ,]{1,2}['’]?[A-Z]|\s*$")
_BRITISH = re.compile(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}(?!\w)")


_BRITISH_LABEL = re.compile(r"post ?code[\w ?:\r\n]{0,24}$")


class PostcodeRecognizer(ScanRecognizer):
    """Dutch and British postcodes; Belgian ones have four digits and come with their place.

    Source: PostNL, postcode format (1000–9999, not SA, SD, SS); BS 7666 Annex C.
    """

    ENTITY = "POSTCODE"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Postcodes that are no year with a word behind it."""
        if scan.digit_count < 2:
            return
        for match in _DUTCH.finditer(scan.text):
            space, letters = match.groups()
            if letters.upper() in _NEVER_ISSUED:
                continue
            doubtful = letters.lower() in _TWO_LETTER_WORDS and (space or letters.islower())
            # "1058 MB Amsterdam" is a postcode, "2000 MB vrij" none
            if doubtful and not (letters.isupper() and _CAPITAL_NEXT.match(scan.text, match.end())):
                continue
            sure = letters.isupper() or not space
            yield Finding(
                match.start(), match.end(), 0.9 if sure else 0.5, "four digits two letters"
            )
        for match in _BRITISH.finditer(scan.text):
            yield Finding(match.start(), match.end(), 0.85, "British")
        if "code" in scan.lower:
            for match in _BRITISH.finditer(scan.text.upper() if scan.text.isascii() else ""):
                if _BRITISH_LABEL.search(scan.before(match.start())):
                    yield Finding(match.start(), match.end(), 0.6, "British, labelled")


_SUFFIX = re.compile(
    r"[a-z'\-]*(?:straat|straatje|strasse|gasse|allee|str|laan|laantje|weg|plein|gracht|kade|dijk|hof|singel|steeg|pad|"
    r"dreef|plantsoen|park|markt|baan|lei|boulevard|wal|burg|ring|veld|kamp|dam|haven|erf|akker|"
    r"berg|brink|poort|oord|hoek|weide|wijk|bos|horst|meent|waard|heide|kerkhof|tuin|hoven|"
    r"gaarde|stede|steen|vaart|sloot|kreek|wetering|zoom|rade|donk|hage|plaats|steenweg|plantage)\.?$"
)
_SURE_SUFFIX = re.compile(
    r"[a-z'\-]{3,}(?:straat|straatje|laan|plein|gracht|kade|singel|steeg|dreef|plantsoen|straatweg|"
    r"steenweg|weg|dijk|pad|hof)$"
)
_NOT_STREETS = word_class("not_streets")
_STREET_STARTS = word_class("street_starts")
_STREET_INFIXES = frozenset(
    ("van", "de", "der", "den", "het", "'t", "ten", "ter", "la", "du", "le")
)
_NUMBER = re.compile(
    r"[ ,]{1,2}(?:nr\.? ?|no\.? ?)?(\d{1,5}(?:[ \-/]?[A-Za-z](?![\w.])|-\d{1,4}(?!\d)| ?(?:bis|hs|huis|"
    r"I{1,3}|IV|rood|zwart)(?!\w)|-(?:hs|bis|I{1,3}|IV)(?!\w)| ?bus ?\d{1,4}(?!\d)"
    r"|[ ,]{1,2}(?:app?\.?|appartement|unit) ?\d{1,4})?)(?![\w]|[.,:]\d|-\d)"
)
_HOUSE_DIGITS = re.compile(r"(?<![\w.,:\-/])\d{1,5}")
_ENGLISH = re.compile(
    r"(?<![\w.,\-/#€$£])(?:(?:Flat|Apt\.?|Unit|Suite) \d{1,4}[A-Za-z]?, )?\d{1,5}[A-Za-z]? "
    r"(?:(?:North|South|East|West|N\.?|S\.?|E\.?|W\.?) )?(?:(?:St\.? )?[A-Z][\w'’\-]{1,24} ){1,3}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Close|Way|Place|Pl|Square|Crescent|"
    r"Terrace|Gardens|Grove|Mews|Hill|Row|Walk|Boulevard|Blvd|Highway|Parkway|Circle)(?!\w)\.?"
    r"(?:,? (?:Apt\.?|Unit|Suite|Flat|#) ?\d{1,4}[A-Za-z]?)?"
)
_POSTCODE_NEXT = re.compile(r"[ ,\n\r]{1,4}[1-9]\d{3} ?[A-Za-z]{2}(?!\w)")
_POSTBOX = re.compile(
    r"(?<!\w)(?:postbus|antwoordnummer|p\.?o\.? box) \d{1,6}(?!\w)", re.IGNORECASE
)


class StreetRecognizer(ScanRecognizer):
    """Street with house number and addition, in Dutch and English order.

    A Dutch street is known by the end of its last word, or by a postcode right behind the number;
    the words before it belong to it as far as capitals and infixes reach ("Laan van Meerdervoort").
    Source: BAG, Objectenhandboek (huisnummer 1–99999, huisletter, toevoeging).
    """

    ENTITY = "ADDRESS"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Streets with their numbers."""
        if not scan.digit_count:
            return
        text = scan.text
        for index, end in enumerate(scan.ends):
            if text.startswith("str.", end - 3):
                end += 1
            number = _NUMBER.match(text, end)
            if number and (start := self._street(scan, index, number.end())) is not None:
                yield Finding(start, number.end(), 0.85, "street and number")
        for match in _ENGLISH.finditer(text):
            yield Finding(match.start(), match.end(), 0.85, "number and street")
        for match in _POSTBOX.finditer(text):
            yield Finding(match.start(), match.end(), 0.6, "box")

    def _street(self, scan: TextScan, index: int, end: int) -> int | None:
        word = scan.words[index]
        capital = scan.features[index] & CAPITAL
        key = fold(word).rstrip(".")
        before_postcode = bool(_POSTCODE_NEXT.match(scan.text, end))
        if key in _NOT_STREETS:
            return None
        if capital and (_SUFFIX.match(key) or before_postcode):
            start = self._first_word(scan, index)
            bare = start == index and key in _STREET_STARTS
            return None if bare and not before_postcode else scan.starts[start]
        if _SURE_SUFFIX.match(key) and not capital:
            return scan.starts[index]
        if capital and (start := self._first_word(scan, index)) < index:
            head = fold(scan.words[start])
            if head in ("laan", "plein", "kade", "rue", "avenue", "boulevard"):
                return scan.starts[start]
        return scan.starts[index] if before_postcode and len(key) > 3 else None

    def _first_word(self, scan: TextScan, index: int) -> int:
        """Walk back over capitals and infixes, five words at most; it starts with a capital."""
        first = index
        for place in range(index - 1, max(-1, index - 6), -1):
            if scan.text[scan.ends[place] : scan.starts[place + 1]] != " ":
                break
            bits = scan.features[place]
            if bits & CAPITAL and not _opens_sentence_as_word(scan, place):
                if bits & PLACE and not bits & (GIVEN | FAMILY):
                    break
                first = place
            elif scan.words[place].lower() not in _STREET_INFIXES:
                break
        return first


def _opens_sentence_as_word(scan: TextScan, place: int) -> bool:
    return fold(scan.words[place]) in {
        "adres", "address", "woont", "wonend", "naar", "is", "mijn", "ons", "nieuw", "nieuwe", "from",
        "bezoekadres", "postadres", "afleveradres", "factuuradres", "bij", "aan", "verhuisd", "wij",
        "live", "lives", "moved", "my", "woon", "ik", "we", "vanaf", "per", "at", "to", "i", "in",
    }  # fmt: skip


_PLACE_CUE = re.compile(
    r"(?:woon(?:t|achtig)?(?: nu| sinds \w{1,12})? (?:in|te)|wonend (?:in|te)|wonen in|verhui(?:sd|st|zen|zing) naar|geboren (?:te|in)|born in|lives? in|"
    r"living in|moved to|woonplaats:?|plaats:|city:|based in|afkomstig uit|komt uit) $"
)
_AFTER_CODE = re.compile(r"[1-9]\d{3} ?[A-Z]{2}[ ,]{1,2}(?:te |in )?$|(?<![\d\-/.])[1-9]\d{3} $")
_AFTER_CODE_LOWER = re.compile(r"[1-9]\d{3} ?[a-z]{2} $")
_AFTER_NUMBER = re.compile(r"([^\W\d_]+)\.? \d{1,5} ?[a-z]?(?:[\-/]\w{1,4})?,? (?:te |in )?$")
_AFTER_ENGLISH = re.compile(r"\b(?:street|road|avenue|lane|drive|st|rd)\.?, (?:in )?$")


class PlaceRecognizer(ScanRecognizer):
    """A place where it is part of an address or says where somebody lives; not by itself."""

    ENTITY = "CITY"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Places behind a postcode, a house number or a word for living there."""
        index = 0
        while index < len(scan.words):
            last = index
            bits = scan.features[index]
            if bits & PLACE or (bits & CAPITAL and not bits & BLOCKED):
                last, known = self._place(scan, index)
                window = scan.text[max(0, scan.starts[index] - 40) : scan.starts[index]]
                start = self._start(scan.starts[index], window, known=known)
                if start is not None:
                    yield Finding(start, scan.ends[last], 0.7, "part of an address")
            index = last + 1

    def _start(self, start: int, window: str, *, known: bool) -> int | None:
        """Where the finding starts (a Belgian code belongs to it), or None."""
        code = _AFTER_CODE.search(window)
        if code and code.group().strip().isdigit():
            return start - len(code.group()) if known else None
        if code:
            return start
        low = window.lower()
        after_number = _AFTER_NUMBER.search(low)
        if known and (
            _AFTER_CODE_LOWER.search(window)
            or _PLACE_CUE.search(low)
            or _AFTER_ENGLISH.search(low)
            or (after_number and _SUFFIX.match(fold(after_number[1])))
        ):
            return start
        return None

    def _place(self, scan: TextScan, index: int) -> tuple[int, bool]:
        """The last word of the place at index, and whether the list has it."""
        places = lexicon().places
        for last in range(min(index + 3, len(scan.words) - 1), index, -1):
            written = scan.text[scan.starts[index] : scan.ends[last]]
            if len(written) < 30 and fold(written) in places:
                return last, True
        return index, bool(scan.features[index] & PLACE)
