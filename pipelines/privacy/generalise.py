"""The methods of the action ``generalise``: coarser values that no longer point at one person.

Each works on a whole column and computes distinct values once. Source: GDPR Art. 5(1)(c), 25.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

SOLE_TRADER = r"(?i)zzp|eenmanszaak|sole.?trader|self.?employed|freelance|^\s*1\s*$"
"""Size classes in which a company's name is a person's (GDPR recital 14 covers persons only)."""

_USER_AGENTS = (
    ("privacy_proxy", r"googleimageproxy|yahoomailproxy|apple.?mail.?privacy|^mozilla/5\.0$"),
    ("bot", r"bot|crawler|spider|scanner|barracuda|mimecast|proofpoint|safelinks|curl|python"),
    ("tablet", r"ipad|tablet"),
    ("mobile", r"mobi|iphone|android"),
    ("desktop", r"windows|macintosh|x11|linux|outlook|thunderbird"),
)


def generalise(method: str, column: pl.Series, frame: pl.DataFrame) -> pl.Series:
    """Apply one method of the policy.

    Args:
        method: ``postcode_area`` (4 digits, or the letters that open a foreign one), ``birth_year``,
            ``user_agent_class`` (privacy_proxy, bot, tablet, mobile, desktop, other),
            ``url_path`` (host and path; no query, fragment, address or long number),
            ``company_name`` (empty for a sole trader) or ``no_owner`` (empty where ``field`` says
            that the value is a user's id).
        column: The landed column.
        frame: Its rows, for methods that look at another column.

    Privacy: identifiers in, generalised values out.
    """
    if method == "birth_year":
        return column.dt.year().cast(pl.Int16)
    if method == "company_name":
        is_person = frame["size_class"].str.contains(SOLE_TRADER).fill_null(False)
        is_person |= column.str.contains(r"(?i)\beenmanszaak\b").fill_null(False)
        return frame.select(
            pl.when(is_person).then(None).otherwise(column).alias(column.name)
        ).to_series()
    if method == "no_owner":
        return frame.select(
            pl.when(pl.col("field") == "owner").then(None).otherwise(column).alias(column.name)
        ).to_series()
    return _distinct(column, _METHODS[method])


def _distinct(column: pl.Series, compute: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    distinct = column.drop_nulls().unique()
    if distinct.is_empty():
        return column
    made = distinct.to_frame("value").select(compute(pl.col("value"))).to_series()
    return column.replace_strict(distinct, made, default=None, return_dtype=pl.String)


def _postcode_area(value: pl.Expr) -> pl.Expr:
    digits = value.str.extract(r"^\s*(\d{4})")
    letters = value.str.to_uppercase().str.extract(r"^\s*([A-Z]{1,2})")
    return pl.coalesce(digits, letters)


def _user_agent_class(value: pl.Expr) -> pl.Expr:
    lower = value.str.to_lowercase()
    return pl.coalesce(
        *(pl.when(lower.str.contains(p)).then(pl.lit(name)) for name, p in _USER_AGENTS),
        pl.lit("other"),
    )


def _url_path(value: pl.Expr) -> pl.Expr:
    """Keeps what says which page; segments with an address, a long number or a token go."""
    return (
        value.str.replace(r"[?#;].*$", "")
        .str.replace(r"^[A-Za-z][A-Za-z0-9+.-]*://", "")
        .str.replace(r"^[^/]*@", "")
        .str.replace_all(r"/[^/]*(?:@|%40|\d{5,}|[A-Za-z0-9_-]{25,})[^/]*", "/*")
    )


_METHODS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "postcode_area": _postcode_area,
    "user_agent_class": _user_agent_class,
    "url_path": _url_path,
}
