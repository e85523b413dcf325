"""Cues of special categories: what they say, what looks alike, and that texts are not quoted."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pii_rules.special_categories import Category, CueFinder, Flag, load_categories

FINDER = CueFinder()


@pytest.mark.parametrize(
    ("text", "category", "cue_class"),
    [
        ("Klant is al weken ziek thuis.", "health", "illness"),
        ("Hij heeft Diabetes type 2", "health", "illness"),
        ("mevrouw heeft een burn-out", "health", "mental_health"),
        ("She is on maternity leave until May", "health", "pregnancy"),
        ("was opgenomen in het ziekenhuis", "health", "treatment"),
        ("sinds 2019 arbeidsongeschikt", "health", "disability"),
        ("niet bellen tijdens de Ramadan", "belief", "religion"),
        ("is lid van de vakbond", "union_membership", "membership"),
        ("He is a union rep at the plant", "union_membership", "membership"),
        ("is van Marokkaanse afkomst", "ethnicity", "origin"),
        ("she is of Turkish descent", "ethnicity", "origin"),
        ("stemt op D66", "politics", "opinion"),
        ("haar politieke kleur is bekend", "politics", "opinion"),
        ("zijn seksuele geaardheid", "sexual_life", "orientation"),
        ("uitslag van de DNA-test", "genetic", "genetics"),
        ("inklokken met vingerafdruk", "biometric", "biometrics"),
        ("zij heeft een strafblad", "criminal", "conviction"),
        ("is suspected of theft", "criminal", "suspicion"),
        ("voor mijn dochter van 9", "children", "child"),
        ("her 8-year-old son", "children", "child"),
    ],
)
def test_cue_flags_its_category(text: str, category: str, cue_class: str) -> None:
    assert Flag(category, cue_class) in FINDER.flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "ik word ziek van dat systeem",
        "we are sick of waiting",
        "de politieke kleur van de folder is te fel",
        "kinderziektes in de software",
        "invalid link in the e-mail",
        "diagnose van de storing volgt",
        "het product is goed bevallen",
        "de lader zit vast",
        "browser fingerprinting staat aan",
        "kwaliteit zit in ons DNA",
        "homo sapiens",
        "hij stemt op hoofdlijnen in",
        "de ziekenfondspremie",
        "gevangen in het menu",
        "",
    ],
)
def test_what_looks_alike_is_not_flagged(text: str) -> None:
    assert FINDER.flags(text) == frozenset()


def test_one_text_may_have_several() -> None:
    found = FINDER.flags("Sinds de chemo is hij depressief; zijn zoontje belt")
    assert {f.category for f in found} == {"health", "children"}
    assert len(found) == 3


def test_a_lookalike_bars_its_own_place_only() -> None:
    assert FINDER.flags("ziek van dat systeem, en sinds maandag ziek") == {
        Flag("health", "illness")
    }


def test_every_category_names_its_source_and_both_languages_fit() -> None:
    categories = load_categories()
    assert set(categories) == {
        "health", "belief", "union_membership", "ethnicity", "politics", "sexual_life",
        "genetic", "biometric", "criminal", "children",
    }  # fmt: skip
    for category in categories.values():
        assert "GDPR Art." in category.source
        cues = [cue for cues in category.classes.values() for cue in cues]
        assert len(cues) == len(set(cues))


def test_category_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValidationError):
        Category.model_validate({"source": "x", "classes": {"a": ["b"]}, "more": 1})
