"""Cautious resolution: what merges, what does not, and what queues."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines.identity.contact_identifiers import contact_identifiers
from pipelines.identity.decide import Decision, Pair, decide, names_agree

Row = dict[str, str | None]


def pairs(row: Row) -> list[Pair]:
    return [(i.kind, i.value.encode()) for i in contact_identifiers(row)]


class Register:
    """Subjects and what they bear, as the vault would know them."""

    def __init__(self) -> None:
        self.borne: dict[Pair, tuple[int, ...]] = {}
        self.names: dict[int, set[Pair]] = {}

    def add(self, subject: int, key: str, row: Row) -> None:
        for pair in [("source_key", key.encode()), *pairs(row)]:
            self.borne[pair] = (*self.borne.get(pair, ()), subject)
            self.names.setdefault(subject, set()).update({pair} if "name" in pair[0] else set())

    def decide(self, key: str, row: Row) -> Decision:
        return decide(
            ("source_key", key.encode()),
            pairs(row),
            lambda p: self.borne.get(p, ()),
            lambda s: self.names.get(s, set()),
        )


@pytest.fixture
def register() -> Register:
    register = Register()
    register.add(
        1,
        "crm|1",
        {
            "first_name": "Jan", "infix": "van der", "last_name": "Berg",
            "email": "jan@voorbeeld.example", "mobile": "06-12345678",
        },
    )  # fmt: skip
    return register


CASES: list[tuple[str, str, Row, int | None, set[str]]] = [
    ("same source key", "crm|1", {"email": "new@voorbeeld.example"}, 1, set()),
    ("same e-mail and name", "shop|9", {"full_name": "Berg, Jan van der", "email": "JAN@voorbeeld.example"}, 1, set()),
    ("same e-mail, initial only", "shop|9", {"full_name": "J. van der Berg", "email": "jan@voorbeeld.example"}, 1, set()),
    ("same e-mail without a name", "shop|9", {"email": "jan@voorbeeld.example"}, 1, set()),
    ("same e-mail, other surname", "shop|9", {"full_name": "Eva Smit", "email": "jan@voorbeeld.example"}, None, {"conflicting_names"}),
    ("same e-mail, partner with the same initial", "shop|9", {"full_name": "Joke van der Berg", "email": "jan@voorbeeld.example"}, None, {"conflicting_names"}),
    ("telephone alone", "shop|9", {"mobile": "+31612345678"}, None, {"shared_telephone"}),
    ("telephone and whole name", "shop|9", {"full_name": "Jan van der Berg", "phone": "0612345678"}, 1, set()),
    ("telephone, other first name", "shop|9", {"full_name": "Piet van der Berg", "phone": "0612345678"}, None, {"shared_telephone"}),
    ("telephone, initial only", "shop|9", {"full_name": "J. van der Berg", "phone": "0612345678"}, None, {"shared_telephone"}),
    ("nothing in common", "shop|9", {"full_name": "Jan van der Berg"}, None, set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "row", "subject", "reasons"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_decide_contact_row_is_cautious(
    register: Register, key: str, row: Row, subject: int | None, reasons: set[str]
) -> None:
    decision = register.decide(key, row)
    assert decision.subject == subject
    assert {d.reason for d in decision.doubts} == reasons


def test_decide_role_mailbox_never_merges(register: Register) -> None:
    register.add(2, "crm|2", {"full_name": "Eva Smit", "email": "info@bedrijf.example"})
    decision = register.decide("shop|3", {"full_name": "Eva Smit", "email": "info@bedrijf.example"})
    assert decision.subject is None
    assert [(d.other_subject, d.reason) for d in decision.doubts] == [(2, "role_mailbox")]


def test_decide_known_key_with_email_of_another_queues(register: Register) -> None:
    register.add(2, "crm|2", {"full_name": "Eva Smit", "email": "eva@voorbeeld.example"})
    decision = register.decide("crm|2", {"full_name": "Eva Smit", "email": "jan@voorbeeld.example"})
    assert decision.subject == 2
    assert [(d.other_subject, d.reason) for d in decision.doubts] == [(1, "email_of_another")]


def test_decide_email_of_several_merges_nobody(register: Register) -> None:
    register.add(2, "crm|2", {"full_name": "Jan van der Berg", "email": "jan@voorbeeld.example"})
    assert (
        register.decide(
            "shop|1", {"full_name": "Jan van der Berg", "email": "jan@voorbeeld.example"}
        ).subject
        is None
    )


@pytest.mark.parametrize("order", [list, lambda n: list(reversed(n))])
def test_names_agree_is_symmetric(order: Callable[[list[Row]], list[Row]]) -> None:
    one, other = order([{"full_name": "J. de Vries"}, {"full_name": "Jan de Vries"}])
    assert names_agree(set(pairs(one)), set(pairs(other)))
