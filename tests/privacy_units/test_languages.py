"""The language of a text by its commonest words; two in one text, and others than two."""

from __future__ import annotations

import pytest

from evaluation.annotated import read_annotated
from pipelines.privacy.languages import TextLanguage, detect_language, guess_language


@pytest.mark.parametrize(
    ("text", "main", "is_mixed"),
    [
        ("Klant belde over de offerte en wil graag een afspraak", "nl", False),
        ("Customer called about the invoice and would like a refund", "en", False),
        (
            "Sehr geehrte Damen, ich habe die Ware nicht erhalten und bitte um Antwort",
            "other",
            False,
        ),
        ("Bonjour madame, je vous remercie pour votre réponse", "other", False),
        ("Proszę o kontakt, dziękuję", "other", False),
        ("Спасибо за ответ, жду вашего звонка", "other", False),
        (
            "Hallo, ik heb de factuur nog niet ontvangen, wil je hem sturen? Please send it again, thanks",
            "nl",
            True,
        ),
        ("", "nl", False),
        ("12345 !!", "nl", False),
        ("🙂" * 50, "nl", False),
    ],
)
def test_detect_language(text: str, main: str, is_mixed: bool) -> None:
    assert detect_language(text) == TextLanguage(main, is_mixed)  # type: ignore[arg-type]


def test_guess_language_gives_what_recognizers_exist_for() -> None:
    assert guess_language("Ich habe die Ware nicht erhalten und bitte um Antwort") == "nl"
    assert guess_language("", "en") == "en"


def test_detect_language_reads_no_further_than_it_needs() -> None:
    assert detect_language("the and for you " * 200 + "de het een en " * 100_000).main == "en"


def test_development_texts_are_told_apart() -> None:
    texts = read_annotated("development")
    right = sum(detect_language(text.text).main == text.language for text in texts)
    assert right / len(texts) >= 0.98
