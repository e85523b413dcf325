"""What stands in the field of a form that asks for a person's name.

"achternaam: quakernaat": a field tells what the lists and the tagger do not know. Owns the labels of
such fields and what is no answer to them ("nvt", "see above", a company).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_rules.recognizers.lexicon import (
    BLOCKED,
    FAMILY_HOME,
    GIVEN_HOME,
    INFIX,
    ORGANISATION,
    ROLE_CUE,
    WORD,
    lexicon,
    word_class,
)
from pii_rules.recognizers.scan import TextScan

_OF = r"(?:van )?(?:het |de |uw )?(?:kind|ouder|klant|contactpersoon|aanvrager|pati[eë]nt|verzekerde|partner|child|parent|patient|card|cardholder|tenant)"
_FIELD = re.compile(
    r"(?:^|(?<=[\n,;|]))[ \t>*\-]{0,3}(?:(?:volledige |hele |uw |je |full |first |last |family |given |your |cust(?:omer)? |client |patient |child'?s |parent'?s )?"
    rf"(?:(?:achter|voor|roep|meisjes|klant|sur|fore|maiden )?na(?:am|me))(?: (?:on )?{_OF})?|kaarthouder|rekeninghouder|cardholder|card holder"
    r"|account holder|voorletters|contactpersoon|contact person|next of kin) ?[:=] ?"
    r"(?:(?:dhr|mevr|mw|mr|mrs|ms|miss|dr)\.? )?"
    r"([^\W\d_][\w'’.\-]{0,24}(?: [^\W\d_][\w'’.\-]{0,24}){0,4})(?=[ \t]*(?:$|[\n,;|]))",
    re.IGNORECASE,
)
_IN_NAME_OF = re.compile(
    r"(?<!\w)(?:tnv|t\.n\.v\.?|ten name van)[:=]? (?:(?:dhr|mevr|mw)\.? )?"
    r"([^\W\d_][\w'’.\-]{0,24}(?: [^\W\d_][\w'’.\-]{0,24}){0,3})(?=[ \t]*(?:$|[\n,;|.)]))",
    re.IGNORECASE,
)
_NO_ANSWERS = word_class("abbreviations") | {"nvt", "onbekend", "idem", "unknown", "none", "n.v.t"}
_KNOWN = GIVEN_HOME | FAMILY_HOME


def labelled(scan: TextScan) -> Iterator[tuple[int, int]]:
    """Start and end of each name in a field for one."""
    low = scan.lower
    if ":" in low or "=" in low:
        for match in _FIELD.finditer(scan.text):
            if _is_name(match[1]):
                yield match.start(1), match.start(1) + len(match[1].rstrip("-'’"))
    if "tnv" in low or "t.n.v" in low or "ten name van" in low:
        for match in _IN_NAME_OF.finditer(scan.text):
            if _is_name(match[1]):
                yield match.start(1), match.start(1) + len(match[1].rstrip("-'’."))


def _is_name(value: str) -> bool:
    """Whether the answer has a word that no dictionary has, or is a known name; and is no company."""
    known = lexicon()
    words = value.split()
    bits = [known.features(word) for word in words]
    if any(bit & (BLOCKED | ORGANISATION | ROLE_CUE) for bit in bits) or max(map(len, words)) < 2:
        return False
    bare = [word.lower().rstrip(".") for word in words]
    if not _NO_ANSWERS.isdisjoint(bare) or any(w.isupper() and len(w) < 5 for w in words[:-1]):
        return False
    if known.is_phrase(words):
        return True
    heads = [bit for bit in bits if not bit & INFIX]
    if not heads:
        return False
    if len(words) > 1 and len(words[0].rstrip(".")) == 1 and len(words[-1]) > 2:
        return True
    return any(bit & _KNOWN or not bit & WORD for bit in heads) and not any(
        bit & WORD and not bit & _KNOWN for bit in heads[:1]
    )
