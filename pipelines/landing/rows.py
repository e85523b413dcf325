"""One entity from rows of text: its condition, its values, and the rows that do not parse.

Privacy: direct identifiers in and out; a reject carries only columns that the mapping uses.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from pipelines.common.entities import Column, load_entities
from pipelines.common.errors import InputError
from pipelines.common.rejects import Reject
from pipelines.landing.expressions import parsed
from pipelines.landing.files import input_error
from pipelines.landing.mapping import ColumnMapping, EntityMapping, FileMapping, SourceMapping
from pipelines.landing.raw import LINE
from pipelines.landing.values import ISO_FORMATS, NumberStyle, TimeStyle, typed

_UNTRIMMED = ("text",)


def entity_frame(
    path: Path,
    file: FileMapping,
    source: SourceMapping,
    mapping: EntityMapping,
    rows: pl.DataFrame,
    used: list[str],
) -> tuple[pl.Series, pl.DataFrame, list[Reject]]:
    """Rows of one entity.

    Args:
        path: For messages.
        file: How numbers are written.
        source: The zone of times that do not say theirs.
        mapping: What to make.
        rows: Text columns of the file, ``_line``, ``_row``, ``_position``.
        used: Columns that a reject may carry.

    Returns:
        Which rows the entity applies to; the frame (``_line``, then the entity's columns); and one
        reject (rule ``type``) for each row with a value that does not parse.
    """
    applies = _applies(path, mapping, rows)
    rows = rows if applies.all() else rows.filter(applies)
    entity = load_entities()[mapping.entity]
    columns: list[pl.Series] = [rows[LINE]]
    failures: list[tuple[str, pl.Series]] = []
    for column in entity.columns.values():
        origin = mapping.columns.get(column.name)
        if origin is None:
            columns.append(
                pl.Series(column.name, [None], dtype=column.polars_type).new_from_index(
                    0, rows.height
                )
            )
            continue
        text, numbers = _text(path, file, mapping.entity, column, origin, rows)
        formats = origin.formats
        if formats and file.format in ("excel", "parquet"):
            formats = (*formats, *ISO_FORMATS)
        times = TimeStyle(formats, origin.timezone or source.timezone)
        values = typed(text, column, numbers, times)
        if values.null_count() > text.null_count():
            failures.append((column.name, text.is_not_null() & values.is_null()))
        columns.append(values.alias(column.name))
    frame = pl.DataFrame(columns)
    if not failures:
        return applies, frame, []
    return applies, *_without(frame, rows, failures, mapping.entity, used)


def _applies(path: Path, mapping: EntityMapping, rows: pl.DataFrame) -> pl.Series:
    if mapping.when is None:
        return pl.Series([True], dtype=pl.Boolean).new_from_index(0, rows.height)
    return _computed(path, mapping.when, rows, mapping.entity, "when").fill_null(False)


def _text(
    path: Path,
    file: FileMapping,
    entity: str,
    column: Column,
    origin: ColumnMapping,
    rows: pl.DataFrame,
) -> tuple[pl.Series, NumberStyle]:
    """The text that a column is parsed from, and how numbers are written in it.

    The text is trimmed and replaced, and null where nothing is. Constants and computed numbers
    have a point, whatever the file has.
    """
    numbers = NumberStyle(file.decimal, file.thousands)
    if origin.from_ is not None:
        text = rows[origin.from_].cast(pl.String)
    elif origin.position:
        text = rows["_position"]
    elif origin.constant is not None:
        text = pl.Series([origin.constant], dtype=pl.String).new_from_index(0, rows.height)
        numbers = NumberStyle()
    else:
        assert origin.expression is not None
        computed = _computed(path, origin.expression, rows, entity, column.name)
        numbers = numbers if computed.dtype == pl.String else NumberStyle()
        text = computed.cast(pl.String)
    if column.type not in _UNTRIMMED and origin.constant is None:
        text = text.str.strip_chars()
    nothing = ["", *origin.null_values]
    text = text.set(text.is_in(nothing).fill_null(False), None)
    return (_replaced(text, origin) if origin.values else text), numbers


def _replaced(text: pl.Series, origin: ColumnMapping) -> pl.Series:
    old, new = list(origin.values), list(origin.values.values())
    if origin.otherwise is None:
        return text.replace(old, new)
    replaced = text.replace_strict(old, new, default=origin.otherwise, return_dtype=pl.String)
    return replaced.set(text.is_null(), None)


def _computed(
    path: Path, expression: str, rows: pl.DataFrame, entity: str, column: str
) -> pl.Series:
    try:
        computed = rows.select(parsed(expression).alias("computed")).to_series()
    except PolarsError:
        raise _failed(path, entity, column) from None
    if computed.len() == 1 and rows.height != 1:
        return computed.new_from_index(0, rows.height)
    if computed.len() != rows.height:
        raise _failed(path, entity, column)
    return computed


def _failed(path: Path, entity: str, column: str) -> InputError:
    return input_error(
        path, "an expression of the mapping cannot be computed for every row",
        "expression_failed", "write TRY_CAST or CASE so that it holds for any text",
        entity=entity, column=column,
    )  # fmt: skip


def _without(
    frame: pl.DataFrame,
    rows: pl.DataFrame,
    failures: list[tuple[str, pl.Series]],
    entity: str,
    used: list[str],
) -> tuple[pl.DataFrame, list[Reject]]:
    """The frame without rows that fail, each of which is rejected for its first bad column."""
    first: dict[int, str] = {}
    for name, mask in reversed(failures):
        first |= dict.fromkeys(mask.arg_true().to_list(), name)
    places = sorted(first)
    raw = rows.select(LINE, *used)[places]
    rejects = [
        Reject(int(row.pop(LINE)), entity, "type", first[place], row)
        for place, row in zip(places, raw.iter_rows(named=True), strict=True)
    ]
    keep = pl.Series([True], dtype=pl.Boolean).new_from_index(0, frame.height)
    keep = keep.scatter(places, False)
    return frame.filter(keep), rejects
