"""The rights a request can be about, and the grounds on which one may be refused.

Source: GDPR Art. 7(3), 11(2), 12(2), 12(5), 15-18, 20, 21; UAVG Art. 41, 44, 45.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pipelines.common.errors import UsageError


class Right(NamedTuple):
    """One right: its article, whether by nature it discloses or destroys data of the person."""

    name: str
    article: str
    is_grave: bool = False


class Ground(NamedTuple):
    """Why a request is refused: the article, and the rights for which it can be one."""

    name: str
    article: str
    rights: frozenset[str]


RIGHTS: Final[dict[str, Right]] = {
    right.name: right
    for right in (
        Right("access", "15", is_grave=True),
        Right("rectification", "16"),
        Right("erasure", "17", is_grave=True),
        Right("restriction", "18"),
        Right("portability", "20", is_grave=True),
        Right("objection", "21"),
        Right("withdraw-consent", "7(3)"),
    )
}

_ALL = frozenset(RIGHTS)
_ERASURE = frozenset({"erasure"})

GROUNDS: Final[dict[str, Ground]] = {
    ground.name: ground
    for ground in (
        Ground("not_identified", "12(2)", _ALL - {"withdraw-consent"}),
        Ground("unfounded", "12(5)", _ALL - {"withdraw-consent"}),
        Ground("excessive", "12(5)", _ALL - {"withdraw-consent"}),
        Ground("others_rights", "15(4)", frozenset({"access", "portability"})),
        Ground("accurate", "16", frozenset({"rectification"})),
        Ground("still_needed", "17(1)", _ERASURE),
        Ground("free_expression", "17(3)(a)", _ERASURE),
        Ground("legal_obligation", "17(3)(b)", _ERASURE),
        Ground("public_health", "17(3)(c)", _ERASURE),
        Ground("archiving", "17(3)(d)", _ERASURE),
        Ground("legal_claims", "17(3)(e)", _ERASURE | {"objection"}),
        Ground("not_applicable", "18(1)", frozenset({"restriction"})),
        Ground("not_provided", "20(1)", frozenset({"portability"})),
        Ground("compelling_grounds", "21(1)", frozenset({"objection"})),
    )
}

AT_ONCE_PURPOSES: Final = frozenset({"marketing", "tracking"})
"""Purposes to which an objection needs no assessment. Source: GDPR Art. 21(2), 21(3)."""


def right_of(name: str) -> Right:
    """A right by its name.

    Raises:
        UsageError: There is no such right.
    """
    try:
        return RIGHTS[name]
    except KeyError:
        raise UsageError(
            "there is no such right", code="right_unknown", todo="name one of " + ", ".join(RIGHTS)
        ) from None


def ground_for(right: str, name: str) -> Ground:
    """A ground by its name, which has to fit the right.

    Raises:
        UsageError: There is no such ground, or it is none for this right.
    """
    fitting = [g.name for g in GROUNDS.values() if right in g.rights]
    if name not in fitting:
        raise UsageError(
            "this is no ground to refuse this right", code="ground_unfit", where={"right": right},
            todo=f"name one of {', '.join(fitting)}" if fitting else "it cannot be refused",
        )  # fmt: skip
    return GROUNDS[name]


def works_at_once(right: str, purpose: str | None) -> bool:
    """Whether it needs no proof and works at once. Source: GDPR Art. 7(3), 21(3)."""
    return right == "withdraw-consent" or (right == "objection" and purpose in AT_ONCE_PURPOSES)
