"""Letters to the person: received, proof, extended, fulfilled, refused, withdrawn, in Dutch and English.

A letter needs no personal data: it names the request by its number, and the steward sends it through
the channel on which the request came. It goes into the outbox, readable by its owner only, and
nowhere else. Source: GDPR Art. 12(1)-(4), 19.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, get_args

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.rights.grounds import GROUNDS
from pipelines.rights.requests import Request
from pipelines.vault.files import replace_private

Letter = Literal["received", "proof", "extended", "fulfilled", "refused", "withdrawn"]
LETTERS: Final[tuple[Letter, ...]] = get_args(Letter)
AUTHORITY: Final = {
    "NL": {"nl": "de Autoriteit Persoonsgegevens", "en": "the Dutch data protection authority (AP)"}
}
COURT: Final = {
    "nl": "de rechtbank (AVG art. 79; UAVG art. 35)",
    "en": "the court (GDPR Art. 79; UAVG Art. 35)",
}


def letter_of(request: Request) -> Letter:
    """The letter that fits the state of a request."""
    if request.state == "proof_asked":
        return "proof"
    if request.state in ("fulfilled", "partly_fulfilled"):
        return "fulfilled"
    if request.state == "refused":
        return "refused"
    if request.state == "withdrawn":
        return "withdrawn"
    return "extended" if request.extended_on else "received"


def write_letter(
    outbox: Path,
    request: Request,
    letter: Letter,
    *,
    controller: Mapping[str, str],
    country: str = "NL",
    others_open: bool = False,
    untold: Sequence[tuple[str, str]] = (),
    kept: Sequence[tuple[str, date | None]] = (),
    is_erased: bool = False,
) -> Path:
    """Write a letter into the outbox.

    Args:
        outbox: Of the home.
        request: Whose letter it is.
        letter: Which.
        controller: ``name``, ``address`` and ``contact`` of the organisation that answers; without a
            name the letter has a place where it is to be filled in.
        country: Whose supervisory authority is named.
        others_open: Whether a system or recipient has yet to follow; then no letter says that all
            is done everywhere.
        untold: Systems and recipients that cannot be told: ``source``, ``recipient`` or ``audience``,
            and its name.
        kept: What stays: its ground and until when.
        is_erased: Whether access is asked by somebody who was erased before.

    Returns:
        The file, mode 0600.
    """
    text = render(
        request, letter, controller=controller, country=country, others_open=others_open, untold=untold,
        kept=kept, is_erased=is_erased,
    )  # fmt: skip
    folder = outbox / request.number
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{letter}.{request.language}.html"
    replace_private(path, text.encode())
    return path


def render(request: Request, letter: Letter, **facts: Any) -> str:
    """The text of a letter, HTML."""
    language = request.language
    country = facts.pop("country", "NL")
    facts = {"is_erased": False, "untold": ()} | facts
    ground = GROUNDS.get(request.ground or "")
    authority = AUTHORITY.get(country, {}).get(language)
    other = "de toezichthouder" if language == "nl" else "the supervisory authority"
    return _environment(language).get_template(f"{letter}.{language}.html").render(
        request=request, language=language, ground=ground, authority=authority or other,
        court=COURT[language], **facts,
    )  # fmt: skip


def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("pipelines.rights", "letters"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["day"] = lambda day: format_date(day, "long", locale=language)
    return environment
