"""Which of many texts name a known person, and by which words: settled for all of them at once.

Each different word of the texts, and each number in them, is hashed once and held against the
sketches of all whom any text may name; what is left is asked of the text's own persons. Nearly all
texts then need no closer look, and those that do are read for a word or two.

Privacy: texts and keyed hashes in; places and words of the texts out, in memory only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from pipelines.privacy.name_sketches import TOKEN_BYTES, Tag
from pipelines.privacy.number_forms import HAS_HOUSE, HAS_NUMBER, NumbersOf
from pipelines.privacy.text_words import TextWords

Tokens = np.ndarray[tuple[int], np.dtype[np.uint64]]
_SIEVE_BITS: Final = 22
_AT_ONCE: Final = 8_000_000
"""Bytes of sketches that are looked at together."""


class Clues(NamedTuple):
    """What of a text is a known person's: words of letters, and places of numbers with their tag."""

    words: frozenset[str]
    numbers: tuple[tuple[int, int, Tag], ...]


NOTHING: Final = Clues(frozenset(), ())


class Groups(NamedTuple):
    """The two groups of persons whom each text may name, -1 for none, by place of the text."""

    first: Sequence[int]
    second: Sequence[int]


def find_clues(
    words: TextWords,
    groups: Groups,
    held: Iterable[tuple[int, bytes]],
    tokens_of_word: Callable[[str], bytes],
    token: Callable[[Tag, str], bytes],
) -> dict[int, Clues]:
    """The clues by place of the text; no place that has none, nor one of strange letters.

    Args:
        words: Of the texts.
        groups: Whom each text may name.
        held: The sketches of persons, joined, by group.
        tokens_of_word: Under which tokens a word may be known.
        token: The token of a number or an address.
    """
    letters = words.letters
    of_words = [tokens_of_word(word) for word, _ in letters]
    numbers = _Numbers(words, groups, token)
    by_word, by_number = _tokens(of_words), _tokens(numbers.tokens)
    met = _met(held, np.concatenate((by_word, by_number)))
    if met.is_empty():
        return {}
    lengths = [len(tokens) // TOKEN_BYTES for tokens in of_words]
    asked = pl.DataFrame({"token": by_word, "what": np.repeat(np.arange(len(letters)), lengths)})
    named = _named_words(words, groups, asked.join(met, on="token"))
    numbered = numbers.of_persons(groups, by_number, met)
    return {
        place: Clues(frozenset(named.get(place, ())), tuple(numbered.get(place, ())))
        for place in (named.keys() | numbered.keys()) - words.strange
    }


def _tokens(tokens: Iterable[bytes]) -> Tokens:
    return np.frombuffer(b"".join(tokens), dtype=np.uint64)


class _Numbers:
    """All that is a number or an address in form in texts that may name somebody."""

    def __init__(
        self, words: TextWords, groups: Groups, token: Callable[[Tag, str], bytes]
    ) -> None:
        self.tokens: list[bytes] = []
        self._places: list[int] = []
        self._options: list[tuple[int, int, int, Tag]] = []
        known: dict[tuple[Tag, str], bytes] = {}
        texts = words.texts.to_list()
        for place in (words.having(HAS_NUMBER) | words.having(HAS_HOUSE)) - words.strange:
            if groups.first[place] < 0 and groups.second[place] < 0:
                continue
            for number, options in enumerate(NumbersOf(texts[place])):
                for start, end, tag, value in options:
                    made = known.get((tag, value))
                    if made is None:
                        made = known[tag, value] = token(tag, value)
                    self.tokens.append(made)
                    self._options.append((number, start, end, tag))
                self._places += [place] * len(options)

    def of_persons(
        self, groups: Groups, tokens: Tokens, met: pl.DataFrame
    ) -> dict[int, list[tuple[int, int, Tag]]]:
        """Those that are somebody's of the groups of their text, by place of the text."""
        asked = pl.DataFrame(
            {"token": tokens, "place": np.array(self._places, dtype=np.uint32)}
        ).with_row_index("what")
        found: dict[int, dict[int, tuple[int, int, Tag]]] = defaultdict(dict)
        for place, what in sorted(set(_of_groups(groups, asked, met, "token").iter_rows())):
            number, start, end, tag = self._options[what]
            found[place].setdefault(number, (start, end, tag))  # its first option that is known
        return {place: list(numbers.values()) for place, numbers in found.items()}


def _met(held: Iterable[tuple[int, bytes]], wanted: Tokens) -> pl.DataFrame:
    """``token`` and ``group`` of what is held and wanted, each once."""
    shift = np.uint64(64 - _SIEVE_BITS)
    passes = np.zeros(1 << _SIEVE_BITS, dtype=np.bool_)
    passes[wanted >> shift] = True
    found = [pl.DataFrame(schema={"token": pl.UInt64, "group": pl.Int64})]
    for sketches, groups in _portions(held):
        tokens = np.frombuffer(sketches, dtype=np.uint64)
        kept = passes[tokens >> shift]
        found.append(pl.DataFrame({"token": tokens[kept], "group": groups[kept]}))
    wanted_once = pl.DataFrame({"token": wanted}).unique()
    return pl.concat(found).unique().join(wanted_once, on="token", how="semi")


def _portions(
    held: Iterable[tuple[int, bytes]],
) -> Iterator[tuple[bytes, np.ndarray[tuple[int], np.dtype[np.int64]]]]:
    """Sketches joined, with the group of each of their tokens."""
    joined: list[bytes] = []
    groups: list[int] = []
    size = 0
    for group, sketches in chain(held, [(-1, b"")]):
        if joined and (size > _AT_ONCE or group < 0):
            lengths = [len(each) // TOKEN_BYTES for each in joined]
            yield b"".join(joined), np.repeat(np.array(groups, dtype=np.int64), lengths)
            joined, groups, size = [], [], 0
        joined.append(sketches)
        groups.append(group)
        size += len(sketches)


def _named_words(words: TextWords, groups: Groups, met: pl.DataFrame) -> Mapping[int, set[str]]:
    """The words that are somebody's of the groups of their text, by place of the text."""
    letters = words.letters
    word_of = np.array([word for _, word in letters], dtype=np.uint32)
    met = met.select("what", "group").unique()
    met = met.with_columns(word=word_of[met["what"].to_numpy()])
    wanted = np.zeros(len(words.different), dtype=np.bool_)
    wanted[met["word"].to_numpy()] = True
    named: dict[int, set[str]] = defaultdict(set)
    for place, what in _of_groups(groups, words.at(wanted), met, "word").iter_rows():
        named[place].add(letters[what][0])
    return named


def _of_groups(groups: Groups, asked: pl.DataFrame, met: pl.DataFrame, by: str) -> pl.DataFrame:
    """``place`` and ``what`` was met there in a group of the text's own."""
    places = asked["place"].to_numpy()
    both = [
        asked.with_columns(group=np.array(each, dtype=np.int64)[places]).join(met, on=[by, "group"])
        for each in groups
    ]
    return pl.concat(both).select(pl.col("place", "what").cast(pl.Int64))
