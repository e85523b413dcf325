"""One small delivery for all tests of the sample."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from pipelines.sample import SampleSummary, write_sample
from pipelines.sample.layout import FILES

SCALE, SEED = 0.2, 11


class Delivery(NamedTuple):
    folder: Path
    summary: SampleSummary

    def rows(self, stem: str) -> pl.DataFrame:
        """All rows of a file as text, those broken on purpose left out where they are ragged."""
        spec = FILES[stem]
        path = next((self.folder / spec.source).glob(f"{stem}-*"))
        if spec.format == "parquet":
            return pl.read_parquet(path)
        if spec.format == "jsonl":
            lines = [line for line in path.read_bytes().split(b"\n") if line.endswith(b"}")]
            return pl.read_ndjson(b"\n".join(lines), infer_schema_length=None)
        return pl.read_csv(
            path, separator=spec.delimiter, encoding=spec.encoding.replace("-sig", ""),
            infer_schema=False, truncate_ragged_lines=True,
        )  # fmt: skip

    def truth(self, name: str) -> pl.DataFrame:
        """A CSV of the truth."""
        return pl.read_csv(self.folder / "truth" / f"{name}-20261031-001.csv", infer_schema=False)


@pytest.fixture(scope="session")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    folder = tmp_path_factory.mktemp("sample")
    return Delivery(folder, write_sample(folder, SCALE, SEED))
