"""A synthetic Dutch/English CRM of any size from a seed, and the truth about it.

Owns the sample and nothing else; imports only ``pipelines.common``. Asks for no present time.
"""

from pipelines.sample.delivery import UNTIL, SampleSummary, later_delivery, write_sample
from pipelines.sample.truth import read_spans, text_digest

__all__ = [
    "UNTIL", "SampleSummary", "later_delivery", "read_spans", "text_digest", "write_sample",
]  # fmt: skip
