"""Who is mentioned in a text: identifiers in their one normal form, for the blind index.

Privacy: a text in, direct identifiers out; call only on the vault's side.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache

from pipelines.common.normalise import (
    address_key,
    email_key,
    fold,
    iban_key,
    is_half_name,
    name_key,
    name_parts,
    number_key,
    phone_key,
    without_lead,
)
from pipelines.privacy.spans import Span

Mention = tuple[str, str]
"""Kind (``email``, ``phone``, ``iban``, ``name``) and normal form."""


def mention_identifiers(text: str, spans: Iterable[Span]) -> list[Mention]:
    """The identifiers that a text mentions, each once, in order of their first place.

    A person counts with surname and initial only: a bare given name says nothing across records.
    """
    found: dict[Mention, None] = {}
    for span in sorted(spans):
        mention = _mention(span.type, text[span.start : span.end])
        if mention is not None:
            found.setdefault(mention)
    return list(found)


def told_mentions(text: str, spans: Iterable[Span]) -> list[Mention]:
    """What a text says of somebody that is no identifier by itself, each once, in order.

    Kinds: ``part`` (a given name or a surname alone, by word), ``address``, ``number`` (of a
    customer). They say who is meant only where few bear them (docs/decisions/0092).
    """
    found: dict[Mention, None] = {}
    for span in sorted(spans):
        found |= dict.fromkeys(_told(span.type, text[span.start : span.end]))
    return list(found)


def split_at_comma(text: str, span: Span) -> list[Span]:
    """A place that may hold two persons as each of them: "jannie van houten, yvette".

    Empty for any other. "Mulder Drost, Elke" looks the same, so both readings have to be asked.
    """
    before, comma, after = text[span.start : span.end].partition(",")
    if span.type != "PERSON" or not comma or not after.strip():
        return []
    if is_half_name(before) or len(name_parts(before)) < 2:
        return []
    second = span.end - len(after.lstrip())
    return [span._replace(end=span.start + len(before.rstrip())), span._replace(start=second)]


def full_name_mention(name: str) -> Mention | None:
    """Surname and whole given name, as contacts bear it; None where the given name is an initial."""
    key = _person_key(name)
    name = without_lead(name)
    surname, comma, given = name.partition(",")
    first = (fold(given if comma else surname).split() or [""])[0]
    if key is None or len(first) < 2:
        return None
    return "full_name", f"{key.partition('|')[0]}|{first}"


def own_mentions(mentions: Iterable[Mention], own: Collection[Mention]) -> list[Mention]:
    """Those mentions that are the record's own subject's, in their order.

    Args:
        mentions: As :func:`mention_identifiers` gives them.
        own: The subject's identifiers in the same kinds and normal forms.
    """
    mine = frozenset(own)
    return [mention for mention in mentions if mention in mine]


def third_party_mentions(mentions: Iterable[Mention], own: Collection[Mention]) -> list[Mention]:
    """Those mentions that are somebody else's, in their order."""
    mine = frozenset(own)
    return [mention for mention in mentions if mention not in mine]


@lru_cache(maxsize=65_536)
def _mention(kind: str, value: str) -> Mention | None:
    """What a span counts as; the same few names stand in thousands of texts, so they are kept."""
    found = _NORMAL_FORMS.get(kind)
    key = found[1](value) if found else None
    return (found[0], key) if found and key else None


@lru_cache(maxsize=65_536)
def _told(kind: str, value: str) -> tuple[Mention, ...]:
    """What a span tells besides identifiers; kept as :func:`_mention` is."""
    if kind == "PERSON":
        return tuple(("part", p) for p in name_parts(value)) if is_half_name(value) else ()
    told = _TOLD_FORMS.get(kind)
    key = told[1](value) if told else None
    return ((told[0], key),) if told and key else ()


def _person_key(value: str) -> str | None:
    """The name's normal form; initials behind the first ("J.P. de Vries") do not count."""
    words = without_lead(value).replace(".", ". ").split()
    kept = words[:1] + [w for w in words[1:] if not _is_short(w)]
    return name_key(full=" ".join(kept))


def _is_short(word: str) -> bool:
    """Whether a word is an initial or an infix cut short ("P.", "v", "vd", "v/d")."""
    return (len(word) == 2 and word.endswith(".")) or word.casefold() in ("v", "d", "vd", "v/d")


_NORMAL_FORMS: Mapping[str, tuple[str, Callable[[str], str | None]]] = {
    "EMAIL": ("email", email_key),
    "PHONE": ("phone", phone_key),
    "IBAN": ("iban", iban_key),
    "PERSON": ("name", _person_key),
}
_TOLD_FORMS: Mapping[str, tuple[str, Callable[[str], str | None]]] = {
    "ADDRESS": ("address", address_key),
    "CUSTOMER_NUMBER": ("number", number_key),
}
