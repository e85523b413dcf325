"""``metrics``: key figures by name, answered by MetricFlow from what is published.

Privacy: aggregates whose small cells are hidden, with the analyst's key, to the screen of who asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.session import Session, session_of
from pipelines.cli.sql import Answer, answer, show
from pipelines.common.errors import NotAllowedError

if TYPE_CHECKING:
    from pipelines.warehouse.metrics import Metrics

group = typer.Typer(no_args_is_help=True)


@group.command("list")
def list_metrics(context: typer.Context) -> None:
    """Every metric with its unit and what it is."""
    session = session_of(context)
    from pipelines.warehouse.publication import FOR_STEWARDS

    field = "formula_nl" if session.texts.language == "nl" else "formula"
    rows = [
        (name, kpi["unit"], kpi["across"], kpi[field] or kpi["formula"])
        for name, kpi in sorted(_metrics(session).declared.items())
        if kpi["table"] not in FOR_STEWARDS
    ]
    show(session, Answer(["metric", "unit", "across", "formula"], rows, is_cut=False))


@group.command("dimensions")
def dimensions(context: typer.Context, metric: Annotated[str, typer.Argument()]) -> None:
    """What a metric can be asked by."""
    session = session_of(context)
    rows = [(name,) for name in _metrics(session).dimensions(metric)]
    show(session, Answer(["dimension"], rows, is_cut=False))


@group.command("query")
def query(
    context: typer.Context,
    metrics: Annotated[list[str], typer.Argument()],
    by: Annotated[list[str] | None, typer.Option("--by")] = None,
    grain: Annotated[str | None, typer.Option("--grain")] = None,
    where: Annotated[list[str] | None, typer.Option("--where")] = None,
    order: Annotated[list[str] | None, typer.Option("--order")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1)] = None,
    explain: Annotated[bool, typer.Option("--explain")] = False,
) -> None:
    """Answer metrics by dimensions, or show the SQL that would."""
    from pipelines.cli.stores import published
    from pipelines.warehouse.metrics import Question
    from pipelines.warehouse.publication import FOR_STEWARDS

    session = session_of(context)
    known = _metrics(session)
    conditions = [*(where or ())]
    chosen = grain
    if not any("period_grain" in text for text in (*conditions, *(by or ()))):
        chosen = grain or known.grain_of(metrics, by or ())
    if chosen:
        conditions += known.at_grain(metrics, chosen)
    stewards = [
        m for m in metrics if m in known.declared and known.declared[m]["table"] in FOR_STEWARDS
    ]
    if stewards:
        raise NotAllowedError(
            "this figure is for stewards and in no file of analysts", code="metric_of_stewards",
            where={"metric": stewards[0]}, todo="the page on privacy shows it: klantkluis dashboards, as a steward",
        )  # fmt: skip
    text = known.sql(Question(metrics, by or (), conditions, order or (), limit))
    if explain:
        session.output.document({"sql": text})
        session.output.line(text)
        return
    connection = published(session)
    try:
        found = answer(connection, text, limit)
        show(session, found)
        if chosen and not grain:
            session.output.say("grain_chosen", grain=chosen)
        if any(value is None for row in found.rows for value in row):
            session.output.say("empty_cells")
    finally:
        connection.close()


def _metrics(session: Session) -> Metrics:
    from pipelines.warehouse.metrics import Metrics

    return Metrics.of_project(session.existing_home(), session.settings)
