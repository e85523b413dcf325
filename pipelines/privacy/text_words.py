"""The different words of many texts, and which of the texts have some of them.

What is asked of a word is asked once for all texts; most words settle that nothing need be looked
for in the texts that hold no others. Words are parted in Rust (Polars).

Privacy: texts and their words, in memory only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from pipelines.privacy.normal_text import STRANGE

_WORD: Final = r"[\p{L}\p{N}]+"
_LETTERS: Final = re.compile(r"[^\W\d_]+")


class TextWords:
    """Words of letters and digits by the place of their text.

    A text with letters that a reader does not see as they are (:mod:`normal_text`) is never said
    to be without a word.

    Args:
        texts: Not null.
    """

    def __init__(self, texts: pl.Series) -> None:
        self.texts = texts
        words = pl.DataFrame({"place": range(len(texts)), "word": texts.str.extract_all(_WORD)})
        words = words.explode("word").filter(pl.col("word").is_not_null()).unique()
        names = words.select(pl.col("word").unique()).with_row_index("number")
        numbered = words.join(names, on="word")
        self.different: list[str] = names["word"].to_list()
        """Each word once."""
        self._places = numbered["place"].to_numpy()
        self._numbers = numbered["number"].to_numpy()
        self.strange = frozenset(texts.str.contains(STRANGE).arg_true())
        """Places of the texts with letters that may hide a word."""

    @cached_property
    def with_digits(self) -> set[int]:
        """Places of the texts that have a digit, or a letter that may stand for one."""
        return self.having(r"\d")

    def having(self, pattern: str) -> set[int]:
        """Places of the texts in which a pattern (of Rust's) is found, or letters that may hide it."""
        return set(self.strange).union(self.texts.str.contains(pattern).arg_true())

    def where(self, is_wanted: Callable[[str], bool]) -> set[int]:
        """Places of the texts that have a wanted word, or letters that may hide one."""
        wanted = np.fromiter(map(is_wanted, self.different), np.bool_, len(self.different))
        return set(self.strange).union(np.unique(self._places[wanted[self._numbers]]).tolist())

    @cached_property
    def letters(self) -> list[tuple[str, int]]:
        """The parts of words between digits, each with the place of its word in ``different``."""
        return [
            (part, place)
            for place, word in enumerate(self.different)
            for part in ((word,) if word.isalpha() else _LETTERS.findall(word))
        ]

    def at(self, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pl.DataFrame:
        """``place`` of a text and ``word`` (its place in ``different``) for each wanted word."""
        kept = wanted[self._numbers]
        return pl.DataFrame({"place": self._places[kept], "word": self._numbers[kept]})


def stretches(texts: pl.DataFrame, most_characters: int = 4_000_000) -> list[tuple[int, int]]:
    """First and last row (exclusive) of stretches of rows whose texts fit in little memory.

    Args:
        texts: Columns of texts; null counts as empty.
        most_characters: Of a stretch; a longer row is a stretch of its own.
    """
    if texts.is_empty():
        return []
    lengths = texts.select(pl.sum_horizontal(pl.all().str.len_chars().fill_null(0))).to_series()
    found: list[tuple[int, int]] = []
    first, total = 0, 0
    for row, length in enumerate(lengths.to_list()):
        if total + length > most_characters and row > first:
            found.append((first, row))
            first, total = row, 0
        total += length
    return [*found, (first, texts.height)]
