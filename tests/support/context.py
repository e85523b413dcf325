"""A small deployment for tests: one home, approved rules, sources written by the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import yaml

from pii_rules.models import Policy
from pipelines.batches.context import Tools
from pipelines.batches.land import land_inbox
from pipelines.batches.report import LandSummary
from pipelines.common.policy import APPROVALS_FILE, load_policy
from pipelines.common.settings import Home, Settings
from pipelines.landing.sources import SourceMapping, load_sources
from pipelines.privacy.detector import Span
from pipelines.runs import Deployment
from pipelines.vault.keyring import KeyRing
from pipelines.vault.store import Vault
from pipelines.warehouse.connection import connect_warehouse

CRM = """
source: crm
timezone: Europe/Amsterdam
files:
  - pattern: accounts*.csv
    mode: snapshot
    entities:
      - entity: accounts
        columns: {account_id: id, name: name, size_class: size}
  - pattern: contacts*.csv
    mode: upsert
    entities:
      - entity: contacts
        columns:
          contact_id: id
          account_id: {from: account, optional: true}
          full_name: name
          email: email
          mobile: mobile
          birth_date: {from: born, optional: true}
          postcode: {from: postcode, optional: true}
          national_id: {from: bsn, optional: true}
  - pattern: interactions*.csv
    entities:
      - entity: interactions
        columns: {interaction_id: id, contact_id: contact, channel: channel, occurred_at: at, body: body}
  - pattern: tickets*.csv
    mode: upsert
    entities:
      - entity: tickets
        columns: {ticket_id: id, contact_id: contact, status: status, subject: subject}
  - pattern: replies*.csv
    entities:
      - entity: ticket_events
        columns: {event_id: id, ticket_id: ticket, event_type: type, occurred_at: at, body: body}
  - pattern: deals*.csv
    mode: upsert
    entities:
      - entity: deals
        columns: {deal_id: id, contact_id: contact, stage: stage, amount: amount, outcome: outcome, closed_at: closed}
  - pattern: events*.csv
    mode: snapshot
    entities:
      - entity: campaign_events
        columns: {event_id: id, campaign_id: campaign, email: email, event_type: type, occurred_at: at, ip_address: ip}
"""


SHOP = """
source: shop
timezone: Europe/Amsterdam
files:
  - pattern: orders*.csv
    mode: upsert
    entities:
      - entity: orders
        references: {contact_id: crm}
        columns:
          order_id: id
          contact_id: contact
          ordered_at: at
          amount: amount
          margin: {from: margin, optional: true}
"""
"""Orders of the contacts of ``CRM``."""


class WordDetector:
    """Finds the words it was given; stands in where detection is not what is tested."""

    version = "words"

    def __init__(self, words: Mapping[str, str] | None = None) -> None:
        self.words = dict(words or {})
        self.texts_seen = 0

    def detect(self, texts: Any, languages: Any = None) -> list[list[Span]]:
        self.texts_seen += len(texts)
        return [
            [
                Span(text.index(word), text.index(word) + len(word), kind, 1.0)
                for word, kind in self.words.items()
                if word in text
            ]
            for text in texts
        ]


@dataclass
class Context:
    """What landing needs, over one temporary home."""

    settings: Settings
    home: Home
    keyring: KeyRing
    vault: Vault
    policy: Policy
    sources: dict[str, SourceMapping]

    def deliver(self, name: str, text: str, source: str = "crm") -> Path:
        """Put a file into the inbox."""
        path = self.home.inbox / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def land(self, detector: Any = None, **options: Any) -> LandSummary:
        """Land the inbox with a detector that finds nothing by default."""
        tools = Tools(self.settings, detector or WordDetector())
        return land_inbox(self, tools=tools, **options)

    def warehouse(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse."""
        with closing(self.connect()) as connection:
            return connection.execute(sql).fetchall()

    def frame(self, sql: str) -> pl.DataFrame:
        """A query's frame."""
        with closing(self.connect()) as connection:
            return connection.execute(sql).pl()

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The warehouse, open for writing."""
        return connect_warehouse(self.home, self.keyring.role_key("warehouse"), self.settings)


def approve_all(home: Home) -> None:
    """Approve every rule, as a deployer would."""
    approvals = {
        e: {"approved_by": "test", "approved_on": "2026-01-01"} for e in load_policy().entities
    }
    (home.policy / APPROVALS_FILE).write_text(yaml.safe_dump(approvals))


def describe_organisation(home: Home) -> None:
    """Say who answers requests and that nobody gets data, as a deployer would."""
    said = {
        "controller": {"name": "Voorbeeld"}, "data_protection_officer": "none",
        "recipients": [], "transfers": [],
    }  # fmt: skip
    (home.policy / "organisation.yaml").write_text(yaml.safe_dump(said))


def with_sources(context: Context, **mappings: str) -> Context:
    """The same with further sources, by their names."""
    for name, mapping in mappings.items():
        (context.home.sources / f"{name}.yaml").write_text(mapping)
    return replace(context, sources=load_sources([context.home.sources]))


def make_context(
    root: Path, mapping: str = CRM, *, approved: bool = True, **settings: Any
) -> Context:
    """A new home with one source."""
    made = Settings(home=root / "home", **settings)
    home = Home.of(made)
    for folder in home.folders():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keyring = KeyRing.create(home, made)
    vault = Vault.create(home, made, keyring)
    if approved:
        approve_all(home)
    describe_organisation(home)
    (home.sources / "source.yaml").write_text(mapping)
    return Context(
        made, home, keyring, vault, load_policy(home.policy), load_sources([home.sources])
    )


def land_files(root: Path, files: Mapping[str, str], mapping: str = CRM) -> Path:
    """A new home in which files have landed; for tests to copy."""
    context = make_context(root, mapping)
    with closing(context.vault):
        for name, text in files.items():
            context.deliver(name, text)
        context.land()
    return root


@contextmanager
def opened_copy(landed: Path, root: Path) -> Iterator[Deployment]:
    """A copy of such a home to change, open."""
    shutil.copytree(landed, root, dirs_exist_ok=True)
    with Deployment.open(Settings(home=root / "home")) as opened:
        yield opened
