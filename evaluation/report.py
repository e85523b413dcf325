"""Turns figures into the table of ``docs/detection.md`` and into JSON.

Privacy: figures, types and classes in and out; no text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluation.bar import LESS_IS_BETTER, Verdict, judge
from evaluation.misses import Miss
from evaluation.scoring import Figure, SetScore, TypeScore
from evaluation.special import FlagScore

BEGIN, END = "<!-- evaluation: begin -->", "<!-- evaluation: end -->"
_NAMES = {
    "sample": "sample's own sentences, a seed nobody looked at",
    "held-out": "sentences no rule was written against, the sample's persons",
    "development": "hand-written, development part",
    "development2": "hand-written, second development part",
    "development3": "hand-written, third development part",
    "test": "hand-written, test part",
    "test2": "hand-written, second test part",
    "research": "presidio-research, names of the whole world",
}
Scores = Mapping[str, Mapping[str, SetScore]]
"""By set and language."""


def as_json(value: Any) -> Any:
    """The scores as plain data; a figure is its value and the bounds of its interval."""
    if isinstance(value, Figure):
        return list(value)
    if isinstance(value, SetScore | TypeScore | FlagScore):
        return {name: as_json(part) for name, part in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(name): as_json(part) for name, part in value.items()}
    return value


def markdown(
    date: str,
    version: str,
    scores: Scores,
    verdicts: Sequence[Verdict],
    missed: Counter[Miss],
    wrong: Counter[Miss],
    guessed: Mapping[str, float],
    flags: Mapping[str, FlagScore],
) -> str:
    """The part of the page between its markers."""
    second = judge(dict(scores.get("test2", {})))
    parts = [
        f"Measured on {date} by `make eval`, detector `{version}`. The language is guessed per text; of the",
        "test part it is right for "
        + ", ".join(f"{share:.3f} ({language})" for language, share in guessed.items())
        + ", short and mixed texts included.",
        *_aims(verdicts, "Test part: measured beside the aims"),
        *(
            _aims(second, "Second test part, frozen before the last tuning: figures only")
            if second
            else ()
        ),
        *_sets(scores),
        *_flags(flags),
        *(line for lang, score in scores["test"].items() for line in _types(lang, score)),
        "\n### Every place of the test part that was missed, by class\n",
        *_classes(missed, "what became of it"),
        "\n### Every wrong finding in the test part, by class\n",
        *_classes(wrong, "what stands there"),
    ]
    return "\n".join([BEGIN, *parts, END])


def replaced(page: str, part: str) -> str:
    """A page with what stands between the markers replaced.

    Raises:
        ValueError: When the page has no markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no markers for the evaluation")
    return f"{before}{part}{after}"


def _aims(verdicts: Sequence[Verdict], heading: str) -> Iterator[str]:
    yield f"\n### {heading}\n"
    yield "| measure | language | measured (95 %) | aim | bar of the test |\n|---|---|---|---|---|"
    for v in verdicts:
        sign = "<" if v.measure in LESS_IS_BETTER else "≥"
        met = "met" if v.is_aim_met else "**missed**"
        yield (
            f"| {v.measure.replace('_', ' ')} | {v.language} | {_shown(v.figure)} "
            f"| {sign} {v.aim:g}, {met} | {v.bar:g} |"
        )


def _sets(scores: Scores) -> Iterator[str]:
    yield "\n### All sets\n"
    yield (
        "| set | language | texts | characters recall | characters precision | F2, overlap | F2, strict "
        "| PERSON recall / precision | false alarms per 1,000 plain words |\n|---|---|---|---|---|---|---|---|---|"
    )
    for name, languages in scores.items():
        for language, score in languages.items():
            whole, person = score.types["all types"], score.types["PERSON"]
            cells = (
                _shown(score.character_recall), _shown(score.character_precision),
                _shown(whole.f2), _shown(whole.strict_f2),
                f"{_value(person.recall)} / {_value(person.precision)}",
                f"{_value(score.alarms_per_1000_words)} ({score.alarms} in {score.plain_words:,})",
            )  # fmt: skip
            yield f"| {_NAMES[name]} | {language} | {score.texts:,} | {' | '.join(cells)} |"


def _flags(flags: Mapping[str, FlagScore]) -> Iterator[str]:
    yield "\n### Special categories (GDPR Art. 9, 10, children), test part\n"
    yield (
        "A flag is a category of a text. The interval of so few is wide: this tells no more than the order.\n"
    )
    yield "| language | true | found | right | texts without a mark | of these flagged |\n|---|---|---|---|---|---|"
    for language, score in flags.items():
        yield f"| {language} | {' | '.join(map(str, score))} |"


def _types(language: str, score: SetScore) -> Iterator[str]:
    yield f"\n### Test part by type, {language}\n"
    yield (
        "| type | true | found | recall | precision | F1 | F2 | strict recall | strict precision |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    for name, s in score.types.items():
        cells = (s.f1, s.f2, s.strict_recall, s.strict_precision)
        shown = " | ".join(map(_value, cells))
        yield f"| {name} | {s.true} | {s.found} | {_shown(s.recall)} | {_shown(s.precision)} | {shown} |"


def _classes(counted: Counter[Miss], last: str) -> Iterator[str]:
    yield f"| type | language | channel | class | {last} | number |\n|---|---|---|---|---|---|"
    for kind, count in sorted(counted.items()):
        yield f"| {' | '.join(kind)} | {count} |"


def _shown(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    return f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"


def _value(figure: Figure) -> str:
    return "–" if figure.value is None else f"{figure.value:.3f}"
