"""The decision for one contact row: which subject it is, or a new one, and what is doubtful.

Pure: works on sets of blind identifiers, knows no store. A wrong merge hands one person's data
to another, so whatever is not certain merges nobody and goes to the steward's queue.
Source: GDPR Art. 5(1)(d) and (f).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Pair = tuple[str, bytes]
"""Kind of identifier and its blind index."""


MOST_BEARERS = 4
"""Bearers of one identifier that are looked at. Two are enough to know that it says nobody's
name; a mailbox of thousands must not put thousands of pairs before the steward."""


class Doubt(NamedTuple):
    """Two subjects that may be one person, and why nobody was merged."""

    other_subject: int
    reason: str


class Decision(NamedTuple):
    """``subject`` is None for a new one."""

    subject: int | None
    doubts: tuple[Doubt, ...]


NEW = Decision(None, ())
"""Nobody bears anything of it."""


def names_agree(row: set[Pair], subject: set[Pair]) -> bool:
    """Whether the names do not contradict each other.

    A missing name contradicts nothing; an initial agrees with a first name that begins with it;
    two whole first names must be equal.
    """
    row_names = {p for p in row if p[0] == "name"}
    subject_names = {p for p in subject if p[0] == "name"}
    if not row_names or not subject_names:
        return True
    if not row_names & subject_names:
        return False
    row_full = {p for p in row if p[0] == "full_name"}
    subject_full = {p for p in subject if p[0] == "full_name"}
    return not row_full or not subject_full or bool(row_full & subject_full)


def decide(
    source: Pair,
    identifiers: list[Pair],
    bearers: Callable[[Pair], tuple[int, ...]],
    names_of: Callable[[int], set[Pair]],
) -> Decision:
    """Which subject a contact row belongs to.

    Args:
        source: The row's source key.
        identifiers: Its other identifiers.
        bearers: The subjects that bear an identifier, oldest first; ``MOST_BEARERS`` will do.
        names_of: The name identifiers of a subject.
    """
    row = set(identifiers)
    doubts: dict[int, str] = {}
    known = bearers(source)
    subject: int | None = known[0] if known else None
    for kind in ("email", "phone_name", "phone_birth"):
        for pair in (p for p in identifiers if p[0] == kind):
            candidates = bearers(pair)[:MOST_BEARERS]
            if subject is not None:
                doubts |= {c: f"{kind}_of_another" for c in candidates if c != subject}
            elif len(candidates) > 1:
                doubts |= dict.fromkeys(candidates, f"{kind}_of_several")
            elif candidates and not names_agree(row, names_of(candidates[0])):
                doubts[candidates[0]] = "conflicting_names"
            elif candidates and candidates[0] not in doubts:
                subject = candidates[0]
    for kind, reason in (("role_email", "role_mailbox"), ("phone", "shared_telephone")):
        for pair in (p for p in identifiers if p[0] == kind):
            for other in bearers(pair)[:1]:
                if other != subject:
                    doubts.setdefault(other, reason)
    if subject is not None:
        doubts.pop(subject, None)
    return Decision(subject, tuple(Doubt(*item) for item in sorted(doubts.items())))
