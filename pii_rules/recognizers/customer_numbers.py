"""Numbers under which an organisation knows a person: customer, contract, policy, member."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.scan import TextScan

_WHAT = (
    r"klant(?:en)?|kln?t|klntn|klantenpas|ledenpas|spaarpas|zorgpas|(?:huur|koop|lease|onderhouds)contract|kl|relatie|rel|debiteur(?:en)?|deb|lid|lidm|lidmaatschaps?|leden|contract|polis|verzekerde?n?|verzekerings"
    r"|dossier|file|abonnee|abonnements?|abon?|account|acct?|acc|rekeninghouder|pati[eë]nt(?:en)?|pat|cli[eë]nt(?:en)?|huurders?|bewoners?|deelnemers?"
    r"|donateurs?|gebruikers?|leerling(?:en)?|student(?:en)?|studie|personeels?|pers|medewerkers?|werknemers?|stamboek"
    r"|customer|cust|client|member(?:ship)?|mem|policy|policyholder|pol|patient|subscriber|subscription|supporter|employee|emp"
    r"|staff|payroll|student|pupil|tenant|tenancy|user|loyalty(?: card)?|bonus(?:kaart)?|klantenkaart|spaarkaart|pas|hypotheek|mortgage"
    r"|lening|loan|claimant|beneficiary|registratie|inschrijf|zorg|uzovi|agb|big|crm|debtor|hospital|mrn|a/c"
)
_NUMBER_WORD = r"(?:s?nummer|s?nmr|s?numr?|s?nrs?|s?num|numbers?|nos?|code|id|ids|#|ref|kenmerk)"
_VALUE = (
    r"(?=[A-Za-z0-9./\- ]*\d[A-Za-z0-9./\- ]?\d)"
    r"([A-Za-z]{0,5}(?:[\-./]?\d[\d\-./]*)(?:[ ](?=\d{2})\d[\d\-./]*){0,4}[A-Za-z0-9]{0,3})(?!\w)"
)
_LABEL = re.compile(rf"(?<![\w/])(?:{_WHAT})(?:[ \-.]{{0,2}}|, ){_NUMBER_WORD}\b\.?", re.IGNORECASE)
_LABELLED = re.compile(
    rf"(?: (?:is )?\(?(?:oude?|nieuwe?|old|new|veranderd|gewijzigd|changed)\)?(?: (?:in|naar|to))?)?(?: (?:is|was|van (?:mij|hem|haar|(?:mijn|zijn|haar|uw|onze|de) \w{{2,14}}) is|hier(?:bij)?|of|moet|for)\b){{0,2}}[ :=#,(]{{0,5}}{_VALUE}",
    re.IGNORECASE,
)
_ASKED = re.compile(rf"[^\d\n?]{{0,12}}\?[^\d]{{0,28}}?{_VALUE}", re.IGNORECASE)
_SPACED = re.compile(r"[ :=#]{0,4}([A-Z]{1,4}(?:[ /\-]\d{2,9}){1,4})(?!\w)")
_HEADS = frozenset(
    "huu koo ond kno kaa car bek ger ov- ov kla kl rel deb lid led con pol ver dos fil abo acc acct rek pat cli huu bew dee don geb lee stu per med wer sta "  # noqa: SIM905
    "cus mem sub sup emp pay pup ten use loy bon spa pas hyp mor len loa cla ben reg ins zor uzo agb big crm hos mrn kln klt abo c".split()
)
"""What a label can start with: a text without any is not looked at further."""
_BARE_LABEL = re.compile(
    r"(?<![\w/])(?:a/c|subscriber|mortgage|polis|lidmaatschap|membership|lening|loan|hypotheek|mortgage|abonnee|kl\.?(?=[ :])|klant|lid|debiteur|deb\.?|relatie|pers(?:oneels|\.)? ?nr|personeelsnummer|policy"
    r"|staff|employee|member|customer|cust|patient|pati[eë]nt|cli[eë]nt|account|acc|acct|contract)(?: (?:a/c|ref\.?))?(?: (?:is|was)(?= ))?[.:#]{0,2} ?[#(]? {0,2}"
    r"((?=[A-Za-z\d/.\-]{5,18}(?!\w))(?=[^ \n]*\d{2}[^ \n]*\d{2})[A-Za-z]{0,4}[\d\-./A-Za-z]{4,17})",
    re.IGNORECASE,
)
_SPACED_POLICY = re.compile(
    r"(?<![\w/])(?:polis|policy|contract|account|dossier|file|klant|customer|lid|lidmaatschap|member|membership|patient)"
    r" ?[(:]{0,2} ?((?=[^)\n]*\d[^)\n]?\d[^)\n]?\d[^)\n]?\d[^)\n]?\d)(?:[A-Z]{1,4}|A/C) \d{2,9}(?:[ /\-]\d{2,9}){0,3})(?!\w)"
)
"""Capitals and figures in pieces right behind the bare word: "polis (PL 2019/4412)"."""
_SPACED_FIGURES = re.compile(
    r"(?<!\w)(?:polis|policy|lidmaatschap|membership|contract)[.:#]? ?(?=(?:\d ?){7,14}(?!\d))(\d{2,6}(?: \d{1,6}){1,4})(?!\w)(?![.,]\d| (?:euro|eur|pounds|gbp))",
    re.IGNORECASE,
)
"""Seven figures and more in pieces right behind the bare word."""
_KNOWN_AS = re.compile(
    r"(?<!\w)(?:(?:klant|lid|customer|member) (?:onder|under|with)|mijn nummer (?:bij (?:jullie|u)|is)|my number (?:with you|is)|bekend (?:als|onder)|geregistreerd (?:als|onder)|onder nummer|known (?:as|under)|registered (?:as|under)|under number"
    r"|pas|kaart|card)(?: nummer| nr| number| no)?(?: is)?[.:]? ([A-Z]{1,4}-\d[\d\-]{3,11}|\d{2,3}\.\d{2,3}(?:\.\d{2,3}|-[A-Z]))(?!\w)",
    re.IGNORECASE,
)
_SAVINGS_CARD = re.compile(
    r"(?<!\w)(?:bonuskaart|klantenkaart|klantenpas|ledenpas|spaarkaart|spaarpas|ov[ \-]?chip(?:kaart)?|loyalty card|zorgpas)"
    r"(?:[ \-]?(?:nummer|nr|number|no))?[.:]?(?: is)? (\d{4}(?:[ \-]?\d{1,4}){1,4})(?!\w)",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"(?<![\w.,€$£/\-])([A-Za-z]{{0,4}}[\-]?\d[\d.\-/]{{3,14}}[A-Za-z0-9]{{0,3}})(?!\w),? ?(?:is|=|was|als|as) "
    rf"(?:mijn|zijn|haar|het|my|his|her|the|your|uw|jouw) (?:{_WHAT})[ \-]?{_NUMBER_WORD}\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[\-/.](?:0?[1-9]|1[0-2])[\-/.](?:19|20)?\d{2}"
    r"|(?:19|20)\d{2}(?:[\-/.]\d{1,2}[\-/.]\d{1,2}|[\-/](?:19|20)\d{2})?"
)
_MONEY = re.compile(r"\d+[.,]\d{2}")


class CustomerNumberRecognizer(ScanRecognizer):
    """Numbers of persons as customers, members, patients, policyholders, employees.

    They have no common form, so only the label beside them tells; a deployer's own forms go into
    ``number_patterns.yaml``. Orders, invoices and tickets are numbers of things and are left.
    """

    ENTITY = "CUSTOMER_NUMBER"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """The number beside its label."""
        if scan.digit_count < 3 or _HEADS.isdisjoint(scan.heads):
            return
        text = scan.text
        for label in _LABEL.finditer(text):
            for tail, score in ((_SPACED, 0.85), (_LABELLED, 0.85), (_ASKED, 0.7)):
                if (match := tail.match(text, label.end())) and (found := _number(match, score)):
                    yield found
                    break
        for match in _BARE_LABEL.finditer(text):
            if not _MONEY.fullmatch(match[1].strip(" .-/")) and (found := _number(match, 0.6)):
                yield found
        for pattern in (_SPACED_POLICY, _SPACED_FIGURES, _KNOWN_AS, _SAVINGS_CARD):
            for match in pattern.finditer(text):
                if found := _number(match, 0.7):
                    yield found
        for match in _AFTER.finditer(text) if _OWNERS.intersection(scan.heads) else ():
            if found := _number(match, 0.7):
                yield found


def _number(match: re.Match[str], score: float) -> Finding | None:
    """The first group without what hangs at its edges, unless it is a date or too short."""
    written = match[1]
    number = written.strip(" .-/")
    if sum(c.isdigit() for c in number) < 3 or _DATE.fullmatch(number):
        return None
    start = match.start(1) + len(written) - len(written.lstrip(" .-/"))
    return Finding(start, start + len(number), score, "labelled")


_OWNERS = frozenset(("mij", "zij", "haa", "het", "my", "his", "her", "the", "you", "uw", "jou"))
