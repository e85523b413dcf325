"""The delivery as a whole: repeatable, complete, constant in memory, readable by its mappings."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from pipelines.common.entities import load_entities
from pipelines.common.errors import UsageError
from pipelines.landing.chunks import canonical_chunks
from pipelines.landing.sources import SHIPPED_SOURCES, load_source, match_files, unmatched_files
from pipelines.sample import later_delivery, write_sample
from pipelines.sample.plan import Plan
from tests.sample.conftest import SCALE, SEED, Delivery

SOURCES = ("crm", "mail", "planning", "shop", "tickets")


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_write_sample_same_seed_same_bytes(delivery: Delivery, tmp_path: Path) -> None:
    again = write_sample(tmp_path, SCALE, SEED)
    assert again == delivery.summary
    assert _digests(tmp_path) == _digests(delivery.folder)


def test_write_sample_other_seed_other_people(delivery: Delivery, tmp_path: Path) -> None:
    write_sample(tmp_path, 0.02, SEED + 1)
    other = (tmp_path / "crm" / "contactpersonen-20261031-001.csv").read_text()
    mine = (delivery.folder / "crm" / "contactpersonen-20261031-001.csv").read_text()
    assert not set(other.splitlines()[1:]) & set(mine.splitlines())


def test_write_sample_until_ends_history(tmp_path: Path) -> None:
    write_sample(tmp_path, 0.02, SEED, until=date(2025, 3, 1))
    visits = (tmp_path / "shop" / "web_events-20250301-001.csv").read_text()
    assert "2025-02" in visits
    assert "2025-03-0" not in visits


def test_write_sample_counts_as_promised(delivery: Delivery) -> None:
    rows = Counter[str]()
    for place, count in delivery.summary.rows.items():
        rows[place.partition("/")[2].partition("-2")[0]] += count
    assert delivery.summary.persons == 200
    assert 2_000 <= rows["contactmomenten"] <= 2_010
    assert rows["events"] == pytest.approx(6_000, rel=0.25)
    assert rows["web_events"] == pytest.approx(2_000, rel=0.25)
    assert rows["tickets"] + rows["portal_tickets"] == pytest.approx(300, abs=3)
    assert rows["kansen"] == pytest.approx(160, abs=2)
    assert rows["campaigns"] == 24


def _landed(
    folder: Path, landed: Counter[str], refused: Counter[str], unmatched: list[str]
) -> None:
    entities = load_entities()
    for name in SOURCES:
        source = load_source(SHIPPED_SOURCES / f"sample_{name}.yaml")
        assert source.name == name
        unmatched += [p.name for p in unmatched_files(source, folder / name)]
        for matched in match_files(source, folder / name):
            for chunk in canonical_chunks(matched.path, matched.file_mapping, source):
                refused[f"{name}/{matched.path.name}"] += len({r.line for r in chunk.rejects})
                for entity, frame in chunk.frames.items():
                    required = frame.drop_nulls(list(entities[entity].required))
                    refused[f"{name}/{matched.path.name}"] += frame.height - required.height
                    landed[entity] += required.height
                    assert required.n_unique(list(entities[entity].key)) == required.height
                    for column in entities[entity].columns.values():
                        if column.values:
                            known = set(required[column.name].drop_nulls())
                            assert known <= set(column.values), column.name


def test_mappings_land_every_entity_and_refuse_only_what_is_broken(delivery: Delivery) -> None:
    landed, refused, unmatched = Counter[str](), Counter[str](), list[str]()
    _landed(delivery.folder, landed, refused, unmatched)
    assert unmatched == []
    assert set(landed) == set(load_entities())
    assert {k: v for k, v in refused.items() if v} == delivery.summary.expected_quarantined
    assert sum(delivery.summary.expected_quarantined.values()) >= 4
    assert sum(landed.values()) + sum(refused.values()) == sum(delivery.summary.rows.values())


def test_later_delivery_is_new_and_small(delivery: Delivery, tmp_path: Path) -> None:
    later = later_delivery(tmp_path, SCALE, SEED, share=0.05)
    landed, refused, unmatched = Counter[str](), Counter[str](), list[str]()
    _landed(tmp_path, landed, refused, unmatched)
    assert {k: v for k, v in refused.items() if v} == later.expected_quarantined
    assert later.persons == 10
    first = delivery.rows("contactpersonen")
    second = Delivery(tmp_path, later)
    path = next((tmp_path / "crm").glob("contactpersonen-20261107-*"))
    assert path.exists()
    again = second.rows("contactpersonen")
    known = again.join(first, on="Contactnr", suffix="_before")
    assert 0 < known.height < again.height
    assert (known["Achternaam"] == known["Achternaam_before"]).all()
    assert (known["Gewijzigd"] != known["Gewijzigd_before"]).all()
    moments = set(second.rows("contactmomenten")["Nr"])
    assert not moments & set(delivery.rows("contactmomenten")["Nr"])
    assert all(t[3:10] in ("10-2026", "11-2026") for t in second.rows("leads")["Aangemaakt"])


def test_write_sample_memory_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small blocks make the growth visible without a large delivery.
    monkeypatch.setattr("pipelines.sample.plan.BLOCK", 10)
    peaks = []
    write_sample(tmp_path / "warm", 0.01, SEED)
    for scale in (0.02, 0.12):
        tracemalloc.start()
        write_sample(tmp_path / str(scale), scale, SEED)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.6


def test_plan_blocks_cover_everybody_once() -> None:
    plan = Plan.first(2.5, 1, date(2026, 10, 31))
    blocks = list(plan.blocks())
    assert [b.size for b in blocks] == [1_000, 1_000, 500]
    assert [b.first_person for b in blocks] == [0, 1_000, 2_000]
    later = list(plan.following(0.01).blocks())
    assert [(b.size, b.returning) for b in later] == [(25, 12)]
    assert not {b.number for b in later} & {b.number for b in blocks}


@pytest.mark.parametrize("scale", [0.0, -1.0, 5_000.0])
def test_write_sample_scale_out_of_range_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(UsageError) as caught:
        write_sample(tmp_path / "out", scale, SEED)
    assert caught.value.code == "scale_out_of_range"
    assert not (tmp_path / "out").exists()


def test_later_delivery_share_out_of_range_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        later_delivery(tmp_path, SCALE, SEED, share=1.5)
    assert caught.value.code == "share_out_of_range"


def test_write_sample_reports_progress(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    write_sample(tmp_path, 0.01, SEED, lambda what, done, total: heard.append((what, done, total)))
    assert heard == [("sample", 10, 10)]
