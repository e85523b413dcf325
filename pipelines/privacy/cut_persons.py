"""Finds the places of a text that speak of erased persons, and of nobody else.

Three kinds of clue: a blind identifier that a place has; the persons' sketches, which know half a
name and a slip of the pen; and what stands beside a name that goes. Knows no store.

Privacy: unsealed texts in, the same without the persons out; call only on the vault's side.
Source: GDPR Art. 17; docs/decisions/0092.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from pipelines.common.normalise import name_parts
from pipelines.privacy.detector import Detector
from pipelines.privacy.known_persons import NOBODY, KnownPersons, PersonMatcher, TaggedSpan
from pipelines.privacy.mentions import (
    Mention,
    full_name_mention,
    mention_identifiers,
    split_at_comma,
    told_mentions,
)
from pipelines.privacy.redaction import cut
from pipelines.privacy.spans import Span
from pipelines.vault.sketches import NEAR_KIND, SKETCH_KIND, UNSURE_KINDS, Around
from pipelines.vault.subjects import Pair

Place = tuple[int, int]
Blind = Callable[[str, str], bytes]
NUMBER_TYPES: Final = frozenset(
    {
        "PHONE", "EMAIL", "IBAN", "ADDRESS", "POSTCODE", "DATE_OF_BIRTH", "LICENCE_PLATE",
        "CUSTOMER_NUMBER", "BSN", "IP_ADDRESS", "SOCIAL_HANDLE",
    }
)  # fmt: skip
"""What is somebody's and says whose by what stands beside it."""
LONGEST_GAP: Final = 40
"""Code points between a name and its number: ", te bereiken op ", " neemt pakket aan op "."""
SHORT_GAP: Final = 6
"""The same for an account: "X belt over de machtiging op rekening …" tells of another's."""
_STOP = re.compile(r"[.!?;](?=\s|$)|\n")


class PersonCutter:
    """Cuts persons out of the texts of one record after another.

    Args:
        blind: Makes the blind index of an identifier.
        detector: Finds the places.
        matcher: Reads the sketches; without one only blind identifiers are known.
    """

    def __init__(
        self, blind: Blind, detector: Detector, matcher: PersonMatcher | None = None
    ) -> None:
        self._blind = blind
        self._detector = detector
        self._matcher = matcher

    def cut(
        self, texts: Mapping[str, str], pairs: Collection[Pair], around: Around
    ) -> Mapping[str, str]:
        """Texts by column without the persons; the same object where nothing is theirs.

        Args:
            texts: Of one record.
            pairs: Blind identifiers of the persons, their sketches among them.
            around: Of the record.
        """
        told = {pair for pair in pairs if pair[0] not in (SKETCH_KIND, NEAR_KIND)}
        near = _sketches(pairs, NEAR_KIND)
        if not told and not any(self._names(text, near) for text in texts.values()):
            return texts  # looked at because it lies near; most say nothing of the person
        found = [
            [part for span in spans for part in self._apart(text, span, told)]
            for text, spans in zip(
                texts.values(), self._detector.detect(list(texts.values())), strict=True
            )
        ]

        def read(erased: KnownPersons) -> list[_Read]:
            own = KnownPersons(around.own)
            return [
                _Read(self, text, spans, told, erased, own, around, is_near=bool(near))
                for text, spans in zip(texts.values(), found, strict=True)
            ]

        reads = read(_sketches(pairs, SKETCH_KIND, NEAR_KIND))
        is_unsure = all(kind in UNSURE_KINDS for kind, _ in told)
        if is_unsure and not any(r.told for r in reads):
            reads = read(near)
        made = {c: r.cut() for c, r in zip(texts, reads, strict=True)}
        return texts if made == texts else made

    def _apart(self, text: str, span: Span, told: Collection[Pair]) -> list[Span]:
        """A place, or the two that it is unless as a whole it names one of the persons."""
        parts = split_at_comma(text, span)
        return parts if parts and self.said(text, span).isdisjoint(told) else [span]

    def told(self, text: str, pairs: Collection[Pair]) -> tuple[list[Span], list[Span]]:
        """The places of a text that one of the identifiers names, and all others."""
        (found,) = self._detector.detect([text])
        spans = [part for span in found for part in self._apart(text, span, pairs)]
        theirs = [s for s in spans if not self.said(text, s).isdisjoint(pairs)]
        return theirs, [s for s in spans if s not in theirs]

    def said(self, text: str, span: Span) -> set[Pair]:
        """What a place says, blind."""
        mentions = [*mention_identifiers(text, [span]), *told_mentions(text, [span])]
        if span.type == "PERSON" and (full := full_name_mention(text[span.start : span.end])):
            mentions.append(full)
        return self.pairs_of(mentions)

    def tag(self, text: str, spans: Sequence[Span], known: KnownPersons) -> list[TaggedSpan]:
        """Places with whose they are."""
        if self._matcher is None:
            return [TaggedSpan(*span, "third_party", NOBODY) for span in spans]
        return self._matcher.tag(text, spans, known)

    def pairs_of(self, mentions: Iterable[Mention]) -> set[Pair]:
        """Identifiers made blind."""
        return {(kind, self._blind(kind, value)) for kind, value in mentions}

    def _names(self, text: str, erased: KnownPersons) -> bool:
        return any(p.party == "subject" for p in self.tag(text, [], erased))


def _sketches(pairs: Collection[Pair], *kinds: str) -> KnownPersons:
    return KnownPersons(b"".join(sorted({blind for kind, blind in pairs if kind in kinds})))


class _Read:
    """One text and what in it is whose."""

    def __init__(
        self,
        cutter: PersonCutter,
        text: str,
        spans: Sequence[Span],
        pairs: set[Pair],
        erased: KnownPersons,
        own: KnownPersons,
        around: Around,
        is_near: bool,
    ) -> None:
        self._cutter = cutter
        self._around = around
        self._is_near = is_near
        self._text = text
        self._pairs = pairs
        self._is_sketched = bool(erased)
        self._places = cutter.tag(text, spans, erased)
        tagged = cutter.tag(text, spans, own) if own else []
        self._own = [(p.start, p.end) for p in tagged if p.party == "subject"]
        self._whole = self._whole_names_of_others()
        self._others = self._others_named()
        self.told = [p for p in self._places if self._is_told(p)]

    def cut(self) -> str:
        """The text without the persons and what stands beside their names."""
        theirs = [p for p in self._places if p.party == "subject" and not self._is_owners(p)]
        doomed = {(p.start, p.end): p.span for p in (*theirs, *self.told)}
        named = {
            (p.start, p.end) for p in (*theirs, *self.told) if self._is_near or not self._is_half(p)
        }
        loose = [
            p
            for p in self._places
            if p.type in NUMBER_TYPES and (p.start, p.end) not in doomed and not self._is_owners(p)
        ]
        beside = self._beside(loose, named)
        if beside:
            borne = self._around.bearers({pair for p in beside for pair in self._said(p)}).keys()
            doomed |= {(p.start, p.end): p.span for p in beside if self._said(p).isdisjoint(borne)}
        return cut(self._text, doomed.values()) if doomed else self._text

    def _beside(self, loose: Sequence[TaggedSpan], named: Collection[Place]) -> list[TaggedSpan]:
        """Numbers nearest to a place that goes, in the same sentence, with nobody in between."""
        goes, found = set(named), []
        for place in loose:  # ascending: a postcode follows its address
            if any(self._touches(place, other) for other in goes):
                goes.add((place.start, place.end))
                found.append(place)
        return found

    def _touches(self, number: TaggedSpan, place: Place) -> bool:
        start, end = (
            (place[1], number.start) if place[1] <= number.start else (number.end, place[0])
        )
        longest = SHORT_GAP if number.type == "IBAN" else LONGEST_GAP
        if not 0 <= end - start <= longest or _STOP.search(self._text, start, end):
            return False
        return not any(p.start < end and p.end > start and p.type == "PERSON" for p in self._places)

    def _is_told(self, place: TaggedSpan) -> bool:
        """Whether an identifier of the persons stands here, and means them."""
        said = self._said(place) & self._pairs
        if not said or self._is_owners(place):
            return False
        if place.type != "PERSON":
            return True
        if self._is_half(place):
            parts = {p for p in self._said(place) if p[0] == "part"}
            return parts <= said and parts.isdisjoint(self._whole) and not self._is_named(parts)
        full = full_name_mention(self._text[place.start : place.end])
        if full is None or not self._is_sketched:
            return True  # an initial: the mention index has nothing better
        return place.party == "subject" or not said.isdisjoint(self._cutter.pairs_of([full]))

    def _said(self, place: TaggedSpan) -> set[Pair]:
        return self._cutter.said(self._text, place.span)

    def _is_half(self, place: TaggedSpan) -> bool:
        return place.type == "PERSON" and any(
            kind == "part" for kind, _ in told_mentions(self._text, [place.span])
        )

    def _is_owners(self, place: TaggedSpan) -> bool:
        """Whether it is the record's own subject's, by half a name or by a number."""
        return any(start < place.end and place.start < end for start, end in self._own)

    def _others_named(self) -> set[int]:
        """Living subjects whom the text names otherwise than by half a name."""
        if not any(kind == "part" for kind, _ in self._pairs):
            return set()
        told = {pair for p in self._places if not self._is_half(p) for pair in self._said(p)}
        return {i for ids in self._around.bearers(told - self._pairs).values() for i in ids}

    def _is_named(self, parts: set[Pair]) -> bool:
        """Whether half a name is that of somebody else whom the text names."""
        if not self._others:
            return False
        return any(not self._others.isdisjoint(i) for i in self._around.bearers(parts).values())

    def _whole_names_of_others(self) -> set[Pair]:
        """The words of whole names of others here: half a name beside them is theirs."""
        words = [
            ("part", part)
            for p in self._places
            if p.type == "PERSON" and p.party != "subject" and not self._is_half(p)
            for part in name_parts(self._text[p.start : p.end])
        ]
        return self._cutter.pairs_of(words)
