"""The sets of texts that are scored.

Privacy: invented persons only. presidio-research lies beside the repository and is no part of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from evaluation import templates
from evaluation.annotated import Annotated, Place
from evaluation.types import load_types
from pipelines.sample import UNTIL
from pipelines.sample.organisations import make_companies, make_staff
from pipelines.sample.people import make_people
from pipelines.sample.plan import Plan
from pipelines.sample.randomness import pick, plain_stream
from pipelines.sample.texts import POOLS, Pools, Writer, compile_phrases

_CHANNELS = {"note": "note", "mail_in": "email", "ticket": "ticket", "survey": "survey"}
_TEXTS, _SEED = 3_000, 4_711
RESEARCH = Path(__file__).parents[2] / "shared/data/presidio_research/synth_dataset_v2.json"


def sample_texts() -> list[Annotated]:
    """The sample's own sentences, about persons of a seed that nobody looked at."""
    return _written(POOLS, "sample")


def held_out_texts() -> list[Annotated]:
    """Sentences that no rule was written against; see ``templates.py``."""
    return _written(
        {
            "nl": compile_phrases(templates.DUTCH),
            "en": compile_phrases(templates.ENGLISH),
        },
        "held-out",
    )


def _written(pools: Mapping[str, Pools], name: str) -> list[Annotated]:
    plan = Plan.first(0.6, _SEED, UNTIL)
    block = next(plan.blocks())
    people = make_people(plan, block, make_companies(plan, block))
    chance = plain_stream(_SEED, f"evaluation {name}")
    writer = Writer(chance, people, make_staff(plan), block.number, pools)
    texts: list[Annotated] = []
    for number in range(_TEXTS):
        kind = pick(chance, tuple(_CHANNELS))
        text = writer.write(kind, pick(chance, people))
        places = tuple(Place(s.start, s.end, s.type) for s in text.spans)
        texts.append(
            Annotated(f"{name}-{number}", text.language, _CHANNELS[kind], text.text, places)
        )
    return texts


def research_texts(path: Path = RESEARCH) -> list[Annotated]:
    """The English set of presidio-research in our types; empty where it is not there."""
    if not path.is_file():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [_research_text(number, row) for number, row in enumerate(rows)]


def _research_text(number: int, row: Mapping[str, object]) -> Annotated:
    types = load_types()
    places: list[Place] = []
    optional: list[Place] = []
    for kind, place in _research_places(row):
        if kind in types.research.left_out:
            continue
        if kind in types.research.optional:
            optional.append(place._replace(type=types.research.optional[kind]))
            continue
        places.append(place)
        optional += [
            place._replace(type=inner) for inner in types.research.inside.get(kind, frozenset())
        ]
    return Annotated(
        f"research-{number}", "en", "note", str(row["full_text"]), tuple(places), tuple(optional)
    )


def _research_places(row: Mapping[str, object]) -> Iterator[tuple[str, Place]]:
    spans = row["spans"]
    assert isinstance(spans, list)
    for span in spans:
        kind = span["entity_type"]
        yield (
            kind,
            Place(span["start_position"], span["end_position"], load_types().ours(kind)),
        )
