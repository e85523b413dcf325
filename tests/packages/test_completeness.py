"""Packages of the demo's persons against the sample's truth: all records, no others' identifiers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from pipelines.identity.contact_identifiers import source_key
from pipelines.packages.drafts import make_draft, third_persons_of
from pipelines.packages.gather import Held, gather
from pipelines.privacy.detector import make_detector
from pipelines.runs import Deployment
from pipelines.vault.subjects import find_identifiers
from tests.support.demo import Demo, shared_demo
from tests.support.sample_persons import SamplePersons, spans_of

PERSONS = 12
CITY_OR_LINK = {"CITY", "URL"}
"""A place or a web address is nobody by itself; it stays."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    base = tmp_path_factory.getbasetemp()
    return shared_demo(base).copy(tmp_path_factory.mktemp("packages"))


def subjects_of(deployment: Deployment, numbers: list[tuple[str, str]]) -> set[int]:
    index = deployment.vault.index
    pairs = [
        ("source_key", index.of("source_key", source_key("contacts", s, n).value))
        for s, n in numbers
    ]
    with deployment.vault.read() as conn:
        return {i for found in find_identifiers(conn, pairs).values() for i in found}


def test_packages_hold_every_record_and_hide_others(demo: Demo) -> None:
    sample, truth = SamplePersons(demo.sample), spans_of(demo.sample)
    busiest = sorted(sample.records, key=lambda p: (-len(sample.records[p]), p))[:PERSONS]
    missing: Counter[str] = Counter()
    others: Counter[bool] = Counter()
    own: Counter[bool] = Counter()
    detector = make_detector()
    with demo.deploy() as deployment:
        for person in busiest:
            found: set[tuple[str, str, str]] = set()
            for subject_id in subjects_of(deployment, sample.contact_numbers(person)):
                draft = make_draft(
                    deployment, subject_id, "access", request="R-1", language="nl",
                    detector=detector,
                )  # fmt: skip
                found |= {(r["source"], r["entity"], r["record"]) for r in draft.package["records"]}
                held = gather(deployment, subject_id, actor="test", request=None)
                _count_places(deployment, held, person, truth, detector, others, own)
            missing.update(
                entity
                for source, entity, number in sample.records[person] - found
                if not _is_spoiled(sample, (source, entity, number))
            )
    assert not missing
    assert others[True] > 10
    assert others[True] / others.total() > 0.9, "third persons hidden whole"
    assert own[True] / own.total() > 0.95, "the person's own data kept"


def _is_spoiled(sample: SamplePersons, record: tuple[str, str, str]) -> bool:
    """Whether a record is a broken copy of another, which the sample adds and quarantine takes."""
    source, entity, number = record
    original = (source, entity, number.rpartition("-")[0])
    return any(original in records for records in sample.records.values())


def _count_places(
    deployment: Deployment,
    held: Held,
    person: str,
    truth: Any,
    detector: Any,
    others: Counter[bool],
    own: Counter[bool],
) -> None:
    texts: list[tuple[str, list[dict[str, Any]]]] = []
    for (entity, source, key), opened in held.sealed.items():
        for column, spans in truth.get((source, entity, key.partition("/")[2]), {}).items():
            if isinstance(opened.fields.get(column), str):
                texts.append((opened.fields[column], spans))
    blacked = third_persons_of(deployment.vault, held, detector).spans(
        [text for text, _ in texts], [True] * len(texts)
    )
    for (text, spans), found in zip(texts, blacked, strict=True):
        covered = {place for s in found for place in range(s.start, s.end)}
        for span in (s for s in spans if s["type"] not in CITY_OR_LINK and s["person"]):
            letters = [i for i in range(span["start"], span["end"]) if text[i].isalnum()]
            if span["person"] == person:
                own[not any(i in covered for i in letters)] += 1
            else:
                others[all(i in covered for i in letters)] += 1
