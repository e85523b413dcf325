"""Which of two languages a text is in: a vote of its commonest words."""

from __future__ import annotations

import re

_DUTCH = frozenset(
    {
        "aan", "al", "als", "bij", "dan", "dat", "de", "dhr", "die", "dit", "door", "een", "en",
        "er", "gebeld", "geen", "graag", "heb", "heeft", "het", "hij", "ik", "is", "je", "kan",
        "klant", "maar", "met", "mevrouw", "mijn", "moet", "naar", "niet", "nog", "om", "ook",
        "op", "over", "te", "terug", "u", "uw", "van", "voor", "was", "we", "wel", "wij",
        "wordt", "ze", "zij", "zijn",
    }
)  # fmt: skip
_ENGLISH = frozenset(
    {
        "a", "about", "an", "and", "are", "at", "be", "but", "by", "called", "can", "customer",
        "for", "from", "had", "has", "have", "he", "her", "his", "i", "if", "it", "my", "not",
        "of", "our", "please", "she", "that", "the", "they", "this", "to", "was", "we", "were",
        "will", "with", "would", "you", "your",
    }
)  # fmt: skip
_WORD = re.compile(r"[a-z]{1,9}")


def guess_language(text: str, default: str = "nl") -> str:
    """``nl`` or ``en`` by the first 2,000 code points; the default when it is even."""
    words = _WORD.findall(text[:2_000].lower())
    dutch = sum(word in _DUTCH for word in words)
    english = sum(word in _ENGLISH for word in words)
    return default if dutch == english else "nl" if dutch > english else "en"
