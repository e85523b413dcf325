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
from pipelines.privacy.mentions import mention_identifiers
from pipelines.privacy.own_values import OwnValues
from pipelines.privacy.spans import Span, resolve

BLACK: Final = "█████"
"""As long for every value, so that its length tells nothing."""
KEPT_TYPES: Final = frozenset({"CITY", "URL", "VAT_NUMBER", "COMPANY_ID"})
"""A place or a company is nobody by itself."""

NAME_TYPES: Final = frozenset({"PERSON", "EMAIL", "SOCIAL_HANDLE"})
"""Types that say by themselves who is meant; a number says it by what stands beside it."""

Mention = tuple[str, str]
KnownOthers = Callable[[Collection[Mention]], Collection[Mention]]
"""Which identifiers, in the kinds and forms of the mention index, somebody else alone bears."""

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")
_MOST_WORDS: Final = 5
_INFIX: Final = r"(?:(?:van|von|de|der|den|het|ten|ter|te|el|al|['’][ts]|v/?d|v\.d?\.?) )*"
_BEHIND: Final = re.compile(rf",? {_INFIX}(?P<word>[^\W\d_a-zà-ÿ][^\W\d_]+)")
"""A capitalised word behind a name, infixes between; a second name after a comma too."""
_BEFORE: Final = re.compile(rf"(?<=[^.!?:\n] )(?P<word>[^\W\d_a-zà-ÿ][^\W\d_]+),? {_INFIX}$")
"""One before it, which does not begin a sentence."""
_GREETINGS: Final = frozenset(
    [
        "beste",
        "geachte",
        "hallo",
        "hoi",
        "dag",
        "dear",
        "hi",
        "hello",
        "heer",
        "mevrouw",
        "dhr",
        "mevr",
        "mr",
        "mrs",
        "ms",
    ]
)
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s)|\n")


class Blackened(NamedTuple):
    """A text that may be handed over, and how many places of which type were blacked out."""

    text: str
    counts: dict[str, int]


class ThirdPersons:
    """Blacks out whoever is not the one person.

    Args:
        detector: Finds personal data.
        own: The person's own values.
        bears: Looks identifiers up among everybody else in the vault.
        names: Written names of people around the records: colleagues, staff, other customers.
    """

    def __init__(
        self, detector: Detector, own: OwnValues, bears: KnownOthers, names: Iterable[str] = ()
    ) -> None:
        self._detector = detector
        self._own = own
        self._bears = bears
        self._around = _pattern(names, own)

    def blacken(self, texts: Sequence[str], are_own: Sequence[bool]) -> list[Blackened]:
        """The texts without others, in order.

        Args:
            texts: Any texts.
            are_own: Whether each stands in the person's own record. There a number that nobody
                else is known to bear, in a sentence that names nobody else, is the person's.
        """
        found = self.spans(texts, are_own)
        return [self._blackened(text, spans) for text, spans in zip(texts, found, strict=True)]

    def spans(self, texts: Sequence[str], are_own: Sequence[bool]) -> list[list[Span]]:
        """Where each text speaks of somebody else."""
        found = self._detector.detect(texts)
        windows = [list(_names_in(text)) for text in texts]
        asked = {("name", key) for names in windows for _, _, key in names}
        for text, spans in zip(texts, found, strict=True):
            asked.update(mention_identifiers(text, spans))
        others = self._bears(asked)
        made: list[list[Span]] = []
        for text, spans, names, is_own in zip(texts, found, windows, are_own, strict=True):
            named = self._named(text, spans, names, others)
            numbers = [
                s
                for s in spans
                if s.type not in KEPT_TYPES | NAME_TYPES
                and not self._own.has(s.type, text[s.start : s.end])
                and (not is_own or _is_others(text, s, named, others))
            ]
            made.append(resolve([*named, *numbers]))
        return made

    def _named(
        self,
        text: str,
        spans: Iterable[Span],
        names: Iterable[tuple[int, int, str]],
        others: Collection[Mention],
    ) -> list[Span]:
        found = [
            s
            for s in spans
            if s.type in NAME_TYPES and not self._own.has(s.type, text[s.start : s.end])
        ]
        found += [
            Span(start, end, "PERSON", 1.0)
            for start, end, key in names
            if ("name", key) in others and not self._own.has("PERSON", text[start:end])
        ]
        if self._around is not None:
            found += [Span(*m.span(), "PERSON", 1.0) for m in self._around.finditer(text)]
        return [self._widened(text, s) if s.type == "PERSON" else s for s in found]

    def _widened(self, text: str, span: Span) -> Span:
        """A name with the capitalised words beside it: of half a name the other half is told."""
        start, end = span.start, span.end
        if (behind := _BEHIND.match(text, end)) and not self._own.has("PERSON", behind["word"]):
            end = behind.end()
        before = _BEFORE.search(text, max(0, start - 40), start)
        if (
            before
            and before["word"].casefold() not in _GREETINGS
            and not self._own.has("PERSON", before["word"])
        ):
            start = before.start("word")
        return span._replace(start=start, end=end)

    def _blackened(self, text: str, spans: Sequence[Span]) -> Blackened:
        out: list[str] = []
        place = 0
        for span in spans:
            out += [text[place : span.start], BLACK]
            place = span.end
        out.append(text[place:])
        return Blackened("".join(out), dict(Counter(s.type for s in spans)))


def _is_others(text: str, span: Span, named: Iterable[Span], others: Collection[Mention]) -> bool:
    """Whether a number is somebody else's: the vault knows, or the sentence names somebody."""
    if any(m in others for m in mention_identifiers(text, [span])):
        return True
    start = max((m.end() for m in _SENTENCE_END.finditer(text, 0, span.start)), default=0)
    end = _SENTENCE_END.search(text, span.end)
    stop = end.start() if end else len(text)
    return any(n.start < stop and n.end > start for n in named)


def _names_in(text: str) -> Iterable[tuple[int, int, str]]:
    """Runs of words that have the form of a name, each with its normal form."""
    words = [(m.start(), m.end(), m[0]) for m in _WORD.finditer(text)]
    for i, (start, _, first) in enumerate(words):
        if not first[0].isupper() or first.rstrip(".").casefold() in _GREETINGS:
            continue
        for j in range(i + 1, min(i + _MOST_WORDS, len(words))):
            ends_sentence = words[j - 1][2].endswith(".") and len(words[j - 1][2]) > 4
            if words[j][0] - words[j - 1][1] > 2 or ends_sentence:  # a comma or a line between
                break
            end = words[j][1] - words[j][2].endswith(".")
            if words[j][2][0].isupper() and (key := name_key(full=text[start:end])):
                yield start, end, key


def _pattern(names: Iterable[str], own: OwnValues) -> re.Pattern[str] | None:
    """Any capitalised part of a name that is not the person's own, whole or by its parts."""
    parts = {
        word
        for name in names
        for word in _WORD.findall(name)
        if len(word) > 2 and word[0].isupper() and not own.has("PERSON", word)
    }
    if not parts:
        return None
    longest_first = sorted(parts, key=lambda word: (-len(word), word))
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")\b")
