"""The training recipe: the same seed composes the same texts, labels fit words, a model comes out."""

from __future__ import annotations

from pathlib import Path
from random import Random

from pii_rules.recognizers.lexicon import lexicon
from pii_rules.recognizers.tagger import read_model
from training.composer import Composer
from training.slots import Slots, clauses
from training.train import Settings, fit

_FILES = ("nl_person", "nl_none", "en_person", "en_none", "nl_texts", "en_texts")


def test_slots_of_one_figure_are_one_person() -> None:
    pieces = Slots(lexicon(), Random(3)).fill("{full1} en {g1}, dus {f1}", "nl")
    text = "".join(p.text for p in pieces)
    whole, rest = text.split(" en ")[0], text.rsplit(" en ", 1)[1]
    given, family = rest.split(", dus ")
    assert whole.startswith(given)
    assert whole.endswith(family)


def test_composer_same_seed_gives_the_same_examples() -> None:
    one, other = ([*Composer(5).examples(40)] for _ in range(2))
    assert [e.scan.text for e in one] == [e.scan.text for e in other]
    assert [e.labels for e in one] == [e.labels for e in other]


def test_composer_labels_one_for_each_word_and_no_inside_without_a_begin() -> None:
    for example in Composer(6).examples(150):
        assert len(example.labels) == len(example.scan.words) == len(example.literal)
        before = "O"
        for label in example.labels:
            assert label != "I" or before in ("B", "I")
            before = label


def test_fit_small_model_is_reproducible() -> None:
    words = frozenset({"belt", "rang"})
    settings = Settings(seed=3, whole=0.4, c1=0.1, c2=0.1, count=60, iterations=3)
    one, other = (fit(settings, words) for _ in range(2))
    assert one == other
    assert read_model(one).weights
    assert read_model(one).vocabulary == words


def test_clauses_are_not_the_samples() -> None:
    """No clause of the training texts is a phrase of the sample: its truth has to stay apart."""
    folder = Path(__file__).parents[2] / "pipelines" / "sample"
    phrases = "\n".join(p.read_text(encoding="utf-8") for p in folder.glob("phrases_*.py")).lower()
    ours = [c for name in _FILES for c in clauses(name)]
    plain = [c for c in ours if "{" not in c and len(c) > 24]
    assert plain
    assert [c for c in plain if c.lower() in phrases] == []
