"""Pairs of contacts that may be one person, as Splink weighs them. Nobody is merged by a weight.

Weights are base-2 logarithms of how much likelier an agreement is for one person than for two
(Fellegi and Sunter 1969). They are fixed here, not trained, so that the same data give the same queue
and a steward can learn what a weight means. A telephone or an address that a household shares weighs
little against a different given name.

Privacy: direct identifiers in, in memory only; pairs of places and weights out.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import duckdb
import polars as pl

from pipelines.common.errors import FailedError

FIELDS: Final = ("surname", "given", "email", "phone", "birth_date", "postcode", "house_number")
THRESHOLD: Final = 6.0
"""Bits from which a pair is worth a steward's look; measured in docs/runbooks/merge.md."""
_ONE_PERSON: Final = 0.0005
"""How likely two records of one block are one person before anything is compared."""


class Proposal(NamedTuple):
    """Two records by their places, and the weight in bits."""

    place: int
    other: int
    weight: float


def propose(
    connection: duckdb.DuckDBPyConnection, records: Sequence[dict[str, str | None]]
) -> list[Proposal]:
    """Weigh all pairs that share a name, a number, an address or a birth date.

    Args:
        connection: In memory, with encrypted temporary files.
        records: ``FIELDS`` of each record in normal form, None where unknown.

    Returns:
        Pairs of at least ``THRESHOLD`` bits, the surest first.

    Raises:
        FailedError: Splink failed; its message may hold a value and is dropped.
    """
    if len(records) < 2:
        return []
    try:
        rows = _scored(connection, records)
    except Exception as error:  # noqa: BLE001  reduced to its kind, and raised
        raise FailedError(
            "resemblance could not be weighed", code="splink_failed",
            where={"kind": type(error).__name__},
        ) from None  # fmt: skip
    found = [Proposal(a, b, round(weight, 1)) for a, b, weight in rows]
    return sorted(found, key=lambda p: (-p.weight, p.place, p.other))


def _scored(
    connection: duckdb.DuckDBPyConnection, records: Sequence[dict[str, str | None]]
) -> list[tuple[int, int, float]]:
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.CRITICAL)
    frame = pl.DataFrame(
        [{"unique_id": i, **{f: row.get(f) for f in FIELDS}} for i, row in enumerate(records)],
        schema={"unique_id": pl.Int64} | dict.fromkeys(FIELDS, pl.String),
    )
    known = DuckDBAPI(connection).register(frame.to_arrow(), dataset_display_name="known")
    linker = Linker(known, _settings(), log_level=logging.CRITICAL)
    scored = linker.inference.predict(threshold_match_weight=THRESHOLD).as_duckdbpyrelation()
    return [
        (row["unique_id_l"], row["unique_id_r"], row["match_weight"])
        for row in scored.pl().iter_rows(named=True)
    ]


def _settings() -> Any:
    """Share of agreements among the same person (m) and among two persons (u), by level."""
    import splink.comparison_level_library as cll
    from splink import SettingsCreator, block_on

    area = cll.CustomLevel("substr(postcode_l, 1, 4) = substr(postcode_r, 1, 4)", "same area")
    house = cll.CustomLevel(
        "postcode_l = postcode_r and house_number_l = house_number_r", "same house"
    )
    short = cll.CustomLevel(
        "(length(given_l) = 1 or length(given_r) = 1) "
        "and substr(given_l, 1, 1) = substr(given_r, 1, 1)",
        "initial",
    )
    local = cll.CustomLevel(
        "split_part(email_l, '@', 1) = split_part(email_r, '@', 1)", "same local part"
    )
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="unique_id",
        probability_two_random_records_match=_ONE_PERSON,
        retain_matching_columns=False,
        blocking_rules_to_generate_predictions=[
            block_on("surname", "substr(given, 1, 1)"),
            block_on("email"),
            block_on("phone"),
            block_on("birth_date", "substr(given, 1, 1)"),
            block_on("postcode", "house_number"),
        ],
        comparisons=[
            _levels("surname", [
                (cll.ExactMatchLevel("surname"), 0.9, 0.004),
                (cll.JaroWinklerLevel("surname", 0.9), 0.07, 0.004),
            ]),
            _levels("given", [
                (cll.ExactMatchLevel("given"), 0.75, 0.01),
                (short, 0.12, 0.05),
                (cll.JaroWinklerLevel("given", 0.88), 0.08, 0.015),
            ]),
            _levels("email", [
                (cll.ExactMatchLevel("email"), 0.55, 2e-5),
                (local, 0.1, 4e-4),
            ]),
            _levels("phone", [(cll.ExactMatchLevel("phone"), 0.65, 2e-3)]),
            _levels("birth_date", [
                (cll.ExactMatchLevel("birth_date"), 0.93, 5e-5),
                (cll.DamerauLevenshteinLevel("birth_date", 1), 0.05, 5e-4),
            ]),
            _levels("postcode", [(house, 0.75, 2e-3), (area, 0.1, 0.01)]),
        ],
    )  # fmt: skip


def _levels(field: str, levels: Sequence[tuple[Any, float, float]]) -> Any:
    """A comparison: levels from the surest, each with its m and u; the rest disagrees."""
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl

    m, u = 1 - sum(level[1] for level in levels), 1 - sum(level[2] for level in levels)
    return cl.CustomComparison(
        output_column_name=field,
        comparison_levels=[
            cll.NullLevel(field),
            *(
                level.configure(m_probability=same, u_probability=other)
                for level, same, other in levels
            ),
            cll.ElseLevel().configure(m_probability=m, u_probability=u),
        ],
    )
