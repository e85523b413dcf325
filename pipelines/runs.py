"""A deployment that is open, and what its state says is due. Imports no Dagster and no dbt.

Owns opening and making a home as a whole, and the record of runs in the vault. What a run does,
step by step, is :mod:`pipelines.steps`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from pii_rules.models import Policy
from pipelines.common.errors import StorageError
from pipelines.common.policy import load_policy
from pipelines.common.settings import Home, Settings
from pipelines.rights.erasure import unfinished_erasures
from pipelines.rights.journal import catch_up
from pipelines.vault import schema
from pipelines.vault.keyring import KeyRing
from pipelines.vault.store import Vault
from pipelines.warehouse.dbt import PROJECT

if TYPE_CHECKING:
    from pipelines.landing.sources import SourceMapping

RUN_STATES = ("started", "published", "failed")


class Deployment:
    """A home with its keys, its vault, its policy and its sources; close it after use.

    Privacy: holds the keyring; ``repr`` shows the home's id only.
    """

    def __init__(self, settings: Settings, home: Home, keyring: KeyRing, vault: Vault) -> None:
        self.settings = settings
        self.home = home
        self.keyring = keyring
        self.vault = vault

    def __repr__(self) -> str:
        return f"Deployment({self.vault.home_id})"

    @classmethod
    def create(cls, settings: Settings) -> Self:
        """Make a home with its folders, keys, vault and ledger; a half-made one is completed.

        Raises:
            UsageError: There is a home already.
            StorageError: The place cannot be written.
        """
        home = Home.of(settings)
        try:
            for folder in home.folders():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            raise StorageError(
                "the home cannot be made here", code="read_only",
                todo="name a place that can be written with --home",
            ) from None  # fmt: skip
        has_keys = settings.master_key is None and (home.keys / "master.key").exists()
        make = KeyRing.open if has_keys else KeyRing.create
        keyring = make(home, settings)
        return cls(settings, home, keyring, Vault.create(home, settings, keyring))

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the home that the settings name.

        Raises:
            UsageError: There is no home.
            KeyMissingError, KeyWrongError: The keys are not those of this home.
            NotAllowedError: The home is older than its erasure ledger, or has lost it.
            StorageError: A store is damaged.
        """
        home = Home.of(settings)
        keyring = KeyRing.open(home, settings)
        vault = Vault.open(home, settings, keyring)
        catch_up(vault)
        return cls(settings, home, keyring, vault)

    @cached_property
    def policy(self) -> Policy:
        """The rules with this home's approvals, read once."""
        return load_policy(self.home.policy)

    @cached_property
    def sources(self) -> dict[str, SourceMapping]:
        """The source mappings, shipped ones first, the home's own over them."""
        from pipelines.landing.sources import SHIPPED_SOURCES, load_sources

        return load_sources([SHIPPED_SOURCES, self.home.sources])

    def close(self) -> None:
        """Let files and keys go."""
        self.vault.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def needs_run(deployment: Deployment, as_of: datetime) -> bool:
    """Whether a run would do anything: files wait, or what was published is not of this state.

    Args:
        deployment: Open.
        as_of: The instant the run would be for; a new reporting day makes a build due.
    """
    from pipelines.landing.sources import match_files

    inbox = deployment.home.inbox
    waits = any(match_files(source, inbox / name) for name, source in deployment.sources.items())
    return waits or build_is_due(deployment, as_of)


def build_is_due(deployment: Deployment, as_of: datetime, *, within: str = "") -> bool:
    """Whether the newest run before this one failed, or published another state than now's.

    An erasure without completion is such a state, whatever was published.

    Args:
        deployment: Open.
        as_of: The instant of the build.
        within: The run that asks, which does not count itself.
    """
    home = deployment.home
    if not (home.warehouse.is_file() and home.analytics.is_file() and home.dashboards.is_file()):
        return True
    if home.warehouse.with_name(home.warehouse.name + ".wal").exists():
        return True  # a kill left it
    t = schema.runs
    query = sa.select(t.c.build_fingerprint, t.c.state).where(t.c.run_id != within)
    newest_first = query.order_by(t.c.started_at.desc(), t.c.finished_at.desc()).limit(1)
    with deployment.vault.read() as conn:
        newest = conn.execute(newest_first).first()
        if unfinished_erasures(conn):
            return True
    if newest is None or newest.state != "published":
        return True
    return bool(newest.build_fingerprint != build_fingerprint(deployment, as_of))


def build_fingerprint(deployment: Deployment, as_of: datetime) -> str:
    """A digest of all that a build depends on: rows, rules, models, settings, reporting day."""
    settings = deployment.settings
    with deployment.vault.read() as conn:
        last_batch = conn.scalar(
            sa.select(sa.func.max(schema.batches.c.batch_id)).where(
                schema.batches.c.state.in_(("landed", "cleared"))
            )
        )
        erased = conn.scalar(sa.select(sa.func.count()).select_from(schema.erasures))
        swept = conn.scalar(sa.select(sa.func.max(schema.retention_runs.c.retention_run_id)))
        s = schema.subjects
        linked = sa.select(s.c.subject_key, s.c.state, s.c.merged_into)
        changed = linked.where(s.c.state.in_(("merged", "restricted"))).order_by(s.c.subject_id)
        links = [list(row) for row in conn.execute(changed)]
        o = schema.overlays
        counted = sa.select(o.c.state, sa.func.count(), sa.func.max(o.c.overlay_id))
        corrected = counted.where(o.c.state != "agreed").group_by(o.c.state).order_by(o.c.state)
        links += [list(row) for row in conn.execute(corrected)]
        c = schema.consents
        said = sa.select(sa.func.count(), sa.func.max(c.c.consent_id)).where(
            c.c.origin.not_in(("landed", "event"))
        )
        links += [list(row) for row in conn.execute(said)]
    parts = [
        project_fingerprint(PROJECT),
        deployment.policy.fingerprint,
        as_of.astimezone(ZoneInfo(settings.reporting_timezone)).date().isoformat(),
        settings.reporting_timezone,
        settings.reporting_currency,
        last_batch,
        erased,
        swept,
        links,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def project_fingerprint(project: Path) -> str:
    """A digest of the dbt project's files, names and contents."""
    digest = hashlib.sha256()
    for path in sorted(project.rglob("*")):
        if path.is_file() and path.suffix in {".sql", ".yml", ".yaml", ".csv", ".py", ".md"}:
            digest.update(str(path.relative_to(project)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def start_run(deployment: Deployment, run_id: str, as_of: datetime, started_at: datetime) -> None:
    """Note that a run began; runs that a kill has left open count as failed from now on."""
    t = schema.runs
    with deployment.vault.begin() as conn:
        conn.execute(sa.update(t).where(t.c.state == "started").values(state="failed"))
        conn.execute(
            sa.insert(t).values(
                run_id=run_id, as_of=as_of, started_at=started_at, state="started",
                policy_fingerprint=deployment.policy.fingerprint,
            )
        )  # fmt: skip


def finish_run(
    deployment: Deployment, run_id: str, finished_at: datetime, fingerprint: str | None
) -> None:
    """Note how a run ended: published with its fingerprint, or failed without one."""
    t = schema.runs
    with deployment.vault.begin() as conn:
        conn.execute(
            sa.update(t)
            .where(t.c.run_id == run_id)
            .values(
                finished_at=finished_at,
                state="failed" if fingerprint is None else "published",
                build_fingerprint=fingerprint,
            )
        )
