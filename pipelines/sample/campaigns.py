"""Members and events of the e-mail campaigns: sends, opens by people and machines, clicks, results.

A fifth to a third of recipients open, about 3 % click, some conversions follow within the window;
hold-outs convert too, only less. All by the array: this is the largest file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.sample.campaign_plan import Campaign
from pipelines.sample.seasons import DAY, Seconds, utc_texts
from pipelines.sample.work import Purchase, Work

_TYPES: Final = (
    "sent", "delivered", "open", "click", "bounce_hard", "bounce_soft", "dropped", "unsubscribe",
    "complaint", "conversion",
)  # fmt: skip
_TYPE: Final = {name: at for at, name in enumerate(_TYPES)}
AGENTS: Final = (
    "",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15",
    "Mozilla/5.0",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Barracuda Sentinel (EE)",
)
_PROXIES: Final = (5, 6)
_SCANNER: Final = 7
_PATHS: Final = ("", "/", "/producten", "/actie", "/artikel/1", "/artikel/2", "/uitschrijven")
NETWORKS: Final = ("192.0.2.", "198.51.100.", "203.0.113.")
CUTOVER_DAYS: Final = 560
"""Before this day of the history the tool knew recipients by e-mail only."""

Places = NDArray[np.int64]


@dataclass(slots=True)
class _Events:
    """Columns of events in the making."""

    who: list[Places] = field(default_factory=list)
    campaign: list[Places] = field(default_factory=list)
    kind: list[Places] = field(default_factory=list)
    at: list[Seconds] = field(default_factory=list)
    path: list[Places] = field(default_factory=list)
    agent: list[Places] = field(default_factory=list)
    value: list[NDArray[np.float64]] = field(default_factory=list)

    def add(
        self, campaign: int, kind: str, who: Places, at: Seconds, *, path: Places | int = 0,
        agent: Places | int = 0, value: NDArray[np.float64] | float = 0.0,
    ) -> None:  # fmt: skip
        size = len(who)
        self.who.append(who)
        self.campaign.append(np.full(size, campaign))
        self.kind.append(np.full(size, _TYPE[kind]))
        self.at.append(at)
        self.path.append(np.broadcast_to(path, size))
        self.agent.append(np.broadcast_to(agent, size))
        self.value.append(np.broadcast_to(value, size))


def make_campaign_work(work: Work) -> None:
    """Write members and events of the block; note clicks, unsubscriptions and purchases."""
    chance = work.arrays("campaign events")
    people = work.people
    reachable = np.array([bool(p.email) for p in people])
    lively = np.array([p.liveliness for p in people])
    business = np.array([p.company is not None for p in people])
    created = np.array([p.created for p in people], dtype=np.int64)
    events = _Events()
    members: list[tuple[str, ...]] = []
    for at, campaign in enumerate(work.campaigns):
        if campaign.channel != "email":
            continue
        eligible = reachable & (created < campaign.starts) & (chance.random(len(people)) < 0.95)
        who = np.flatnonzero(eligible)
        held_out = chance.random(len(who)) < campaign.holdout_share
        _note_members(work, campaign, who, held_out, members)
        treated = who[~held_out]
        clickers, gone = _send(chance, events, at, campaign, treated, lively, business, work)
        reachable[gone] = False
        _convert(chance, events, at, campaign, treated, clickers, who[held_out], work)
    work.files.write("members", members)
    _write_events(work, events)


def _contact_reference(work: Work, campaign: Campaign, place: int) -> tuple[str, str]:
    """CRM id, else e-mail: the tool changed from one to the other."""
    person = work.people[place]
    old = campaign.starts < work.plan.history.seasons.first + CUTOVER_DAYS * DAY
    return ("", person.email) if old or not person.crm_id else (person.crm_id, "")


def _note_members(
    work: Work, campaign: Campaign, who: Places, held_out: NDArray[np.bool_], members: list[tuple[str, ...]]
) -> None:  # fmt: skip
    added = utc_texts(np.array([campaign.starts - 2 * DAY]))[0]
    for place, held in zip(who.tolist(), held_out.tolist(), strict=True):
        members.append(
            (work.key("L", len(members)), campaign.campaign_id, *_contact_reference(work, campaign, place),
             "true" if held else "false", added)
        )  # fmt: skip


def _send(
    chance: np.random.Generator, events: _Events, at: int, campaign: Campaign, who: Places,
    lively: NDArray[np.float64], business: NDArray[np.bool_], work: Work,
) -> tuple[Places, Places]:  # fmt: skip
    """Send and what comes of it. Gives the human clickers and those who cannot be reached again."""
    end = work.plan.seasons.end
    size = len(who)
    sent = campaign.starts + (chance.random(size) * 7200).astype(np.int64)
    fate = chance.random(size)
    hard, soft, dropped = (
        fate < 0.008,
        (fate >= 0.008) & (fate < 0.022),
        (fate >= 0.022) & (fate < 0.025),
    )
    delivered = ~(hard | dropped) & ~(soft & (chance.random(size) < 0.5))
    arrived = sent + np.where(soft, 14_400, 2) + (chance.random(size) * 20).astype(np.int64)
    events.add(at, "sent", who[~dropped], sent[~dropped])
    events.add(at, "dropped", who[dropped], sent[dropped])
    events.add(at, "bounce_hard", who[hard], sent[hard] + 3)
    events.add(at, "bounce_soft", who[soft], sent[soft] + 5)
    events.add(at, "delivered", who[delivered], arrived[delivered])
    who, arrived = who[delivered], arrived[delivered]
    by_machine = chance.random(len(who)) < 0.12
    agent = chance.choice(np.array(_PROXIES), int(by_machine.sum()))
    events.add(
        at,
        "open",
        who[by_machine],
        arrived[by_machine] + 1 + (chance.random(len(agent)) * 40).astype(np.int64),
        agent=agent,
    )
    scanned = business[who] & (chance.random(len(who)) < 0.012)
    for path in range(1, 7):
        events.add(at, "click", who[scanned], arrived[scanned] + 2, path=path, agent=_SCANNER)
    appetite = campaign.open_rate * lively[who] / max(float(lively.mean()), 1e-9)
    opens = chance.random(len(who)) < np.clip(appetite, 0, 0.95)
    readers = who[opens]
    read = np.minimum(
        arrived[opens] + 60 + (chance.exponential(50_000, len(readers))).astype(np.int64), end - 1
    )
    reader_agent = 1 + (readers * 7 + at // 9) % 4
    events.add(at, "open", readers, read, agent=reader_agent)
    again = chance.random(len(readers)) < 0.35
    events.add(
        at,
        "open",
        readers[again],
        np.minimum(read[again] + 86_000, end - 1),
        agent=reader_agent[again],
    )
    clicks = chance.random(len(readers)) < 0.13
    clickers, clicked = readers[clicks], np.minimum(read[clicks] + 45, end - 1)
    target = chance.integers(2, 6, len(clickers))
    events.add(at, "click", clickers, clicked, path=target, agent=reader_agent[clicks])
    twice = chance.random(len(clickers)) < 0.3
    events.add(
        at,
        "click",
        clickers[twice],
        np.minimum(clicked[twice] + 90, end - 1),
        path=3,
        agent=reader_agent[clicks][twice],
    )
    leaves = chance.random(len(readers)) < 0.009
    events.add(at, "unsubscribe", readers[leaves], np.minimum(read[leaves] + 30, end - 1), path=6)
    complains = chance.random(len(who)) < 0.0003
    events.add(at, "complaint", who[complains], np.minimum(arrived[complains] + 900, end - 1))
    for place, when in zip(readers[leaves].tolist(), read[leaves].tolist(), strict=True):
        work.withdrawn.setdefault(place, when + 30)
    work.clicks.extend((p, at, t) for p, t in zip(clickers.tolist(), clicked.tolist(), strict=True))
    return clickers, np.concatenate([readers[leaves], who[complains]])


def _convert(
    chance: np.random.Generator, events: _Events, at: int, campaign: Campaign, treated: Places,
    clickers: Places, held_out: Places, work: Work,
) -> None:  # fmt: skip
    """Conversions within thirty days: with the campaign's uplift, or as they would have come anyway."""
    base = 0.006
    everybody = np.concatenate([treated, held_out])
    odds = np.where(np.arange(len(everybody)) < len(treated), base + campaign.uplift, base)
    odds = odds + 0.06 * np.isin(everybody, clickers)
    buyers = everybody[chance.random(len(everybody)) < odds]
    when = campaign.starts + 10_800 + (chance.exponential(6 * DAY, len(buyers))).astype(np.int64)
    inside = (when < campaign.starts + 30 * DAY) & (when < work.plan.seasons.end)
    buyers, when = buyers[inside], when[inside]
    value = np.round(chance.lognormal(4.2, 0.6, len(buyers)), 2)
    events.add(at, "conversion", buyers, when, path=3, value=value)
    for place, instant, amount in zip(buyers.tolist(), when.tolist(), value.tolist(), strict=True):
        person = work.people[place]
        work.purchases.append(Purchase(person, None, "", instant, amount, "EUR"))


def _write_events(work: Work, events: _Events) -> None:
    who, campaign = np.concatenate(events.who), np.concatenate(events.campaign)
    kind, at = np.concatenate(events.kind), np.concatenate(events.at)
    path, agent = np.concatenate(events.path), np.concatenate(events.agent)
    value = np.concatenate(events.value)
    plan = work.plan.history
    old = np.array([c.starts < plan.seasons.first + CUTOVER_DAYS * DAY for c in work.campaigns])
    crm = np.array([p.crm_id for p in work.people], dtype=object)
    mail = np.array([p.email for p in work.people], dtype=object)
    address = np.array([p.ip_address for p in work.people], dtype=object)
    by_mail = old[campaign] | (crm[who] == "")
    slugs = np.array([c.slug for c in work.campaigns], dtype=object)
    human = (agent >= 1) & (agent <= 4)
    addresses = np.where(human, address[who], np.where(agent > 4, "203.0.113.9", ""))
    urls = np.where(
        path > 0,
        "https://www.klantkluis.example"
        + np.array(_PATHS, dtype=object)[path]
        + "?utm_campaign="
        + slugs[campaign],
        "",
    )
    first = work.block.number * 100_000 + 1
    frame = pl.DataFrame(
        {
            "event_id": pl.Series(np.arange(first, first + len(who))).cast(pl.String),
            "campaign_id": np.array([c.campaign_id for c in work.campaigns], dtype=object)[
                campaign
            ],
            "crm_contact": np.where(by_mail, "", crm[who]),
            "email": np.where(by_mail, mail[who], ""),
            "event": np.array(_TYPES, dtype=object)[kind],
            "timestamp": utc_texts(at),
            "url": urls,
            "user_agent": np.array(AGENTS, dtype=object)[agent],
            "ip": addresses,
            "value": np.where(value > 0, np.char.mod("%.2f", value), ""),
        },
        schema_overrides=dict.fromkeys(
            ("campaign_id", "crm_contact", "email", "event", "url", "user_agent", "ip", "value"),
            pl.String,
        ),
    )
    frame = frame.with_columns(pl.when(pl.col(c) != "").then(pl.col(c)) for c in frame.columns)
    work.files.write_frame("events", frame)
