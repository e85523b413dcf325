"""What a landing holds on to, and lets go of when it has landed."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from pathlib import Path

from pipelines.batches.context import Tools
from pipelines.common.settings import Settings
from pipelines.privacy.second_reader import close_detector
from pipelines.privacy.spans import Span


class Given:
    """A detector that somebody else made."""

    version = "given"
    closed = False

    def detect(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[list[Span]]:
        return [[] for _ in texts]

    def close(self) -> None:
        self.closed = True


def test_a_detector_of_our_making_ends_its_processes_and_starts_them_again(tmp_path: Path) -> None:
    before = set(multiprocessing.active_children())
    tools = Tools(Settings(home=tmp_path, workers=2))
    text = ["bel 06-12345678"]
    found = tools.detector.detect(text)
    checker = tools.checker("contacts")
    assert set(multiprocessing.active_children()) - before
    tools.release()
    assert set(multiprocessing.active_children()) == before
    assert tools.checker("contacts") is not checker
    assert tools.detector.detect(text) == found
    close_detector(tools.detector)


def test_a_given_detector_is_kept_as_it_is(tmp_path: Path) -> None:
    given = Given()
    tools = Tools(Settings(home=tmp_path), given)
    tools.release()
    assert tools.detector is given
    assert not given.closed
