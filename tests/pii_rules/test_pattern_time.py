"""No pattern takes more than its share of time on hostile text.

Each pattern of the package looks through long strings made of its own words and of what makes
patterns backtrack, in a process that the system stops after some seconds of processor time. A
linear pattern needs a hundredth of that; one with nested repetition would need years.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

MODULES = [
    f"pii_rules.recognizers.{path.stem}"
    for path in sorted((Path(__file__).parents[2] / "pii_rules/recognizers").glob("*.py"))
    if path.stem != "__init__"
] + ["pii_rules.special_categories", "pipelines.privacy.value_scan", "pipelines.privacy.mentions"]
UNITS = (
    "a", "A", "1", " ", "a ", "A ", "1 ", "Aa ", "Aa-", "1-", "1.", "1/", "a.", "a-", "(", ")", "@", "a@", "\n", "\n\n",
    "AB12 ", "A1", "1a", "a'", "van de ", "Straat 1 ", "1 Straat ", "1234 ab ", "1234AB", "06 ", "+31", "12-12-", "a1.",
    "ab cd ", "x: ", "is ", "é", "٣",
)  # fmt: skip
SECONDS = 60


def patterns_of(name: str) -> dict[str, re.Pattern[str]]:
    """Every compiled pattern that stands in a module."""
    return {
        key: value
        for key, value in vars(import_module(name)).items()
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str)
    }


def hostile_texts(pattern: re.Pattern[str], size: int) -> list[str]:
    """Long strings of the units, and of the pattern's own words with blanks and figures."""
    words = re.findall(r"[a-z]{4,}", pattern.pattern)[:4]
    units = [*UNITS, *(f"{word} " for word in words), *(f"{word}1 " for word in words)]
    return [(unit * size)[:size] + ending for unit in units for ending in ("", "!", "\u0000")]


def look(name: str, size: int) -> None:
    """Search every hostile text with every pattern of a module."""
    for pattern in patterns_of(name).values():
        for text in hostile_texts(pattern, size):
            for _ in pattern.finditer(text):
                pass


def _ends_in_time(name: str, size: int) -> bool:
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}));"
        f"from tests.pii_rules.test_pattern_time import look; look({name!r}, {size})"
    )
    root = Path(__file__).parents[2]
    return subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_patterns_are_found_to_be_tried() -> None:
    assert sum(len(patterns_of(name)) for name in MODULES) > 60


@pytest.mark.parametrize("name", [n for n in MODULES if patterns_of(n)])
def test_patterns_end_on_hostile_text(name: str) -> None:
    assert _ends_in_time(name, 600)


@pytest.mark.soak
@pytest.mark.parametrize("name", [n for n in MODULES if patterns_of(n)])
def test_patterns_end_on_long_hostile_text(name: str) -> None:
    assert _ends_in_time(name, 8_000)


def test_a_pattern_that_backtracks_is_caught() -> None:
    # the test can fail: a nested repetition does not come to an end on one short string
    code = (
        "import re, resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1));"
        "re.search(r'(a+)+$', 'a' * 600 + '!')"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode != 0
