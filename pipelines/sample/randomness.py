"""Chance that repeats itself: a stream per seed, purpose and block, whatever ran before.

Blocks make the sample constant in memory: block 700 can be written without block 699.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def _key(seed: int, purpose: str, block: int) -> int:
    digest = blake2b(f"{seed}/{purpose}/{block}".encode(), digest_size=16).digest()
    return int.from_bytes(digest, "big")


def plain_stream(seed: int, purpose: str, block: int = 0) -> Random:
    """Chance for values that are made one by one."""
    return Random(_key(seed, purpose, block))  # noqa: S311 - invented data must repeat itself


def array_stream(seed: int, purpose: str, block: int = 0) -> np.random.Generator:
    """Chance for values that are made by the array."""
    return np.random.Generator(np.random.Philox(key=_key(seed, purpose, block)))


def pick(chance: Random, options: Sequence[T]) -> T:
    """One of the options; cheaper than ``Random.choice`` and the same in every Python."""
    return options[int(chance.random() * len(options))]


def pick_weighted(chance: Random, options: Sequence[tuple[T, float]]) -> T:
    """One of the options by weights that add up to 1."""
    left = chance.random()
    for option, weight in options:
        left -= weight
        if left < 0:
            return option
    return options[-1][0]
