"""Presidio's engine with our parts in its seams: word scan, registry, context words.

Presidio stays the front door (``AnalyzerEngine``, ``BatchAnalyzerEngine``, registry, context); what
is slow in its defaults is replaced behind its own interfaces. Nothing is downloaded and no decision
is logged: Presidio's decision log holds pieces of the text.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

from pii_rules.recognizers.persons import tag_names
from pii_rules.recognizers.registry import LANGUAGES, Registry, load_registry
from pii_rules.recognizers.scan import TextScan

SCORE_THRESHOLD = 0.4
"""Findings under it are dropped, unless a context word lifts them."""

_WORDS_BEFORE, _WORDS_AFTER = 8, 3
_LIFT, _LIFTED_AT_LEAST = 0.35, 0.65


class ScanArtifacts(NlpArtifacts):  # type: ignore[misc]
    """Presidio's artefacts of a text, which are its scan and nothing else."""

    def __init__(self, scan: TextScan, engine: NlpEngine, language: str) -> None:
        # The base class works out keywords that nothing here reads, at half the cost of a text.
        self.scan = scan
        self.entities: list[Any] = []
        self.scores: list[float] = []
        self.nlp_engine = engine
        self.language = language

    @property
    def tokens(self) -> list[str]:
        """The words."""
        return self.scan.words

    @property
    def tokens_indices(self) -> list[int]:
        """Where each word starts."""
        return self.scan.starts

    @property
    def lemmas(self) -> list[str]:
        """The words in lower case; there is no lemmatiser."""
        return [word.lower() for word in self.scan.words]

    @property
    def keywords(self) -> list[str]:
        """The same as the lemmas."""
        return self.lemmas


class ScanEngine(NlpEngine):  # type: ignore[misc]
    """One pass over the words of a text instead of a language model.

    ``process_batch`` buffers: the name tagger reads a whole batch at once, sorted by length; the
    order is kept, and a text gets the same names alone as in any batch.
    """

    def load(self) -> None:
        """Reads the lists and the model, so that the first text does not wait for them."""
        tag_names([TextScan("")])

    def is_loaded(self) -> bool:
        """False until loaded; loading twice is cheap."""
        return False

    def process_text(self, text: str, language: str) -> ScanArtifacts:
        """The artefacts of one text."""
        return ScanArtifacts(TextScan(text), self, language)

    def process_batch(
        self,
        texts: Iterable[str],
        language: str,
        batch_size: int = 64,
        n_process: int = 1,  # noqa: ARG002 - whole engines are parallel, not this call
        **kwargs: Any,  # noqa: ARG002
    ) -> Iterator[tuple[str, ScanArtifacts]]:
        """Each text with its artefacts, in the order given."""
        pending = iter(texts)
        while batch := list(islice(pending, max(1, batch_size))):
            scans = [TextScan(text) for text in batch]
            tag_names(scans)
            for text, scan in zip(batch, scans, strict=True):
                yield text, ScanArtifacts(scan, self, language)

    def is_stopword(self, word: str, language: str) -> bool:  # noqa: ARG002
        """No word is dropped."""
        return False

    def is_punct(self, word: str, language: str) -> bool:  # noqa: ARG002
        """The scan has no punctuation."""
        return False

    def get_supported_entities(self) -> list[str]:
        """The engine finds nothing by itself."""
        return []

    def get_supported_languages(self) -> list[str]:
        """Dutch and English."""
        return list(LANGUAGES)


class ContextWords(ContextAwareEnhancer):  # type: ignore[misc]
    """Lifts a finding that has one of its recognizer's context words beside it.

    Presidio's own enhancer copies every result deeply, which halves the speed of the engine, and
    matches parts of words ("lic" in "duplicate").
    """

    def __init__(self) -> None:
        super().__init__(
            context_similarity_factor=_LIFT,
            min_score_with_context_similarity=_LIFTED_AT_LEAST,
            context_prefix_count=_WORDS_BEFORE,
            context_suffix_count=_WORDS_AFTER,
        )
        self._words: dict[str, frozenset[str]] = {}

    def enhance_using_context(
        self,
        text: str,  # noqa: ARG002
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """The results, lifted in place."""
        if not raw_results:
            return raw_results
        for recognizer in recognizers:
            if recognizer.context and recognizer.id not in self._words:
                self._words[recognizer.id] = frozenset(recognizer.context)
        given = {word.lower() for word in context or ()}
        for result in raw_results:
            identifier = result.recognition_metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY]
            wanted = self._words.get(identifier)
            if (
                wanted
                and result.score < 0.9
                and (
                    given & wanted or _beside(nlp_artifacts.scan, result.start, result.end) & wanted
                )
            ):
                result.score = min(1.0, max(result.score + _LIFT, _LIFTED_AT_LEAST))
                result.recognition_metadata[RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY] = (
                    True
                )
        return raw_results


def _beside(scan: TextScan, start: int, end: int) -> set[str]:
    before = scan.before(start, 72).split()[-_WORDS_BEFORE:]
    after = scan.after(end, 32).split()[:_WORDS_AFTER]
    return {word.strip(".,:;()#!?'\"=") for word in before + after}


class _CachedRegistry(RecognizerRegistry):  # type: ignore[misc]
    """Presidio asks for the recognizers of a language several times per text."""

    def get_recognizers(
        self,
        language: str,
        entities: list[str] | None = None,
        all_fields: bool = False,
        ad_hoc_recognizers: list[EntityRecognizer] | None = None,
    ) -> list[EntityRecognizer]:
        """As Presidio does, remembered where nothing special is asked."""
        if entities or ad_hoc_recognizers or not all_fields:
            found: list[EntityRecognizer] = super().get_recognizers(
                language, entities, all_fields, ad_hoc_recognizers
            )
            return found
        cache: dict[str, list[EntityRecognizer]] = self.__dict__.setdefault("_by_language", {})
        if language not in cache:
            cache[language] = super().get_recognizers(language, all_fields=True)
        return cache[language]


class _QuickAnalyzer(AnalyzerEngine):  # type: ignore[misc]
    """Presidio's engine without what it works out anew for each text."""

    def get_supported_entities(self, language: str | None = None) -> list[str]:
        """The types that the recognizers of a language find."""
        cache: dict[str | None, list[str]] = self.__dict__.setdefault("_entities", {})
        if language not in cache:
            cache[language] = sorted(super().get_supported_entities(language))
        return cache[language]

    def _enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """As Presidio does, without parting the results by recognizer where none asks for it."""
        plain = EntityRecognizer.enhance_using_context
        if any(type(each).enhance_using_context is not plain for each in recognizers):
            enhanced: list[RecognizerResult] = super()._enhance_using_context(
                text, raw_results, nlp_artifacts, recognizers, context
            )
            return enhanced
        lifted: list[RecognizerResult] = self.context_aware_enhancer.enhance_using_context(
            text, raw_results, nlp_artifacts, recognizers, context
        )
        return lifted


def make_analyzer(registry: Registry | None = None) -> AnalyzerEngine:
    """A Presidio analyzer for Dutch and English.

    Raises:
        RegistryFaults: When the registry and the classes disagree.
    """
    # Presidio's debug lines name recognizers and, on faults, tracebacks with the text in them.
    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
    loaded = registry or load_registry()
    recognizers = _CachedRegistry(
        recognizers=list(loaded.recognizers), supported_languages=list(LANGUAGES)
    )
    return _QuickAnalyzer(
        registry=recognizers,
        nlp_engine=ScanEngine(),
        supported_languages=list(LANGUAGES),
        context_aware_enhancer=ContextWords(),
        default_score_threshold=SCORE_THRESHOLD,
        log_decision_process=False,
    )
