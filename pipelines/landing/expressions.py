"""Computed values and conditions of a mapping: Polars' SQL expressions over columns of strings.

Owns checking them when a mapping is loaded. There are no file or table functions in an
expression, and a sub-query is refused, so a mapping can only compute with the row it is given.
"""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl
from polars.exceptions import PolarsError


@lru_cache(maxsize=4096)
def parsed(expression: str) -> pl.Expr:
    """The Polars expression of a text that :func:`fault_of` has passed."""
    return pl.sql_expr(expression)


def columns_of(expression: str) -> frozenset[str]:
    """Names of the columns that an expression reads."""
    return frozenset(parsed(expression).meta.root_names())


def fault_of(expression: str, condition: bool = False) -> str | None:
    """What is wrong with an expression, or None; tried on rows of nothing.

    Args:
        expression: SQL as Polars reads it; columns are strings, ``_row`` and ``_line`` integers.
        condition: Whether it must be true or false.
    """
    if _looks_beyond_the_row(expression):
        return "looks beyond its row: it may not have SELECT or OVER"
    try:
        names = columns_of(expression)
        result, other = _result(expression, names, 3), _result(expression, names, 2)
    except PolarsError:
        # Polars' own text quotes the expression back, which helps nobody and may hold constants.
        return "is not an expression that can be computed from one row"
    depends_on_rows = names and result.len() != 3
    if depends_on_rows or (not names and not result.equals(other)) or _mixes_rows(expression):
        return "looks beyond its row: it computes one value from many rows"
    if condition and result.dtype != pl.Boolean:
        return "is not a condition: it must be true or false"
    return None


def _looks_beyond_the_row(expression: str) -> bool:
    """Whether there is a sub-query or a window outside of quoted text and names."""
    bare = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", " ", expression)
    return re.search(r"\b(select|over|table|values)\b", bare, re.IGNORECASE) is not None


def _mixes_rows(expression: str) -> bool:
    try:
        return not parsed(expression).meta.is_row_separable()
    except PolarsError:
        # Polars cannot say for a list of constants; the lengths of results have spoken already.
        return False


def _result(expression: str, names: frozenset[str], height: int) -> pl.Series:
    kinds = {n: pl.Int64() if n in ("_row", "_line") else pl.String() for n in names}
    rows = pl.DataFrame(
        {"": [None] * height, **{n: [None] * height for n in names}},
        schema={"": pl.Null(), **kinds},
    )
    return rows.select(parsed(expression).alias("result"))["result"]
