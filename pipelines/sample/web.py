"""Visits to the web site and shop: sessions of known and unknown visitors, some after a campaign."""

from __future__ import annotations

import numpy as np

from pipelines.sample.campaigns import AGENTS
from pipelines.sample.identifiers import ip_address
from pipelines.sample.randomness import pick
from pipelines.sample.seasons import utc_texts
from pipelines.sample.texts import Text
from pipelines.sample.work import Work

_PAGES = (
    "/",
    "/producten",
    "/producten/winterjas",
    "/prijzen",
    "/contact",
    "/blog/levertijd",
    "/inloggen",
    "/winkelwagen",
)
_REFERRERS = (
    "",
    "",
    "https://zoeken.example/",
    "https://sociaal.example/feed",
    "https://www.klantkluis.example/",
)


def write_web_events(work: Work) -> None:
    """Write about ten events for each person of the block, in sessions of four."""
    numbers, chance = work.arrays("web"), work.plain("web")
    sessions = max(1, round(len(work.people) * 2.5))
    who = work.draw_people(numbers, sessions)
    begin = work.plan.seasons.draw(numbers, work.starts[who], consumer=True)
    clicked = min(len(work.clicks), sessions)
    for at, (place, _, instant) in enumerate(work.clicks[:clicked]):
        who[at], begin[at] = place, instant + 4
    lengths = np.minimum(numbers.geometric(0.25, sessions), 14)
    gaps = numbers.integers(5, 240, int(lengths.sum()))
    ends = np.cumsum(lengths)
    elapsed = np.cumsum(gaps)
    offset = np.repeat(elapsed[ends - lengths], lengths)
    at = np.minimum(np.repeat(begin, lengths) + elapsed - offset, work.plan.seasons.end - 1)
    times = utc_texts(at)
    rows: list[tuple[str, ...]] = []
    for session, place in enumerate(who.tolist()):
        person = work.people[place]
        known = chance.random() < 0.6 and person.shop_id != ""
        visitor = f"v{(person.index * 2_654_435_761 + (0 if known else session)) % 2**40:010x}"
        agent = AGENTS[1 + int(chance.random() * 4)]
        address = person.ip_address if chance.random() < 0.8 else ip_address(chance)
        campaign = work.campaigns[work.clicks[session][1]].slug if session < clicked else ""
        key = work.key("S", session)
        referrer = pick(chance, _REFERRERS)
        for step in range(int(ends[session] - lengths[session]), int(ends[session])):
            kind, page, term = _step(work, chance.random(), place)
            query = f"{'&' if '?' in page else '?'}utm_campaign={campaign}" if campaign else ""
            if term is not None:
                work.truth.text("shop", "web_events", work.key("", step), "search_term", term)
            rows.append(
                (work.key("", step), person.shop_id if known else "", visitor, key, kind, times[step],
                 f"https://www.klantkluis.example{page}{query}", term.text if term else "", referrer, agent, address)
            )  # fmt: skip
            referrer, campaign = "https://www.klantkluis.example/", ""
    work.files.write("web_events", rows)


def _step(work: Work, way: float, place: int) -> tuple[str, str, Text | None]:
    """Kind, page and search term; one form in five repeats an e-mail address in its address."""
    if way < 0.85:
        return "page", _PAGES[int(way / 0.85 * len(_PAGES))], None
    if way < 0.93:
        return "search", "/zoeken", work.writer.write("search", work.people[place])
    if way < 0.97:
        email = work.people[place].email if way > 0.962 else ""
        return "form", "/contact/verzonden" + (f"?email={email}" if email else ""), None
    return "consent", "/cookies", None
