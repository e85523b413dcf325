"""How much records resemble what somebody says of themselves, as weights of Splink.

The weights are base-2 logarithms of how much likelier an agreement is for the same person than for
two persons (Fellegi and Sunter 1969). They are fixed here and not trained: one search has too few
pairs, and a weight that a steward sees should not change from day to day.

Privacy: direct identifiers in, in memory only; weights out. DuckDB runs in the connection handed in,
whose temporary files are encrypted.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import duckdb
import polars as pl

from pipelines.common.errors import FailedError

FIELDS: Final = ("surname", "given", "birth_date", "postcode")
LEAST_WEIGHT: Final = 0.0
"""Below this a pair is likelier to be two persons."""
_NAMESAKES: Final = 0.001


class Resemblance(NamedTuple):
    """A record by its place, its weight, and the fields that agree or nearly do."""

    place: int
    weight: float
    agrees: str


def resemble(
    connection: duckdb.DuckDBPyConnection,
    asked: dict[str, str | None],
    records: Sequence[dict[str, str | None]],
) -> list[Resemblance]:
    """Weigh records against what was asked for, the likeliest first.

    Args:
        connection: In memory, with encrypted temporary files.
        asked: ``FIELDS`` in normal form; what is not known is None.
        records: ``FIELDS`` of each record, in normal form.

    Raises:
        FailedError: Splink failed; its message may hold a value and is dropped.
    """
    if not records:
        return []
    try:
        rows = _scored(connection, asked, records)
    except Exception as error:  # noqa: BLE001  reduced to its kind, and raised
        raise FailedError(
            "resemblance could not be weighed", code="splink_failed",
            where={"kind": type(error).__name__},
        ) from None  # fmt: skip
    found = [
        Resemblance(row["unique_id_r"], round(row["match_weight"], 1), _agreement(row))
        for row in rows
        if row["match_weight"] >= LEAST_WEIGHT
    ]
    return sorted(found, key=lambda r: (-r.weight, r.place))


def _scored(
    connection: duckdb.DuckDBPyConnection,
    asked: dict[str, str | None],
    records: Sequence[dict[str, str | None]],
) -> list[dict[str, Any]]:
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.CRITICAL)
    schema = {"unique_id": pl.Int64} | dict.fromkeys(FIELDS, pl.String)
    api = DuckDBAPI(connection)
    left = api.register(_frame([asked], schema).to_arrow(), dataset_display_name="asked")
    right = api.register(_frame(records, schema).to_arrow(), dataset_display_name="known")
    linker = Linker([left, right], _settings(), log_level=logging.CRITICAL)
    scored = linker.inference.score_pairs(left, right).as_duckdbpyrelation()
    return [dict(row) for row in scored.pl().iter_rows(named=True)]


def _frame(rows: Sequence[dict[str, str | None]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"unique_id": place, **{f: row.get(f) for f in FIELDS}} for place, row in enumerate(rows)],
        schema=schema,
    )


def _settings() -> Any:
    """Share of agreements among the same person (m) and among two persons (u), by level."""
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import SettingsCreator

    def levels(
        field: str, near: Any, exact: tuple[float, float], close: tuple[float, float]
    ) -> Any:
        rest = (1 - exact[0] - close[0], 1 - exact[1] - close[1])
        return cl.CustomComparison(
            output_column_name=field,
            comparison_levels=[
                cll.NullLevel(field),
                cll.ExactMatchLevel(field).configure(
                    m_probability=exact[0], u_probability=exact[1]
                ),
                near.configure(m_probability=close[0], u_probability=close[1]),
                cll.ElseLevel().configure(m_probability=rest[0], u_probability=rest[1]),
            ],
        )

    area = cll.CustomLevel("substr(postcode_l, 1, 4) = substr(postcode_r, 1, 4)", "same area")
    return SettingsCreator(
        link_type="link_only",
        unique_id_column_name="unique_id",
        probability_two_random_records_match=_NAMESAKES,
        comparisons=[
            levels("surname", cll.JaroWinklerLevel("surname", 0.88), (0.9, 0.004), (0.08, 0.006)),
            levels("given", cll.JaroWinklerLevel("given", 0.85), (0.8, 0.01), (0.15, 0.03)),
            levels(
                "birth_date",
                cll.DamerauLevenshteinLevel("birth_date", 1),
                (0.92, 4e-5),
                (0.06, 4e-4),
            ),
            levels("postcode", area, (0.8, 1e-4), (0.1, 0.003)),
        ],
    )


def _agreement(row: dict[str, Any]) -> str:
    words = {2: "=", 1: "~"}
    found = ((f, words.get(row.get(f"gamma_{f}", 0))) for f in FIELDS)
    return " ".join(f"{field}{word}" for field, word in found if word)
