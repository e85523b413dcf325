"""The contract of each entity: a Great Expectations suite made from the declarative model.

Owns the rules (required, closed lists, ranges, the longest cell) in two forms from one
declaration: an expectation, which judges a chunk, and a Polars mask, which finds the rows when the
judgement is bad. They must agree. Types are what the frame already guarantees.

Privacy: Great Expectations sees no identifier. It gets whether a required value is there, how long
the longest cell is, and the values of closed lists and numbers; its results are true or false
(``BOOLEAN_ONLY``), its context lives in memory, its analytics are off.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from pipelines.common.entities import Column, Entity
from pipelines.common.errors import CheckError
from pipelines.common.rejects import Reject

MAXIMUM_CELL_BYTES = 1024 * 1024
"""Longer text is no cell of a CRM but a file within one."""

_LINE = "_line"


@dataclass(frozen=True)
class Rule:
    """One line of a contract.

    ``probe`` is the column that Great Expectations sees, under ``name``; ``broken`` is true for
    rows that break the rule; ``expectation`` and ``arguments`` say what the probe must satisfy.
    """

    code: str
    column: str | None
    probe: pl.Expr
    broken: pl.Expr
    expectation: str
    arguments: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the probe's column."""
        return f"{self.code}__{self.column or 'row'}"


def contract_rules(entity: Entity) -> tuple[Rule, ...]:
    """The rules of an entity: required, values and range per column, then the longest cell.

    Keys are required columns of the model, save a part of a compound key that may be open.
    """
    rules: list[Rule] = []
    for column in entity.columns.values():
        if column.required:
            rules.append(_required(column.name))
        if column.values:
            rules.append(_in_list(column.name, column.values))
        if column.min is not None or column.max is not None:
            rules.append(_in_range(column))
    texts = [c.name for c in entity.columns.values() if c.polars_type == pl.String]
    return (*rules, _short_cells(texts)) if texts else tuple(rules)


def _required(column: str) -> Rule:
    return Rule(
        "required",
        column,
        pl.when(pl.col(column).is_not_null()).then(1.0),
        pl.col(column).is_null(),
        "ExpectColumnValuesToNotBeNull",
        {},
    )


def _in_list(column: str, values: tuple[str, ...]) -> Rule:
    return Rule(
        "values",
        column,
        pl.col(column).cast(pl.Categorical),
        ~pl.col(column).is_in(values).fill_null(True),
        "ExpectColumnValuesToBeInSet",
        {"value_set": list(values)},
    )


def _in_range(column: Column) -> Rule:
    number = pl.col(column.name).cast(pl.Float64)
    outside = pl.lit(False)
    if column.min is not None:
        outside = outside | (number < column.min)
    if column.max is not None:
        outside = outside | (number > column.max)
    return Rule(
        "range",
        column.name,
        number,
        outside.fill_null(False),
        "ExpectColumnValuesToBeBetween",
        {"min_value": column.min, "max_value": column.max},
    )


def _short_cells(columns: list[str]) -> Rule:
    longest = pl.max_horizontal(pl.col(c).str.len_bytes() for c in columns).fill_null(0)
    return Rule(
        "cell_too_large",
        None,
        longest.cast(pl.Int64),
        longest > MAXIMUM_CELL_BYTES,
        "ExpectColumnMaxToBeBetween",
        {"max_value": MAXIMUM_CELL_BYTES},
    )


class ContractChecker:
    """The contract of one entity, made once and used for every chunk."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self.rules = contract_rules(entity)

    def split(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Reject]]:
        """Rows that keep the contract, and a reject for each that breaks it.

        Args:
            frame: ``_line`` and the entity's columns, as landing yields them.

        Returns:
            The frame without the broken rows, in its order; rejects by line, each with the first
            rule that the row breaks, in the model's order of columns.

        Raises:
            CheckError: ``contract_disagreement``: an expectation and its mask differ, or
                ``contract_not_run``: an expectation could not be computed. Nothing may land then.

        Privacy: direct identifiers in and out; rejects are for the quarantine only.
        """
        if frame.is_empty() or not self.rules:
            return frame, []
        failed = [rule for rule, holds in self._judged(frame) if not holds]
        if not failed:
            return frame, []
        broken = frame.select(rule.broken.alias(rule.name) for rule in failed)
        for rule in failed:
            if not broken[rule.name].any():
                raise self._disagreement(rule)
        kept = frame.filter(~broken.select(pl.any_horizontal(pl.all())).to_series())
        if not kept.is_empty():
            for rule, holds in self._judged(kept):
                if not holds:
                    raise self._disagreement(rule)
        return kept, self._rejects(frame, broken, failed)

    def _rejects(
        self, frame: pl.DataFrame, broken: pl.DataFrame, failed: list[Rule]
    ) -> list[Reject]:
        first: dict[int, Rule] = {}
        for rule in reversed(failed):
            first |= dict.fromkeys(broken[rule.name].arg_true().to_list(), rule)
        places = sorted(first)
        rejects: list[Reject] = []
        for place, row in zip(places, frame[places].iter_rows(named=True), strict=True):
            rule = first[place]
            line = int(row.pop(_LINE))
            column = rule.column or _longest_cell(row)
            values = {name: _plain(value) for name, value in row.items() if value is not None}
            rejects.append(Reject(line, self._entity.name, rule.code, column, values))
        return rejects

    def _disagreement(self, rule: Rule) -> CheckError:
        return CheckError(
            "an expectation and the mask of the same rule disagree",
            code="contract_disagreement",
            where={"entity": self._entity.name, "rule": rule.code, "column": rule.column or "any"},
            todo="nothing has landed; report this as a bug",
        )

    def _judged(self, frame: pl.DataFrame) -> list[tuple[Rule, bool]]:
        """Each rule and whether Great Expectations finds that it holds for the frame."""
        probes = frame.select(rule.probe.alias(rule.name) for rule in self.rules).to_pandas()
        verdicts = self._validate(probes)
        if set(verdicts) != {rule.name for rule in self.rules}:
            raise self._not_run()
        return [(rule, verdicts[rule.name]) for rule in self.rules]

    @cached_property
    def _validate(self) -> Callable[[Any], dict[str, bool]]:
        # Importing Great Expectations takes seconds, so only landing pays for it.
        import great_expectations as gx
        from great_expectations.data_context.types.base import (
            DataContextConfig,
            InMemoryStoreBackendDefaults,
            ProgressBarsConfig,
        )

        context = gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
                analytics_enabled=False,
                progress_bars=ProgressBarsConfig(globally=False),
            ),
        )
        suite = gx.ExpectationSuite(
            name=self._entity.name,
            expectations=[
                getattr(gx.expectations, rule.expectation)(column=rule.name, **rule.arguments)
                for rule in self.rules
            ],
        )
        frames = context.data_sources.add_pandas("chunks")
        batches = frames.add_dataframe_asset(
            self._entity.name
        ).add_batch_definition_whole_dataframe("chunk")

        def validate(probes: Any) -> dict[str, bool]:
            batch = batches.get_batch(batch_parameters={"dataframe": probes})
            outcome = batch.validate(suite, result_format="BOOLEAN_ONLY")
            verdicts: dict[str, bool] = {}
            for result in outcome.results:
                # An exception's message may quote a value, so that it was raised is all we look at.
                if (result.exception_info or {}).get("raised_exception"):
                    raise self._not_run()
                verdicts[str(result.expectation_config.kwargs["column"])] = bool(result.success)
            return verdicts

        return validate

    def _not_run(self) -> CheckError:
        return CheckError(
            "the contract could not be checked",
            code="contract_not_run",
            where={"entity": self._entity.name},
            todo="nothing has landed; report this as a bug",
        )


def _longest_cell(row: dict[str, Any]) -> str:
    texts = {name: len(value) for name, value in row.items() if isinstance(value, str)}
    return max(texts, key=lambda name: texts[name])


def _plain(value: Any) -> Any:
    """A value that JSON can hold, for the sealed record of a reject."""
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return str(value) if isinstance(value, decimal.Decimal) else value
