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
    GIVEN_HOME,
    INFIX,
    PLACE,
    WORD,
    fold,
    lexicon,
    word_class,
)
from pii_rules.recognizers.scan import TextScan

_DUTCH = re.compile(r"(?<![\w.,\-€$£])[1-9]\d{3}( ?)([A-Za-z]{2})(?![\w]|-(?!\d))")
_TWO_LETTER_WORDS = word_class("two_letter_words")
_NEVER_ISSUED = frozenset({"SA", "SD", "SS"})
_CAPITAL_NEXT = re.compile(r"[ ,]{1,2}['’]?[A-Z]|\s*$")
_BRITISH = re.compile(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}(?!\w)")
_BRITISH_AREAS = frozenset(
    "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GL GU GY HA HD HG "  # noqa: SIM905
    "HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S "
    "SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE".split()
)
_BRITISH_SLOPPY = re.compile(
    r"(?<![\w\-])([A-Z]{1,2})\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}(?![\w\-])", re.IGNORECASE
)
_BRITISH_LABEL = re.compile(r"(?:post ?code|\bp/?c|zip)[\w ?:>.,'\r\n]{0,40}$")
_CODE_LABEL = re.compile(
    r"(?:post ?code|postal code|\bpc|\bp/c|zip(?: ?code)?|eircode|plz|code postal)(?:[ :=.?]| is| nr| nummer){0,4}"
    r"(?:(?:en|\+|and|/|&) ?(?:huis ?)?(?:nr|nummer|number|house number)\.? ?(?:is|zijn|are|van mij is)?)?"
    r"[:>\-(\n ]{0,4}(?:\w{1,12}: ?)?$"
)
_LABELLED_CODE = re.compile(
    r"(?<![\w.,\-€$£])(?:[1-9]\d{3} ?[A-Za-z]{2}|\d{5}(?:-\d{4})?|[1-9]\d{3}|[A-Za-z]\d[\dWw] ?[A-Za-z\d]{4})(?![\w\-])(?![.,]\d)"
)
_EIRCODE = re.compile(r"(?<!\w)[AC-FHKNPRTV-Y]\d[\dW] [AC-FHKNPRTV-Y\d]{4}(?!\w)")
_AMERICAN = re.compile(r"(?<!\w)([A-Z]{2}),? (\d{5}(?:-\d{4})?)(?![\w\-])")
_STATES = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS "  # noqa: SIM905
    "MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC".split()
)
_FIGURES_AND_PLACE = re.compile(
    r"(?<![\w.,\-/€$£:])(?:(?:[BDFAL]|CH)-)?([1-9]\d{3}|\d{5}) (?=([A-ZÀ-Þ][^\W\d_]+(?:[ \-][^\W\d_]+){0,3}))"
)


_PARTED = re.compile(r"(?<![\w.,\-€$£])[1-9]\d{3}[.\-][A-Z]{2}(?![\w\-])")
_PLACE_OR_HOUSE = re.compile(
    r",? (?:te |in )?[A-ZÀ-Þ'’][a-zà-ÿ\-]{2,}|,? ?(?:nr\.? ?|no\.? ?)?\d{1,4}(?!\d)"
)


def _is_before_house(text: str, match: re.Match[str]) -> bool:
    """Whether a house number follows, and the figures are no year."""
    return text[match.start() : match.start() + 2] not in ("19", "20") and bool(
        _HOUSE_NEXT.match(text, match.end())
    )


_CODE_HEADS = frozenset(("pos", "pc", "p", "zip", "eir", "plz", "cod"))
"""What a label of a postcode starts with."""


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
                if not (_is_before_house(scan.text, match) or space == ""):
                    continue
                if space == "" and not _CODE_LABEL.search(scan.before(match.start())):
                    continue
            sure = letters.isupper() or not space
            yield Finding(
                match.start(), match.end(), 0.9 if sure else 0.5, "four digits two letters"
            )
        for match in _PARTED.finditer(scan.text):
            letters = match.group()[-2:].upper()
            known = _CODE_LABEL.search(scan.before(match.start())) or _PLACE_OR_HOUSE.match(
                scan.text, match.end()
            )
            if letters not in _NEVER_ISSUED and known:
                yield Finding(match.start(), match.end(), 0.7, "four digits, a sign, two letters")
        for match in _BRITISH.finditer(scan.text):
            yield Finding(match.start(), match.end(), 0.85, "British")
        yield from self._abroad(scan)

    def _abroad(self, scan: TextScan) -> Iterator[Finding]:
        text = scan.text
        for match in _BRITISH_SLOPPY.finditer(text):
            if match[1].upper() not in _BRITISH_AREAS:
                continue
            upper = match.group().isupper() and len(match.group()) > 5
            behind = _BRITISH_LABEL.search(scan.before(match.start())) or _AFTER_STREET.search(
                scan.before(match.start(), 64)
            )
            if upper or behind or self._is_behind_place(scan, match):
                yield Finding(
                    match.start(), match.end(), 0.6 if behind else 0.45, "British, sloppy"
                )
        for match in _EIRCODE.finditer(text):
            if any(c.isalpha() for c in match.group()[4:]):
                yield Finding(match.start(), match.end(), 0.6, "Irish")
        for match in _AMERICAN.finditer(text) if scan.digit_count > 4 else ():
            if match[1] in _STATES:
                yield Finding(match.start(2), match.end(2), 0.7, "American")
        for match in _FIGURES_AND_PLACE.finditer(text) if scan.has_place else ():
            words = re.split(r"(?<=[ \-])", match[2])
            if any(fold("".join(words[:n]).strip(" -")) in _places() for n in (1, 2, 3, 4)):
                behind = _AFTER_STREET.search(scan.before(match.start(), 64))
                year = match[1][:2] in ("19", "20") and len(match[1]) == 4
                if behind or not (year or _SMALL_COUNT.search(scan.before(match.start(), 16))):
                    yield Finding(match.start(), match.end(1), 0.6, "figures and place")
        for match in () if _CODE_HEADS.isdisjoint(scan.heads) else _LABELLED_CODE.finditer(text):
            if _CODE_LABEL.search(scan.before(match.start())):
                yield Finding(match.start(), match.end(), 0.6, "labelled")

    def _is_behind_place(self, scan: TextScan, match: re.Match[str]) -> bool:
        """Whether a known place stands right before, and the letters are no unit or ordinal."""
        code = match.group()
        if " " not in code or code[-2:].lower() in _UNITS:
            return False
        before = _WORD_BEFORE.search(scan.text[max(0, match.start() - 26) : match.start()])
        return before is not None and fold(before[1]) in _places()


_UNITS = frozenset(("st", "nd", "rd", "th", "gb", "tb", "hp", "ft", "hr", "px", "xl", "pp"))
_WORD_BEFORE = re.compile(r"(?<!\w)([^\W\d_]{3,24})[ ,\n]{1,2}$")
_HOUSE_NEXT = re.compile(
    r"[ ,]{1,2}(?:nr\.? ?|no\.? ?|huisnr\.? ?|huisnummer )?\d{1,4}(?![\d.,:%€])"
)
_AFTER_STREET = re.compile(
    r"(?:straat|str\.|laan|weg|plein|gracht|kade|dijk|singel|steenweg|lei|strasse|straße|street|road|avenue|lane|drive|close|court"
    r"|\bst|\brd|\bave|way|crescent|rue|terrace|gardens|grove|place|square)\.?,? ?\d{0,4} ?[a-z]?(?:,? (?:bus|box|b) ?\d{1,4})?"
    r"[, \n]{1,3}(?:[\w'\-]{2,20}[, \n]{1,3}){0,3}$"
)
_SMALL_COUNT = re.compile(
    r"(?:sinds|since|in|voor|per|nr|order|factuur|invoice|kamer|room|bestel\w*|ticket|case|€|versie|version|artikel|type|model|km|post|jaar|year|zaal)\.? ?$"
)


def _places() -> frozenset[str]:
    return lexicon().places


_SUFFIX = re.compile(
    r"[a-z'\-]*(?:straat|straatje|strasse|gasse|allee|str|laan|laantje|weg|plein|gracht|kade|dijk|hof|singel|steeg|pad|"
    r"dreef|plantsoen|park|markt|baan|lei|boulevard|wal|burg|ring|veld|kamp|dam|haven|erf|akker|"
    r"berg|brink|poort|oord|hoek|weide|wijk|bos|horst|meent|waard|heide|kerkhof|tuin|hoven|"
    r"gaarde|stede|steen|vaart|sloot|kreek|wetering|zoom|rade|donk|hage|plaats|steenweg|plantage)\.?$"
)
_SURE_SUFFIX = re.compile(
    r"[a-z'\-]{3,}(?:straat|straatje|laan|plein|gracht|kade|singel|steeg|dreef|plantsoen|straatweg|str|"
    r"steenweg|weg|dijk|pad|hof)$"
)
_NOT_STREETS = word_class("not_streets")
_STREET_STARTS = word_class("street_starts")
_STREET_ADJECTIVES = frozenset(
    "lange korte oude nieuwe grote kleine hoge lage eerste tweede derde 1e 2e 3e burg burgemeester prof professor dr ds mr st sint "  # noqa: SIM905
    "prins prinses koningin koning graaf gen generaal admiraal pastoor kapelaan dominee pater dokter wethouder laan plein".split()
)
"""In lower case they belong to the street behind them."""
_STREET_INFIXES = frozenset(
    ("van", "de", "der", "den", "het", "'t", "ten", "ter", "la", "du", "le")
)
_NUMBER = re.compile(
    r"[ ,]{1,2}(?:nr\.? ?|no\.? ?)?([1-9]\d{0,4}(?:[ \-/]?[A-Za-z](?![\w.])|-\d{1,4}(?!\d)| ?(?:bis|hs|huis|"
    r"I{1,3}|IV|rood|zwart)(?!\w)|-(?:hs|bis|I{1,3}|IV)(?!\w)| ?bus ?\d{1,4}(?!\d)"
    r"|[ ,]{1,2}(?:app?\.?|appartement|unit) ?\d{1,4}| ?[1-9]-?hoog(?!\w))?)(?![\w]|[.,:]\d|-\d| ?%)"
)
_HOUSE_DIGITS = re.compile(r"(?<![\w.,:\-/])\d{1,5}")
_STREET_WORD = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Close|Way|Place|Pl|Square|Sq|Crescent|Cres|Terrace|Ter|Gardens|Gdns"
    r"|Grove|Mews|Hill|Row|Walk|Boulevard|Blvd|Highway|Hwy|Parkway|Pkwy|Circle|Cir|Park|Rise|View|Green|Quay|Wharf|Dock|Mount|Parade"
    r"|Vale|Trail|Loop|Path|Yard|Croft|Fields?|Meadows?|Bank|Brow|Wynd|Heights|Esplanade|Promenade|Gate|Common|End|Alley|Passage|Tce|Terr|Bldgs|Buildings|Cottages|Villas|Paddock|Orchard)"
)
_HOUSE = r"(?:(?:Flat|Apt\.?|Apartment|Unit|Suite|Room|Floor|Studio|Block|Level) [\dA-Z][\dA-Za-z\-/]{0,4},? (?:of )?|[1-9]\d?/)?"
_ENGLISH = re.compile(
    rf"(?<![\w.,\-/#€$£]){_HOUSE}(?:[A-Z][\w'’]{{1,16}} (?:House|Court|Lodge|Tower|Mansions|Building|Heights), )?"
    rf"(?:No\.? ?)?\d{{1,5}}[A-Za-z]?(?:[\-–/]\d{{1,4}}[A-Za-z]?)?,? "
    rf"(?:(?:North|South|East|West|N\.?|S\.?|E\.?|W\.?|NE|NW|SE|SW|Upper|Lower|Great|Little|Old|New) )?"
    rf"(?:(?:St\.? )?[A-Z][\w'’\-]{{1,24}} ){{1,3}}{_STREET_WORD}(?!\w)\.?"
    r"(?: (?:North|South|East|West)(?!\w))?(?:,? (?:Apt\.?|Apartment|Unit|Suite|Ste\.?|Flat|#) ?\d{1,4}[A-Za-z]?)?"
)
_ENGLISH_LOWER = re.compile(
    r"(?<![\w.,\-/#€$£])(?:(?:flat|apt|unit|suite) \d{1,4}[a-z]?,? )?\d{1,4}[a-z]? (?:[a-z][a-z'’\-]{2,20} ){1,2}"
    r"(?:street|road|avenue|lane|drive|close|crescent|terrace|gardens|grove|mews|boulevard|square|st|rd|ave|cres)(?!\w)"
)
_NO_STREET = re.compile(
    r"\d{1,4} (?:[a-z]+ )?(?:days?|weeks?|months?|years?|minutes?|hours?|miles?|more|items?|people|of|to|in|on|at|the|for|and|pm|am|x|off"
    r"|per|percent|cars?|times?|units?|boxes)\b"
)
_NAMED_HOUSE = re.compile(
    rf"(?<![\w])(?:{_HOUSE})(?:(?:The )?(?:[A-Z][\w'’\-]{{1,20}} ){{1,2}}(?:House|Cottage|Farm|Lodge|Barn|Forge|Mill|Rectory|Vicarage"
    rf"|Manor|Hall|Villa|Court|Tower|Mansions|Grange|Bungalow|Stables|Oast|Chapel|Inn|Schoolhouse)), (?:\d{{1,4}}[a-z]? )?"
    rf"(?:[A-Z][\w'’\-]{{1,20}} ){{1,2}}{_STREET_WORD}(?!\w)"
)
_FLAT_AND_NAME = re.compile(
    rf"(?<!\w)(?:Flat|Apt\.?|Apartment|Unit|Suite|Studio) [\dA-Z]{{1,4}},? (?:[A-Z][\w'’\-]{{1,20}} ){{1,2}}"
    rf"(?:{_STREET_WORD}|House|Court|Tower|Mansions|Building|Estate|Industrial Estate|Business Park)(?!\w)"
)
_LABELLED_STREET = re.compile(
    r"(?:(?:[Aa]dres|[Aa]ddress|[Ww]oon(?:t|achtig)(?: nu| thans)? (?:op|aan(?: de| het)?)|[Ww]onend(?:e)? (?:op|aan)|[Aa]fleveradres|[Bb]ezoekadres"
    r"|[Pp]ostadres|[Ff]actuuradres|[Nn]ieuw(?:e)? adres|[Vv]erhuisd naar|[Mm]oved to|[Ll]ives? at|[Ll]iving at|[Dd]eliver to|[Ss]hip to)"
    r"(?: is| was| wordt| \w{1,2}\.)?:? )((?:(?:de|het|'t|op|aan|van|den|der|ten|ter|in|the|bij) ){0,2}[A-ZÀ-Þ'’][\w'’.\-]{1,24}"
    r"(?: (?:(?:de|den|der|van|het|'t|op|ter|ten|la|du|en|aan|bij) ){0,3}[A-ZÀ-Þ\d][\w'’.\-]{1,24}){0,4} (?:nr\.? ?|no\.? ?)?\d{1,4}"
    r"(?: ?(?:[a-zA-Z]|bis|hs|huis|I{1,3}|IV|bus \d{1,4}|-\d{1,4}|/\d{1,4}|-[a-z]))?)(?![\w])"
)
_NUMBER_AND_PLACE = re.compile(
    r"(?<![\w.])([A-ZÀ-Þ'’][\w'’.\-]{2,24}(?: (?:(?:de|den|der|van|het|'t|op|ter|ten|en) ){0,3}[A-ZÀ-Þ][\w'’.\-]{1,24}){0,3} "
    r"\d{1,4}(?:[a-zA-Z]|[ \-]?(?:bis|hs|huis)|[\-/]\d{1,4}[a-z]?)?)(?:,| te| in|\n| -)[ ]?(?=([A-ZÀ-Þ'’][^\W\d_]+(?:[ \-][^\W\d_]+){0,3}))"
)
_NO_HEAD = frozenset(
    ("kamer", "zaal", "week", "order", "bestelling", "factuur", "ticket", "invoice", "room", "lokaal", "model", "versie", "version", "type",
     "winkel", "store", "stand", "hal", "vak", "perron", "lijn", "bus", "tram", "groep", "klas", "team", "fase", "level", "niveau",
     "iphone", "windows", "dossier", "zaak", "case", "artikel", "article", "pagina", "page", "stap", "step", "punt", "deel", "part",
     "gebouw", "building", "unit", "box", "postbus", "regio", "polis", "contract", "order", "offerte", "quote", "maat", "size", "om", "at")
)  # fmt: skip
_NO_FLOOR = frozenset(
    (
        "nummer",
        "huisnummer",
        "verdieping",
        "etage",
        "hoog",
        "appartement",
        "zolder",
        "datum",
        "sinds",
        "per",
        "vanaf",
    )
)
_NO_LOWER_STREET = frozenset(
    ("same", "other", "others", "next", "week", "month", "year", "team", "property")
)
_POSTCODE_NEXT = re.compile(r"[ ,\n\r]{1,4}[1-9]\d{3} ?[A-Za-z]{2}(?!\w)")
_FIGURED_STREET = re.compile(
    r"(?<!\w)(?:Plein|Laan|plein|laan|Straat) (?:1[5-9]\d\d|20\d\d)(?:-(?:1[5-9]|20)\d\d)?,? (?:nr\.? ?)?\d{1,4}[a-zA-Z]?(?![\w.:])"
)
"""A street whose name has a year in it: Plein 1944 nr 8."""
_QUARTERED = re.compile(
    r"(?<!\w)[A-ZÀ-Þ][\w'’\-]{2,24}(?:straat|weg|dijk|kade|gracht|singel|vaart|wal|laan) (?:[NZOW]\.? ?Z\.?|[Nn]oord|[Zz]uid|[Oo]ost|[Ww]est|[Nn]oordzijde|[Zz]uidzijde)"
    r" (?:nr\.? ?)?\d{1,4}(?: ?[a-zA-Z](?!\w))?(?![\w.:])"
)
_LABELLED_ENGLISH = re.compile(
    r"(?:[Ll]ives? (?:now )?at|[Ll]iving at|[Mm]oved (?:in)?to|[Aa]ddress(?: is|:)?|[Dd]eliver(?:ed)? to|[Ss]hip to|[Ss]taying at)"
    r" (\d{1,4}[a-z]?,? (?:[Tt]he )?[A-Z][\w'’\-]{2,20}(?: [A-Z][\w'’\-]{2,20}){0,3})(?![\w])"
)
_LABELLED_LOWER = re.compile(
    r"(?<!\w)(?:woon(?:t|achtig)?(?: (?:nu|thans))? (?:op|aan)|adres(?: is|:)?|verhuisd naar|bezorgd (?:op|aan)) "
    r"((?:(?:de|het|'t|t|op|aan|den|der|van|in|la) ){0,2}[a-z][a-z'’\-]{3,20}(?: [a-z][a-z'’\-]{3,20})? \d{1,4}(?: ?[a-z])?)(?![\w.,:%]\d|\w| ?%)"
)
_THE_LOWER = re.compile(
    r"(?<!\w)(?:lives?(?: now)? at|living at|moved (?:in)?to|address(?: is|:)?|staying at) (\d{1,4}[a-z]? the [a-z][a-z'’\-]{3,20})(?!\w)"
)
"""Streets in lower case that no ending gives away, behind a word for an address."""
_COTTAGE = re.compile(
    rf"(?<![\w])(?:The )?(?:[A-Z][\w'’\-]{{1,20}} ){{1,2}}(?:Cottage|Farm|Lodge|Barn|Forge|Mill|Rectory|Vicarage|Manor|Villa|Grange"
    rf"|Bungalow|Stables|Oast|Schoolhouse), (?:[A-Z][\w'’\-]{{1,20}} ){{1,2}}{_STREET_WORD}(?!\w)"
)
"""A house with a name instead of a number."""
_POSTBOX = re.compile(
    r"(?<!\w)(?:postbus|antwoordnummer|p\.?o\.? box) \d{1,6}(?!\w)", re.IGNORECASE
)


_ENGLISH_WORDS = frozenset(
    "alley ave avenue bank barn blvd boulevard brow building bungalow chapel cir circle close common cottage court cres crescent croft ct dock dr drive end esplanade estate farm field fields "  # noqa: SIM905
    "forge gardens gate gdns grange green grove hall heights highway hill house hwy inn lane ln lodge loop manor mansions meadow meadows mews mill mount oast parade park parkway passage "
    "path pkwy pl place promenade quay rd rectory rise road row schoolhouse sq square st stables street ter terrace tower trail vale tce terr bldgs buildings cottages villas paddock orchard vicarage view villa walk way wharf wynd yard st. rd. ave. dr. ln. ct. blvd.".split()
)
"""One of these stands in every English street or house name."""
_LABEL_HEADS = frozenset(
    ("adr", "add", "woo", "afl", "bez", "pos", "fac", "nie", "ver", "mov", "liv", "del", "shi")
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
        yield from streets(scan)

    def read(self, scan: TextScan) -> Iterator[Finding]:
        """The same, worked out anew."""
        text = scan.text
        english = not _ENGLISH_WORDS.isdisjoint(scan.lowered)
        if english and "," in text:
            for match in _COTTAGE.finditer(text):
                yield Finding(match.start(), match.end(), 0.8, "named house")
        if not scan.digit_count:
            return
        for index, end in enumerate(scan.ends):
            if text.startswith("str.", end - 3):
                end += 1
            number = _NUMBER.match(text, end)
            if number and (start := self._street(scan, index, number.end())) is not None:
                yield Finding(start, number.end(), 0.85, "street and number")
        if english:
            yield from self._english(text)
        yield from self._by_surroundings(scan)
        for match in _POSTBOX.finditer(text):
            yield Finding(match.start(), match.end(), 0.6, "box")

    def _english(self, text: str) -> Iterator[Finding]:
        for pattern in (_NAMED_HOUSE, _ENGLISH, _FLAT_AND_NAME):
            for match in pattern.finditer(text):
                yield Finding(match.start(), match.end(), 0.85, "number and street")
        for match in _ENGLISH_LOWER.finditer(text):
            if not _NO_STREET.match(match.group()):
                yield Finding(match.start(), match.end(), 0.6, "number and street in lower case")

    def _by_surroundings(self, scan: TextScan) -> Iterator[Finding]:
        """Streets that no ending gives away: behind a word for an address, or before a place."""
        text = scan.text
        labelled = not _LABEL_HEADS.isdisjoint(scan.heads)
        for match in _LABELLED_STREET.finditer(text) if labelled else ():
            yield Finding(match.start(1), match.end(1), 0.7, "behind a word for it")
        for pattern in (_FIGURED_STREET, _QUARTERED) if scan.digit_count > 1 else ():
            for match in pattern.finditer(text):
                yield Finding(match.start(), match.end(), 0.9, "street with a year or quarter")
        for match in _LABELLED_LOWER.finditer(text) if labelled else ():
            if _NO_HEAD.isdisjoint(match[1].split()) and _NO_FLOOR.isdisjoint(match[1].split()):
                yield Finding(match.start(1), match.end(1), 0.6, "in lower case, behind a word")
        for match in _THE_LOWER.finditer(text) if labelled else ():
            if match[1].split()[-1] not in _NO_LOWER_STREET:
                yield Finding(match.start(1), match.end(1), 0.6, "in lower case, behind a word")
        for match in _LABELLED_ENGLISH.finditer(text) if labelled else ():
            if not _NO_STREET.match(match[1]):
                yield Finding(match.start(1), match.end(1), 0.65, "behind a word for it")
        for match in _NUMBER_AND_PLACE.finditer(text) if scan.has_place else ():
            head = fold(match[1].split()[0])
            words = re.split(r"(?<=[ \-])", match[2])
            known = any(fold("".join(words[:n]).strip(" -")) in _places() for n in (1, 2, 3, 4))
            if known and head not in _NO_HEAD and head not in _NOT_STREETS:
                yield Finding(match.start(1), match.end(1), 0.55, "before a place")

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
            return scan.starts[self._first_lower_word(scan, index)]
        if capital and (start := self._first_word(scan, index)) < index:
            head = fold(scan.words[start])
            if head in ("laan", "plein", "kade", "rue", "avenue", "boulevard"):
                return scan.starts[start]
        return scan.starts[index] if before_postcode and len(key) > 3 else None

    def _first_lower_word(self, scan: TextScan, index: int) -> int:
        """Where a street in lower case begins: "lange nieuwstraat", "willem de zwijgerlaan"."""
        first = infix = index
        for place in range(index - 1, max(-1, index - 4), -1):
            if scan.text[scan.ends[place] : scan.starts[place + 1]] not in (" ", ". "):
                break
            word = scan.words[place].lower().rstrip(".")
            if word in _STREET_INFIXES:
                infix = place
            elif word in _STREET_ADJECTIVES or (
                infix == place + 1 and scan.features[place] & GIVEN_HOME
            ):
                return place
            else:
                break
        return first

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


def streets(scan: TextScan) -> tuple[Finding, ...]:
    """The streets of a text, read once for whoever asks."""
    found: tuple[Finding, ...] | None = scan.__dict__.get("streets")
    if found is None:
        found = scan.__dict__["streets"] = tuple(_STREETS.read(scan))
    return found


_STREETS = StreetRecognizer("nl")


def _opens_sentence_as_word(scan: TextScan, place: int) -> bool:
    return fold(scan.words[place]) in {
        "adres", "address", "woont", "wonend", "naar", "is", "mijn", "ons", "nieuw", "nieuwe", "from",
        "bezoekadres", "postadres", "afleveradres", "factuuradres", "bij", "aan", "verhuisd", "wij",
        "live", "lives", "moved", "my", "woon", "ik", "we", "vanaf", "per", "at", "to", "i", "in",
    }  # fmt: skip


_PLACE_CUE = re.compile(
    r"(?:\bwoont|\blives|\bwoonpl\.?:?|\bwpl\.?:?|woon(?:t|achtig|den|de)?(?: sinds)?(?: \w{1,12})? (?:in|te|bij|vlakbij)|wonend(?:e)? (?:in|te)|wonen (?:nu )?(?:in|te)"
    r"|verhui(?:sd|st|zen|zing|s)(?: \w{1,9})? (?:naar|uit|van)|geboren (?:te|in)|born (?:and raised )?in|lives? (?:in|near|outside)"
    r"|verhui\w{1,4} (?:van|uit) [\w'’\- ]{2,24} naar|lived in|living (?:in|near)|(?:moved|moving|relocat(?:ed|ing)) (?:back )?(?:to|from)|grew up in|(?:woon)?plaats(?:naam)?:?|\bstad:?|\bcity:?|\btown:?"
    r"|based in|afkomstig uit|komt (?:oorspronkelijk )?uit|kom uit|(?:resident|native) of|originally from|(?:woning|huis|appartement|flat) (?:in|te)|hometown:?) $"
)
_STRONG_CUE = re.compile(
    r"(?:\bwoon(?:t|achtig|den|de)?(?: (?:nu|al|zelf|sinds \d{4}))? (?:in|te)|wonend(?:e)? (?:in|te)|wonen (?:nu )?(?:in|te)|verhuisd naar|geboren (?:te|in)"
    r"|woonplaats:?|\bwoonpl\.?:?|\bwpl\.?:?|(?:^|\n)plaats:|\b(?:i|we|he|she|they) lives? in|\blives? in|living in|(?:^|\n)(?:city|town):|ik kom uit|afkomstig uit"
    r"|hometown:?) $"
)
_PLACE_PREFIXES = frozenset(
    "nieuwe nieuw oude oud sint st ter ten den de het 't groot klein noord zuid west oost little great upper lower north south east west new old".split()  # noqa: SIM905
)
"""What may stand before the word by which a place is known: Nieuwe Pekela, Little Snoring."""
_JOINER = re.compile(r" (?:aan|op|bij|en|van|over|onder|upon|on|in|under) (?:(?:de|den|het|the) )?")
_LINE_END = re.compile(r"[.,;]?(?:\s*$|\s*\n|[.,;)] )")
_NO_PLACES = frozenset(
    "nederland belgie belgium holland duitsland germany frankrijk france spanje spain italie italy engeland england vlaanderen friesland "  # noqa: SIM905
    "drenthe overijssel gelderland limburg brabant noord-brabant zeeland noord-holland zuid-holland flevoland europa europe turkije marokko polen "
    "portugal amerika".split()
)
"""Countries and provinces, which are no places where somebody lives."""
_FROM_CUE = re.compile(
    r"(?:(?:[A-ZÀ-Þ][\w'’\-]{1,20}|[Kk]lant|[Mm]evrouw|[Mm]evr\.?|[Mm]w\.?|[Mm]eneer|[Dd]hr\.?|[Cc]li[eë]nte?|[Hh]uurder|[Vv]rouw|[Mm]an|[Hh]eer|[Dd]ame|[Ll]id"
    r"|[Kk]oper|[Pp]ati[eë]nt|[Bb]ewoner) uit|(?:[A-ZÀ-Þ][\w'’\-]{1,20}|customer|lady|gentleman|caller|woman|man|client|guest|buyer) from|[A-ZÀ-Þ][\w'’\-]{1,20}, (?:of|uit|te)) $"
)
_FIELD = re.compile(
    r"(?:^|(?<=[\n,;|]))[ \t]{0,3}(?:woonplaats|plaats|stad|city|town|gemeente): ?([^\W\d_][^\W\d_'’\- ]{1,14}(?:[ '’\-][^\W\d_]{1,14}){0,3})(?=[ \t]*(?:$|[\n,;|]))",
    re.IGNORECASE,
)
_LABEL_CUE = re.compile(
    r"(?:^|\n)(?:from|uit|location|locatie|woonplaats|plaats|town|city|gemeente): $", re.IGNORECASE
)
_NOW_CUE = re.compile(
    r"(?:\bnu(?: nog)?|\bnow(?: still)?(?: in)?|momenteel in|currently in|voorheen|previously in) $"
)
_AFTER_CODE = re.compile(
    r"[1-9]\d{3} ?[A-Z]{2}[ ,\n]{1,3}(?:te |in )?$|(?<![\d\-/.,])(?:[1-9]\d{3}|(?:[DFBAL]-)?\d{5}) $"
)
_AFTER_CODE_LOWER = re.compile(r"[1-9]\d{3} ?[a-z]{2}[ ,\n]{1,2}(?:te |in )?$")
_AFTER_NUMBER = re.compile(
    r"([^\W\d_]+)\.? (?:nr\.? ?)?\d{1,5} ?(?:[a-z]|bis|hs|huis|bus ?\d{1,4}|i{1,3})?(?:[\-/]\w{1,4})?(?:,|\n| \()? ?(?:te |in |ook )?$"
)
_AFTER_ENGLISH = re.compile(
    r"(?:\d[\w ,'’/\-]{0,32}|[A-Z][\w'’]{1,20} |^)\b(?i:street|road|avenue|lane|drive|st|rd|ave|close|court|way|place|square|crescent|terrace|gardens|grove|mews|hill|row|walk|boulevard"
    r"|blvd|park|rise|view|green|quay|wharf|dock|parade|yard|croft|house|cottage|farm|lodge)\.?(?:,|\n| in)[ \n]?(?:[\w'\- ]{2,24}, )?(?:in )?$"
)
_CODE_BEHIND = re.compile(
    r"[, \n]{1,3}(?:[A-Z]{2},? \d{5}(?!\d)|[1-9]\d{3} ?[A-Z]{2}(?!\w)|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}(?!\w))"
)


_DUTCH_BEFORE = re.compile(r"[1-9]\d{3} ?[A-Z]{2}[ ,\n]{1,3}$")
_BETWEEN = re.compile(r"[ ,.\n(\-]{0,3}(?:te |in |ook |[A-Z][\w'\- ]{2,20}, )?")


def _continues(scan: TextScan, index: int) -> bool:
    """Whether a word with a capital follows after one blank or hyphen."""
    return (
        index + 1 < len(scan.words)
        and bool(scan.features[index + 1] & CAPITAL)
        and scan.text[scan.ends[index] : scan.starts[index + 1]] in (" ", "-")
    )


def _next_capital(scan: TextScan, index: int) -> int:
    """The next of the three words behind one that has a capital, or the one right behind it."""
    for place in range(index + 2, min(index + 4, len(scan.words))):
        if scan.features[place] & CAPITAL:
            return place
    return index + 1


def _behind_street(text: str, place: int, ends: set[int]) -> bool:
    """Whether a street ends right before a place, a district's name between them or not."""
    return any(
        end in ends and _BETWEEN.fullmatch(text, end, place)
        for end in range(max(0, place - 26), place + 1)
    )


class PlaceRecognizer(ScanRecognizer):
    """A place where it is part of an address or says where somebody lives; not by itself."""

    ENTITY = "CITY"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Places behind a postcode, a house number or a word for living there."""
        for match in _FIELD.finditer(scan.text) if ":" in scan.text else ():
            if fold(match[1].strip()) in _places():
                yield Finding(match.start(1), match.start(1) + len(match[1].strip()), 0.8, "field")
        index = 0
        ends = {finding.end for finding in streets(scan)}
        while index < len(scan.words):
            last = index
            bits = scan.features[index]
            if bits & PLACE and not bits & CAPITAL and bits & (INFIX | WORD):
                index += 1  # "van" and "best" are words before they are places
                continue
            begins = bits & INFIX and self._place(scan, index)[0] > index
            if bits & PLACE or begins or (bits & CAPITAL and not bits & BLOCKED):
                last, known = self._place(scan, index)
                if fold(scan.words[index]) in _NO_PLACES:
                    index = last + 1
                    continue
                place = scan.starts[index]
                window = scan.text[max(0, place - 48) : place]
                addressed = known and _behind_street(scan.text, place, ends)
                behind = known and _CODE_BEHIND.match(scan.text, scan.ends[last])
                unlisted = None if known else self._unlisted(scan, index, ends)
                if unlisted is not None:
                    yield Finding(place, scan.ends[unlisted], 1.0, "told as a home")
                    last = unlisted
                elif (
                    addressed
                    or behind
                    or self._is_home(window, known=known, capital=bool(bits & CAPITAL))
                ):
                    score = 1.0 if _DUTCH_BEFORE.search(window) else 0.7
                    yield Finding(place, scan.ends[last], score, "part of an address")
            index = last + 1

    def _is_home(self, window: str, *, known: bool, capital: bool) -> bool:
        """Whether what stands before a place makes it part of an address or somebody's home."""
        code = _AFTER_CODE.search(window)
        if code and not code.group().strip().lstrip("DFBAL-").isdigit():
            return True
        if not known:
            return False
        if code:
            return capital
        low = window.lower()
        after_number = _AFTER_NUMBER.search(low)
        return bool(
            _AFTER_CODE_LOWER.search(window)
            or _PLACE_CUE.search(low)
            or _FROM_CUE.search(window)
            or _LABEL_CUE.search(window)
            or _NOW_CUE.search(low)
            or _AFTER_ENGLISH.search(window)
            or (after_number and _SUFFIX.match(fold(after_number[1])))
        )

    def _unlisted(self, scan: TextScan, index: int, ends: set[int]) -> int | None:
        """The last word of a place that no list has, where only somebody's home can stand."""
        start, count = scan.starts[index], len(scan.words)
        if not scan.features[index] & CAPITAL:
            return None
        window = scan.text[max(0, start - 48) : start]
        addressed = start in ends or _behind_street(scan.text, start, ends)
        if not addressed and not _STRONG_CUE.search(window.lower()):
            return None
        head = last = index
        if fold(scan.words[index]).rstrip(".") in _PLACE_PREFIXES and _continues(scan, index):
            head = last = index + 1
        joined = False
        while last + 2 < count and _JOINER.fullmatch(
            scan.text, scan.ends[last], scan.starts[_next_capital(scan, last)]
        ):
            last, joined = _next_capital(scan, last), True
        bits, key = scan.features[head], fold(scan.words[head])
        if (
            bits & BLOCKED
            or len(key) < 4
            or key in _NO_PLACES
            or (head == index and not joined and key in lexicon().words)
        ):
            return None
        if bits & GIVEN and head == index and not joined:
            ends_line = _LINE_END.match(scan.text, scan.ends[last])
            return last if addressed and ends_line else None
        return last

    def _place(self, scan: TextScan, index: int) -> tuple[int, bool]:
        """The last word of the place at index, and whether the list has it."""
        places = lexicon().places
        for last in range(min(index + 3, len(scan.words) - 1), index, -1):
            written = scan.text[scan.starts[index] : scan.ends[last]]
            if len(written) < 30 and fold(written) in places:
                return last, True
        return index, bool(scan.features[index] & PLACE)
