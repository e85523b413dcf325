"""The removal effect against an example worked by hand and against walking the chain."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analytics.attribution import CONVERSION, NOTHING, START, removal_effects
from tests.oracle.attribution import markov

_NAMES = {"start": START, "conversion": CONVERSION, "nothing": NOTHING}


def effects_of(journeys: list[list[str]]) -> dict[str, float]:
    steps = Counter(
        (_NAMES.get(origin, origin), _NAMES.get(target, target))
        for journey in journeys
        for origin, target in itertools.pairwise(["start", *journey])
    )
    return removal_effects(steps)


def test_three_journeys_worked_by_hand() -> None:
    # From the start 2/3 go to a, 1/3 to b; half of a's go on to b; all of b's to c, half of
    # c's convert: (1/3 + 1/3) / 2 = 1/3. Without a only the 1/3 that start at b are left: 1/6.
    journeys = [["a", "b", "c", "conversion"], ["a", "nothing"], ["b", "c", "nothing"]]
    assert effects_of(journeys) == pytest.approx({"a": 0.5, "b": 1.0, "c": 1.0})


def test_channel_met_again_and_again_is_left_out_once() -> None:
    assert effects_of([["a"] * 50 + ["conversion"], ["b", "nothing"]]) == pytest.approx(
        {"a": 1.0, "b": 0.0}
    )


def test_without_a_conversion_no_removal_has_an_effect() -> None:
    assert effects_of([["a", "nothing"]]) == {"a": 0.0}
    assert effects_of([]) == {}


_journeys = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcde"), min_size=1, max_size=6),
        st.sampled_from(["conversion", "nothing"]),
    ).map(lambda made: [*made[0], made[1]]),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_journeys)
def test_solved_chain_is_the_walked_chain(journeys: list[list[str]]) -> None:
    found = effects_of(journeys)
    assert found == pytest.approx(markov(journeys), abs=1e-9)
    passed = {
        state for journey in journeys if journey[-1] == "conversion" for state in journey[:-1]
    }
    assert all(found[channel] > 0 for channel in passed)
