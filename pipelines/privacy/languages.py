"""Which of two languages a text is in: a vote of its commonest words."""

from __future__ import annotations

import re

_DUTCH = frozenset(
    "de het een en van ik je is niet dat wij we op te voor met zijn er aan maar om bij ook naar dan"
    " heeft heb was nog wel geen u uw mijn klant gebeld graag moet kan wordt al over door dit die als"
    " hij zij ze mevrouw dhr terug".split()
)
_ENGLISH = frozenset(
    "the a and of to i you not that we for with his her they are was were this have has had but by"
    " from at your my can will would please about called customer be it he she his our an if".split()
)
_WORD = re.compile(r"[a-z]{1,9}")


def guess_language(text: str, default: str = "nl") -> str:
    """``nl`` or ``en`` by the first 2,000 code points; the default when it is even."""
    words = _WORD.findall(text[:2_000].lower())
    dutch = sum(word in _DUTCH for word in words)
    english = sum(word in _ENGLISH for word in words)
    return default if dutch == english else "nl" if dutch > english else "en"
