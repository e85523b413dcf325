"""``python -m training``: makes the texts, fits models, writes their mean where it is read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from training.composer import Composer
from training.train import Settings, average, fit, vocabulary

SHIPPED = Path(__file__).parents[1] / "pii_rules" / "recognizers" / "model" / "names.gz"
FITS = (
    Settings(seed=20261130, whole=0.45, c1=0.1, c2=0.3),
    Settings(seed=7, whole=0.25, c1=0.05, c2=0.02, count=28_000),
    Settings(seed=41, whole=0.6, c1=0.05, c2=0.1, count=32_000),
    Settings(seed=97, whole=0.05, c1=0.1, c2=0.05, count=36_000),
)
"""The fits whose mean is shipped: unlike ones err in different places."""


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--fit", type=int, nargs="+", choices=range(len(FITS)), help="only these")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    chosen = parser.parse_args()
    words = vocabulary(Composer(FITS[0].seed).examples(FITS[0].count // 2))
    models = [fit(FITS[number], words) for number in chosen.fit or range(len(FITS))]
    model = average(models) if len(models) > 1 else models[0]
    chosen.out.parent.mkdir(exist_ok=True)
    chosen.out.write_bytes(model)
    sys.stdout.write(f"{len(model):,} bytes\n")


if __name__ == "__main__":
    main()
