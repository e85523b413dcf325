"""The states of a request and the steps between them: a table, so that it can be read whole.

::

    received ──ask_proof──► proof_asked ──verify──► in_progress ──fulfil──────► fulfilled
        └────────verify (no doubt, or none needed)──────►│ └─fulfil_partly─► partly_fulfilled
    received, proof_asked, in_progress ──refuse──► refused              complete ──► fulfilled
    received, proof_asked, in_progress ──withdraw──► withdrawn
    fulfilled ──renew──► fulfilled: a package is handed over anew

Whatever is not in the table is impossible. Source: GDPR Art. 12(3)-(6).
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from pipelines.common.errors import UsageError

State = Literal[
    "received", "proof_asked", "in_progress", "fulfilled", "partly_fulfilled", "refused",
    "withdrawn",
]  # fmt: skip
Action = Literal[
    "open", "ask_proof", "verify", "extend", "fulfil", "fulfil_partly", "complete", "refuse",
    "withdraw", "renew",
]  # fmt: skip

STATES: Final[tuple[State, ...]] = get_args(State)
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
OPEN_STATES: Final[tuple[State, ...]] = ("received", "proof_asked", "in_progress")
"""States in which the clock of a request runs."""

TRANSITIONS: Final[dict[tuple[State | None, Action], State]] = {
    (None, "open"): "received",
    ("received", "ask_proof"): "proof_asked",
    ("received", "verify"): "in_progress",
    ("proof_asked", "verify"): "in_progress",
    ("in_progress", "fulfil"): "fulfilled",
    ("in_progress", "fulfil_partly"): "partly_fulfilled",
    # what a hold or a statutory period kept is gone too
    ("partly_fulfilled", "complete"): "fulfilled",
    # a package whose passphrase was lost is made and handed over anew
    ("fulfilled", "renew"): "fulfilled",
    **{(state, "extend"): state for state in OPEN_STATES},
    **{(state, "refuse"): "refused" for state in OPEN_STATES},
    **{(state, "withdraw"): "withdrawn" for state in OPEN_STATES},
}


def next_state(state: State | None, action: Action, number: str = "") -> State:
    """The state to which a step leads.

    Raises:
        UsageError: The step is impossible: before verifying, or after the request was closed.
    """
    found = TRANSITIONS.get((state, action))
    if found is not None:
        return found
    where: dict[str, str | int] = {"request": number, "state": str(state)}
    if action in ("fulfil", "fulfil_partly") and state in ("received", "proof_asked"):
        raise UsageError(
            "the request is not verified yet", code="request_not_verified", where=where,
            todo="klantkluis request verify says who is asking, then fulfil it",
        )  # fmt: skip
    if state not in OPEN_STATES:
        raise UsageError(
            "the request is closed", code="request_closed", where=where,
            todo="open a new one if there is more to do",
        )  # fmt: skip
    raise UsageError(
        "this step is impossible in the state of the request", code="step_impossible",
        where=where | {"step": action}, todo="klantkluis request show says what is next",
    )  # fmt: skip
