"""``python -m training``: makes the texts, fits a model for each seed, writes their mean where it is read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from training.composer import Composer
from training.train import average, fit, vocabulary

SHIPPED = Path(__file__).parents[1] / "pii_rules" / "recognizers" / "model" / "names.gz"


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--count", type=int, default=45_000)
    parser.add_argument("--seed", type=int, nargs="+", default=[20261123, 7])
    parser.add_argument(
        "--vocabulary-seed", type=int, help="whose texts give the vocabulary; the first seed's"
    )
    parser.add_argument("--iterations", type=int, default=120)
    parser.add_argument("--c1", type=float, default=0.05)
    parser.add_argument("--c2", type=float, default=0.02)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    chosen = parser.parse_args()
    settings = (chosen.iterations, chosen.c1, chosen.c2)
    first = chosen.vocabulary_seed or chosen.seed[0]
    words = vocabulary(Composer(first).examples(chosen.count // 2))
    models = [fit(chosen.count, seed, *settings, words) for seed in chosen.seed]
    model = average(models) if len(models) > 1 else models[0]
    chosen.out.parent.mkdir(exist_ok=True)
    chosen.out.write_bytes(model)
    sys.stdout.write(f"{len(model):,} bytes\n")


if __name__ == "__main__":
    main()
