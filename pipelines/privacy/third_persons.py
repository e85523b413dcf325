"""Blacks out everybody but one person in texts that are handed to that person.

Two nets: the detector's spans, and names that the vault or the record's surroundings know. What
is the person's own stays. Source: GDPR Art. 15(4).

Privacy: texts with personal data in; the same out, without what either net caught of others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, NamedTuple

from pipelines.common.normalise import name_key
from pipelines.privacy.detector import Detector
from pipelines.privacy.redaction import is_own
from pipelines.privacy.spans import Span, resolve

BLACK: Final = "█████"
"""As long for every value, so that its length tells nothing."""
KEPT_TYPES: Final = frozenset({"CITY", "URL", "VAT_NUMBER", "COMPANY_ID"})
"""A place or a company is nobody by itself."""

KnownNames = Callable[[Collection[str]], Collection[str]]
"""Which of these names, in the normal form of the mention index, somebody else bears."""

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")
_MOST_WORDS: Final = 5


class Blackened(NamedTuple):
    """A text that may be handed over, and how many places of which type were blacked out."""

    text: str
    counts: dict[str, int]


class ThirdPersons:
    """Blacks out whoever is not the one person.

    Args:
        detector: Finds personal data.
        own: The person's values, as :func:`pipelines.privacy.redaction.own_values` gives them.
        bears: Looks names up among everybody else in the vault.
        names: Written names of people around the records: colleagues, staff, other customers.
    """

    def __init__(
        self,
        detector: Detector,
        own: Collection[str],
        bears: KnownNames,
        names: Iterable[str] = (),
    ) -> None:
        self._detector = detector
        self._own = own
        self._bears = bears
        self._around = _pattern(names, own)

    def blacken(self, texts: Sequence[str]) -> list[Blackened]:
        """The texts without others, in order."""
        return [self._blackened(t, spans) for t, spans in zip(texts, self.spans(texts), strict=True)]

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Where each text speaks of somebody else."""
        found = self._detector.detect(texts)
        windows = [list(_names_in(text)) for text in texts]
        known = self._bears({key for names in windows for _, _, key in names})
        return [
            resolve([*self._foreign(text, spans), *self._known(text, names, known)])
            for text, spans, names in zip(texts, found, windows, strict=True)
        ]

    def _foreign(self, text: str, spans: Iterable[Span]) -> list[Span]:
        return [
            s
            for s in spans
            if s.type not in KEPT_TYPES and not is_own(s.type, text[s.start : s.end], self._own)
        ]

    def _known(
        self, text: str, names: Iterable[tuple[int, int, str]], known: Collection[str]
    ) -> list[Span]:
        found = [
            Span(start, end, "PERSON", 1.0)
            for start, end, key in names
            if key in known and not is_own("PERSON", text[start:end], self._own)
        ]
        if self._around is not None:
            found += [Span(*m.span(), "PERSON", 1.0) for m in self._around.finditer(text)]
        return found

    def _blackened(self, text: str, spans: Sequence[Span]) -> Blackened:
        out: list[str] = []
        place = 0
        for span in spans:
            out += [text[place : span.start], BLACK]
            place = span.end
        out.append(text[place:])
        return Blackened("".join(out), dict(Counter(s.type for s in spans)))


def _names_in(text: str) -> Iterable[tuple[int, int, str]]:
    """Runs of words that have the form of a name, each with its normal form."""
    words = [(m.start(), m.end(), m[0]) for m in _WORD.finditer(text)]
    for i, (start, _, first) in enumerate(words):
        if not first[0].isupper():
            continue
        for j in range(i + 1, min(i + _MOST_WORDS, len(words))):
            if words[j][0] - words[j - 1][1] > 2:  # a comma or a line lies between
                break
            if words[j][2][0].isupper() and (key := name_key(full=text[start : words[j][1]])):
                yield start, words[j][1], key


def _pattern(names: Iterable[str], own: Collection[str]) -> re.Pattern[str] | None:
    """Any capitalised part of a name that is not the person's own, whole or by its parts."""
    parts = {
        word
        for name in names
        for word in _WORD.findall(name)
        if len(word) > 2 and word[0].isupper() and not is_own("PERSON", word, own)
    }
    if not parts:
        return None
    longest_first = sorted(parts, key=lambda word: (-len(word), word))
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")\b")
