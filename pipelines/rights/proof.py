"""How sure one must be who is asking, and by what means.

Proof is asked on reasonable doubt only, through a channel that is known already, and grows with the
risk. What is kept of it is its outcome. A copy of an identity card is no means here at all; a
document can be shown.

Source: GDPR Art. 5(1)(c), 12(6); EDPB Guidelines 01/2022, 3.2-3.3.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pipelines.common.errors import UsageError
from pipelines.rights.grounds import RIGHTS

METHODS: Final[dict[str, int]] = {
    "data_question": 1,  # answers about facts that only the person knows
    "known_channel": 3,  # a message through an address, number or account that is on file
    "in_person": 4,
    "document_shown": 4,  # seen, not copied
}
"""Means of proof and how much each proves."""
DEFAULT_METHOD: Final = "known_channel"


class Risk(NamedTuple):
    """What a wrong answer would harm; ``level`` is 1 (least) to 5."""

    level: int
    reasons: tuple[str, ...]


def risk_of(right: str, *, has_namesakes: bool, special_categories: bool = False) -> Risk:
    """The risk of answering somebody else.

    Args:
        right: What is asked.
        has_namesakes: Whether others bear the person's name.
        special_categories: Whether data of Art. 9 is held.
    """
    reasons: list[str] = []
    level = 1
    if RIGHTS[right].is_grave:
        level, reasons = level + 1, [*reasons, "grave"]
    if has_namesakes:
        level, reasons = level + 1, [*reasons, "namesakes"]
    if special_categories:
        level, reasons = level + 2, [*reasons, "special_categories"]
    return Risk(level, tuple(reasons))


def check_method(method: str, risk: Risk) -> None:
    """Refuse a means of proof that is too weak for the risk.

    Raises:
        UsageError: There is no such means, or it proves too little.
    """
    if method not in METHODS:
        raise UsageError(
            "there is no such means of proof", code="proof_unknown",
            todo="name one of " + ", ".join(METHODS),
        )  # fmt: skip
    if METHODS[method] < min(risk.level, max(METHODS.values())):
        enough = [m for m, strength in METHODS.items() if strength >= min(risk.level, 4)]
        raise UsageError(
            "this proof is too weak for the risk", code="proof_too_weak",
            where={"risk": risk.level}, todo="use one of " + ", ".join(enough),
        )  # fmt: skip
