"""Replaces what was found by typed placeholders, or cuts it out.

Privacy: a text and its spans in, the text without what the spans cover out. Pure functions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from pii_rules.recognizers.lexicon import INFIXES, fold
from pii_rules.recognizers.registry import load_registry
from pipelines.common.normalise import email_key, iban_key, phone_key
from pipelines.privacy.spans import Span, resolve

CUSTOMER = "<CUSTOMER>"
"""Stands for the record's own subject, whatever of it is written."""


@lru_cache(maxsize=1)
def _placeholders() -> Mapping[str, str]:
    return load_registry().placeholders


def redact(text: str, spans: Iterable[Span], subject_names: Collection[str] | None = None) -> str:
    """The text with each span replaced by a typed placeholder.

    The same value has the same number within a text: ``<PERSON_1>`` is ``<PERSON_1>`` throughout,
    also where a later mention is only a part of the name ("Sanne" after "Sanne de Vries").

    Args:
        text: The text as it was detected in.
        spans: Places in code points; overlaps are resolved, none may reach past the text.
        subject_names: Known values of the record's own subject (names, e-mail, telephone); where
            one is found it becomes ``<CUSTOMER>``.

    Privacy: direct identifiers in; out only what the detector missed.
    """
    known = {_subject_key(value) for value in subject_names or () if value.strip()}
    numbers: dict[tuple[str, str], int] = {}
    counts: dict[str, int] = {}
    out: list[str] = []
    place = 0
    for span in resolve(spans):
        value = text[span.start : span.end]
        out.append(text[place : span.start])
        out.append(_placeholder(span.type, value, known, numbers, counts))
        place = span.end
    out.append(text[place:])
    return "".join(out)


def cut(text: str, spans: Iterable[Span]) -> str:
    """The text with each span taken out and ``[…]`` put there, for an erasure.

    Nothing tells any more what kind of thing stood there, or that two places were the same.
    """
    out: list[str] = []
    place = 0
    for span in resolve(spans):
        out.append(text[place : span.start])
        if not (out[-1] == "" and len(out) > 1):
            out.append("[…]")
        place = span.end
    out.append(text[place:])
    return "".join(out)


def _placeholder(
    kind: str,
    value: str,
    known: Collection[str],
    numbers: dict[tuple[str, str], int],
    counts: dict[str, int],
) -> str:
    key = value_key(kind, value)
    if known and _is_subject(kind, key, known):
        return CUSTOMER
    number = numbers.get((kind, key))
    if number is None and kind == "PERSON":
        number = _partial(key, numbers)
    if number is None:
        number = counts[kind] = counts.get(kind, 0) + 1
    numbers[(kind, key)] = number
    return f"<{_placeholders().get(kind, kind)}_{number}>"


def value_key(kind: str, value: str) -> str:
    """What makes two findings of a kind the same: case, spacing and notation do not count."""
    if kind == "EMAIL":
        return email_key(value) or fold(value)
    if kind == "PHONE":
        return phone_key(value) or "".join(c for c in value if c.isdigit())
    if kind == "IBAN":
        return iban_key(value) or value
    return " ".join(fold(value).replace(".", ". ").split())


def _subject_key(value: str) -> str:
    if "@" in value:
        return email_key(value) or fold(value)
    digits = sum(c.isdigit() for c in value)
    if digits >= 8:
        return phone_key(value) or iban_key(value) or value
    return " ".join(fold(value).replace(".", ". ").split())


def _is_subject(kind: str, key: str, known: Collection[str]) -> bool:
    if key in known:
        return True
    return kind == "PERSON" and any(_part_of(key, name) for name in known)


def _partial(key: str, numbers: Mapping[tuple[str, str], int]) -> int | None:
    """The number of the one person of whose name this is a part, or the other way round."""
    names: dict[int, list[str]] = {}
    for (kind, other), number in numbers.items():
        if kind == "PERSON":
            names.setdefault(number, []).append(other)
    found = [
        number
        for number, others in names.items()
        if all(_part_of(key, other) or _part_of(other, key) for other in others)
    ]
    return found[0] if len(found) == 1 else None


def _part_of(part: str, whole: str) -> bool:
    """Whether all words of a name stand in another; initials stand for given names."""
    words = [w for w in part.split() if w not in INFIXES]
    names = [w for w in whole.split() if w not in INFIXES]
    if not words or len(words) > len(names):
        return False
    full = [w for w in words if not w.endswith(".") and len(w) > 1]
    initials = [w for w in words if w.endswith(".") or len(w) == 1]
    return (
        bool(full)
        and all(w in names for w in full)
        and all(any(n.startswith(w.rstrip(".")) for n in names) for w in initials)
    )
