"""Names of accounts that tell a person: "gebruiker p.dejonge", "mailbox van j.devries".

Owns the words behind which such an account stands and its two forms. An account of any other form
("jsmith2") is left: nothing tells it from the name of a machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_rules.recognizers.scan import TextScan

_HEADS = frozenset(
    ("geb", "use", "log", "inl", "acc", "mai", "pos", "inb", "mel", "aan", "rep", "rai", "gem")
)
"""What a label starts with."""
_LABELS = (
    r"gebruikers?|users?|login|log-?in|inlog|inlognaam|gebruikersnaam|username|user name|account|mailbox|postvak|inbox"
    r"|melder|aanmelder|reporter|reported by|raised by|gemeld door|logged by"
)
_ACCOUNT = re.compile(
    rf"(?<!\w)(?:{_LABELS})(?:naam|name|id)?(?: (?:van|of|for|voor|is))?[: ]{{1,2}}"
    r"([A-Za-z]\.(?:[a-z]{1,3}\.)?[a-z]{3,20}|[a-z]{3,12}\.[a-z]{3,20})(?![\w@.]\w|\w|@)",
    re.IGNORECASE,
)
_NO_NAMES = (
    "nl",
    "com",
    "exe",
    "pdf",
    "xlsx",
    "docx",
    "csv",
    "log",
    "json",
    "xml",
    "txt",
    "org",
    "net",
)


def accounts(scan: TextScan) -> Iterator[tuple[int, int]]:
    """Start and end of each account that is made of a person's name."""
    if "." not in scan.text or _HEADS.isdisjoint(scan.heads):
        return
    for match in _ACCOUNT.finditer(scan.text):
        if match[1].lower().rpartition(".")[2] not in _NO_NAMES:
            yield match.span(1)
