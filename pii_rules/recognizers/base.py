"""The base of all recognizers: find in a scanned text, give scores, never keep a text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from pii_rules.recognizers.scan import TextScan


class Finding(NamedTuple):
    """A place in a text: code points from ``start`` up to ``end``, and the rule that found it."""

    start: int
    end: int
    score: float
    rule: str


class ScanRecognizer(EntityRecognizer):  # type: ignore[misc]
    """A recognizer that works on the shared :class:`TextScan`.

    Subclasses set ``ENTITY`` and implement :meth:`find`. Scores under the engine's threshold are
    allowed where a context word of the registry is to lift them.

    Privacy: text in, places out; nothing of the text in explanations.
    """

    ENTITY: ClassVar[str]

    def __init__(
        self, supported_language: str, context: Iterable[str] = (), name: str | None = None
    ) -> None:
        super().__init__(
            supported_entities=[self.ENTITY],
            name=name or type(self).__name__,
            supported_language=supported_language,
            context=[word.lower() for word in context],
        )

    def load(self) -> None:
        """Nothing to load: lists are shared by the process."""

    def find(self, scan: TextScan) -> Iterable[Finding]:
        """The findings in a text, in any order; may overlap."""
        raise NotImplementedError

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Presidio's entry: the findings as its results."""
        if entities and self.ENTITY not in entities:
            return []
        scan = getattr(nlp_artifacts, "scan", None) or TextScan(text)
        return [self._result(finding) for finding in self.find(scan)]

    def _result(self, finding: Finding) -> RecognizerResult:
        return RecognizerResult(
            entity_type=self.ENTITY,
            start=finding.start,
            end=finding.end,
            score=finding.score,
            analysis_explanation=AnalysisExplanation(
                recognizer=self.name,
                original_score=finding.score,
                textual_explanation=finding.rule,
            ),
            recognition_metadata={
                RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
            },
        )
