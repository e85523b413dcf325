"""Packages of the demo's persons against the sample's truth: all records, no others' identifiers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.identity.contact_identifiers import source_key
from pipelines.packages.drafts import make_draft, third_persons_of
from pipelines.packages.gather import Held, gather
from pipelines.privacy.detector import make_detector
from pipelines.runs import Deployment
from pipelines.vault.subjects import find_identifiers
from tests.support.demo import Demo, new_home, shared_demo
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


class Figures(NamedTuple):
    """Of packages against the truth: records by entity, and places by class, whether hidden."""

    records: Counter[str]
    missing: Counter[str]
    others: Counter[tuple[str, bool]]
    own: Counter[tuple[str, bool]]

    def hidden(self) -> float:
        """Share of places about third persons that are hidden whole, 0-1."""
        return _share(self.others)

    def kept(self) -> float:
        """Share of places about the person that are shown, 0-1."""
        return _share(self.own)

    def shown(self) -> dict[str, int]:
        """Places about third persons that are shown, by class."""
        return {kind: n for (kind, done), n in sorted(self.others.items()) if not done}


def _share(places: Counter[tuple[str, bool]]) -> float:
    return sum(n for (_, done), n in places.items() if done) / max(places.total(), 1)


def figures_of(demo: Demo, count: int) -> Figures:
    """Packages of the persons with most records."""
    sample, truth = SamplePersons(demo.sample), spans_of(demo.sample)
    busiest = sorted(sample.records, key=lambda p: (-len(sample.records[p]), p))[:count]
    figures = Figures(Counter(), Counter(), Counter(), Counter())
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
                _count_places(
                    deployment, held, person, truth, detector, figures.others, figures.own
                )
            wanted = {r for r in sample.records[person] if not _is_spoiled(sample, r)}
            figures.records.update(entity for _, entity, _ in wanted)
            figures.missing.update(entity for _, entity, _ in wanted - found)
    return figures


def test_packages_hold_every_record_and_hide_others(demo: Demo) -> None:
    figures = figures_of(demo, PERSONS)
    assert not figures.missing
    assert figures.others.total() > 10
    assert figures.hidden() > 0.9, figures.shown()
    assert figures.kept() > 0.95, "the person's own data kept"


@pytest.mark.soak
def test_hundred_packages_at_scale_one_hold_every_record_and_hide_others(tmp_path: Path) -> None:
    demo = new_home(tmp_path, scale=1)
    demo.deliver()
    demo.run()
    figures = figures_of(demo, 100)
    print(  # noqa: T201
        f"\n{figures.records.total()} records, missing {dict(figures.missing)}; third persons hidden "
        f"{figures.hidden():.1%} of {figures.others.total()} places, shown {figures.shown()}; own "
        f"places kept {figures.kept():.1%} of {figures.own.total()}"
    )
    assert not figures.missing
    assert figures.hidden() > 0.9
    assert figures.kept() > 0.95


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
    others: Counter[tuple[str, bool]],
    own: Counter[tuple[str, bool]],
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
                own[span["type"], not any(i in covered for i in letters)] += 1
            else:
                others[span["type"], all(i in covered for i in letters)] += 1
