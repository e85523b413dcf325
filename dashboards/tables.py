"""What both pages have in common: a data source per table and a table with its columns."""

from __future__ import annotations

from collections.abc import Callable

import vizro.models as vm
from vizro.managers import data_manager
from vizro.tables import dash_ag_grid

from dashboards.published import Published


def source(published: Published, table: str) -> str:
    """Name a table as a source that is read again whenever a page is opened."""
    reader: Callable[[], object] = lambda: published.figures(table)  # noqa: E731 - vizro wants a plain function
    data_manager[table] = reader
    return table


def grid(published: Published, table: str) -> vm.Table:
    """The whole table, to be sorted and filtered by the reader."""
    return vm.Table(
        id=f"grid_{table}",
        title=table,
        figure=dash_ag_grid(data_frame=source(published, table)),
    )
