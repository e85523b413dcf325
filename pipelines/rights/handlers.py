"""What a right has to offer so that requests for it can be planned and fulfilled.

An engineer of a right writes one :class:`Handler` and enters it into
:data:`pipelines.fulfilment.HANDLERS`. ``plan`` changes nothing; ``fulfil`` may be called again
after a kill and must then go on. Neither changes the state of the request: the caller does, by
the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from pipelines.rights.requests import Request

Outcome = Literal["fulfilled", "partly_fulfilled", "under_way", "left"]
"""``under_way``: a job has to run before it is done, as an erasure until it is published.
``left``: the request changed while it was looked at, and nothing was done."""


class PlanLine(NamedTuple):
    """One line of what fulfilling would do: counts and names of ours, never a value.

    Attributes:
        what: ``delete``, ``unlink``, ``keep``, ``cut``, ``package``, ``change`` …
        store: ``vault``, ``warehouse``, ``quarantine``, ``outbox``.
        relation: Table or entity.
        rows: How many.
        ground: Why it is kept, a code of :mod:`pipelines.rights.grounds` or ``hold``.
        until: Until when it is kept; None with a ground: until the hold is released.
    """

    what: str
    store: str
    relation: str
    rows: int
    ground: str | None = None
    until: date | None = None


class Fulfilment(NamedTuple):
    """What became of a request; ``ground`` says why a part was not done.

    Of a rectification ``still_held`` names cells that hold a former value: entity, record, column.
    """

    outcome: Outcome
    ground: str | None = None
    files: tuple[str, ...] = ()
    still_held: tuple[tuple[str, str, str], ...] = ()


class Handler(NamedTuple):
    """How one right is planned and fulfilled.

    The first argument is a ``Deployment`` that is open, and locked for ``fulfil``; typed loosely,
    because deployments stand above this layer.
    """

    plan: Callable[[Any, Request], Sequence[PlanLine]]
    fulfil: Callable[[Any, Request], Fulfilment]
