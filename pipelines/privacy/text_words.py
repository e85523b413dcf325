"""The different words of many texts, and which of the texts have some of them.

What is asked of a word is asked once for all texts; most words settle that nothing need be looked
for in the texts that hold no others. Words are parted in Rust (Polars).

Privacy: texts and their words, in memory only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

import polars as pl

from pipelines.privacy.normal_text import STRANGE

_WORD: Final = r"[\p{L}\p{N}]+"


class TextWords:
    """Words of letters and digits by the place of their text.

    A text with letters that a reader does not see as they are (:mod:`normal_text`) is never said
    to be without a word.

    Args:
        texts: Not null.
    """

    def __init__(self, texts: pl.Series) -> None:
        self._texts = texts
        words = pl.DataFrame({"place": range(len(texts)), "word": texts.str.extract_all(_WORD)})
        self._words = words.explode("word").filter(pl.col("word").is_not_null())
        self._strange = set(texts.str.contains(STRANGE).arg_true())

    @cached_property
    def different(self) -> list[str]:
        """Each word once."""
        return self._words["word"].unique().to_list()

    @cached_property
    def with_digits(self) -> set[int]:
        """Places of the texts that have a digit, or a letter that may stand for one."""
        return self._strange.union(self._texts.str.contains(r"\d").arg_true())

    def where(self, is_wanted: Callable[[str], bool]) -> set[int]:
        """Places of the texts that have a wanted word, or letters that may hide one."""
        wanted = [word for word in self.different if is_wanted(word)]
        found = self._words.filter(pl.col("word").is_in(wanted))["place"].unique()
        return self._strange.union(found)


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
