"""The removal effect: how many conversions a channel's disappearance would cost.

Journeys are a Markov chain of first order over channels, from a start to a conversion or to
nothing. Taking a channel out sends all who would come to it to nothing.

Source: Anderl, Becker, von Wangenheim and Schumann (2016), Mapping the customer journey, IJRM
33(3), 457-474; Archak, Mirrokni and Muthukrishnan (2010), WWW.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

START: Final = "(start)"
CONVERSION: Final = "(conversion)"
NOTHING: Final = "(nothing)"
_ENDS: Final = frozenset({START, CONVERSION, NOTHING})


def removal_effects(transitions: Mapping[tuple[str, str], int]) -> dict[str, float]:
    """The removal effect of each channel.

    Args:
        transitions: How often a journey went from one state to the next: a channel, ``START``,
            ``CONVERSION`` or ``NOTHING``. Every journey ends in one of the latter two.

    Returns:
        By channel, in order of name: the share of conversions that would not happen without it,
        0 to 1; all 0 where nothing converted. A channel that some conversion passed is above 0.

    Source: Anderl and others (2016), section 4.2.
    """
    channels = sorted({state for pair in transitions for state in pair} - _ENDS)
    places = {channel: place for place, channel in enumerate([*channels, START])}
    moves = np.zeros((len(places), len(places)))
    converting = np.zeros(len(places))
    totals = np.zeros(len(places))
    for (origin, target), count in transitions.items():
        totals[places[origin]] += count
        if target == CONVERSION:
            converting[places[origin]] += count
        elif target != NOTHING:
            moves[places[origin], places[target]] += count
    totals[totals == 0] = 1
    moves, converting = moves / totals[:, None], converting / totals
    whole = _conversion(moves, converting, np.arange(len(places)))
    if whole <= 0:
        return dict.fromkeys(channels, 0.0)
    return {
        channel: 1 - _conversion(moves, converting, _without(places[channel], places)) / whole
        for channel in channels
    }


def _without(place: int, places: Mapping[str, int]) -> NDArray[np.intp]:
    return np.array([other for other in places.values() if other != place], dtype=np.intp)


def _conversion(
    moves: NDArray[np.float64], converting: NDArray[np.float64], kept: NDArray[np.intp]
) -> float:
    """Probability that a journey converts when only the kept states can be visited."""
    step = np.eye(len(kept)) - moves[np.ix_(kept, kept)]
    return float(np.linalg.solve(step, converting[kept])[-1])
