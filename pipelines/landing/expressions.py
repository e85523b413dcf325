"""Computed values and conditions of a mapping: Polars' SQL expressions over columns of strings.

Owns checking them when a mapping is loaded. There are no file or table functions in an
expression, and a sub-query is refused, so a mapping can only compute with the row it is given.
"""

from __future__ import annotations

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
    """What is wrong with an expression, or None; tried on no rows at all.

    Args:
        expression: SQL as Polars reads it; columns are strings, ``_row`` and ``_line`` integers.
        condition: Whether it must be true or false.
    """
    try:
        names = columns_of(expression)
        schema = {n: pl.Int64() if n in ("_row", "_line") else pl.String() for n in names}
        result = pl.DataFrame(schema=schema).select(parsed(expression).alias("result"))
    except PolarsError:
        # Polars' own text quotes the expression back, which helps nobody and may hold constants.
        return "is not an expression that can be computed from one row"
    if condition and result.schema["result"] != pl.Boolean:
        return "is not a condition: it must be true or false"
    return None
