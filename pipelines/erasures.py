"""Erases persons from a deployment: vault, others' texts, warehouse; then compacts.

Puts together what may not know one another: the order and the ledger (``rights``), the detector
that finds a person in texts (``privacy``), and the warehouse. The caller holds the home's lock.

An erasure is complete when nothing derived has the person either. So it has two halves:
:func:`erase_queued` before a build, :func:`complete_published` after its publication; a run of
the pipeline calls both, whoever queued the persons.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import duckdb

from pii_rules.models import Policy
from pipelines.batches.recovery import recover
from pipelines.common.entities import load_entities
from pipelines.common.settings import Home, Settings
from pipelines.privacy.cut_persons import PersonCutter
from pipelines.privacy.detector import Detector, make_detector
from pipelines.privacy.known_persons import PersonMatcher
from pipelines.privacy.name_sketches import SketchKey
from pipelines.rights.audience_files import withdraw_persons
from pipelines.rights.erasure import (
    ErasureResult,
    ErasureTools,
    complete_erasures,
    keys_to_prove,
    leave_to_requests,
    queue_erasures,
    replay_missed,
    resume_erasures,
    unfinished_erasures,
)
from pipelines.rights.erasure_plan import FactErasure
from pipelines.rights.journal import CaughtUp
from pipelines.rights.keeping import FactRow
from pipelines.rights.package_files import remove_unknown
from pipelines.runs import Deployment
from pipelines.vault.index_rotation import catch_up_index
from pipelines.vault.keyring import KeyRing
from pipelines.vault.keys_backup import has_keys_backup, refresh_keys_backup
from pipelines.vault.sketches import Around
from pipelines.vault.store import Vault
from pipelines.vault.subjects import Pair
from pipelines.warehouse.compaction import compact_warehouse
from pipelines.warehouse.connection import connect_warehouse
from pipelines.warehouse.erasure import erase_facts, read_rows
from pipelines.warehouse.erasure_proof import prove_derived
from pipelines.warehouse.pseudo import create_relations

MakeDetector = Callable[[], Detector]


def erase_persons(
    deployment: Deployment,
    subject_ids: Iterable[int],
    *,
    request: str | None = None,
    detector: Detector | None = None,
) -> list[ErasureResult]:
    """Erase persons, and whoever else is queued or was interrupted by a kill.

    Args:
        deployment: Open; the caller holds the lock.
        subject_ids: Persons of the vault; one who is erased already is skipped.
        request: Number of the request, for audit and ledger.
        detector: Finds the places to cut in others' texts; made when needed.

    Returns:
        One result per person; each stays unfinished until the next run has built, checked and
        published without them.

    Raises:
        InputError: There is no such subject; nobody is erased.
        BusyError: Somebody reads the vault, so that its log cannot be emptied.
    """
    queue_erasures(deployment.vault, subject_ids, request)
    return erase_queued(deployment, make=lambda: detector or make_detector())


def erase_queued(
    deployment: Deployment,
    buckets: Collection[int] | None = None,
    make: MakeDetector = make_detector,
) -> list[ErasureResult]:
    """Take everybody who is to be erased out of vault and warehouse; completion comes later.

    Args:
        deployment: Open; the caller holds the lock.
        buckets: Only persons in these ``subject_bucket`` partitions (0-63); all by default.
        make: Makes the detector, when a text has to be cut.

    Returns:
        One result per person.
    """
    with deployment.vault.begin() as conn:
        leave_to_requests(conn)
        persons = unfinished_erasures(conn, buckets)
    if not persons:
        return []
    withdraw_persons(deployment.home, deployment.vault, [i for i, _ in persons])
    return resume_erasures(
        deployment.vault, _tools(deployment, make), complete=False, buckets=buckets
    )


def complete_published(deployment: Deployment) -> int:
    """Compact, and write the completion of erasures whose publication stands.

    Args:
        deployment: Open; the caller holds the lock, and has built and published everything since
            :func:`erase_queued`.

    Returns:
        Persons whose erasure is complete now.

    Raises:
        BusyError: Somebody reads the vault, so that its log cannot be emptied; run again.
        CheckError: A derived table still knows one of them.
    """
    if deployment.home.warehouse.is_file():
        with deployment.vault.read() as conn:
            gone = keys_to_prove(conn)
        with _warehouse(deployment) as connection:
            prove_derived(connection, gone)
        key = deployment.keyring.role_key("warehouse")
        compact_warehouse(deployment.home, key, deployment.settings)
    if has_keys_backup(deployment.home):  # the keys destroyed must not outlive it there
        refresh_keys_backup(deployment.home, deployment.vault, deployment.keyring)
    remove_unknown(deployment.vault, deployment.home)  # packages went with their rows
    return complete_erasures(deployment.vault, _tools(deployment, make_detector))


def replay_ledger(settings: Settings) -> tuple[list[ErasureResult], CaughtUp]:
    """Bring a home that is older than its ledger up to it: the only thing it opens for.

    The next run publishes without the persons, and completes.

    Raises:
        KlantkluisError: As :meth:`Deployment.open`, except that an older home is let in.
    """
    home = Home.of(settings)
    keyring = KeyRing.open(home, settings)
    vault = Vault.open(home, settings, keyring, replaying=True)
    with vault.closing():
        catch_up_index(vault, keyring)
    vault = Vault.open(home, settings, keyring, replaying=True)
    with Deployment(settings, home, keyring, vault) as deployment:
        _undo_unknown(deployment)
        return replay_missed(vault, _tools(deployment, make_detector), complete=False)


def _tools(deployment: Deployment, make: MakeDetector) -> ErasureTools:
    used: list[PersonCutter] = []

    def cut_texts(texts: dict[str, str], pairs: set[Pair], around: Around) -> Mapping[str, str]:
        if not used:
            matcher = PersonMatcher(SketchKey(deployment.vault.sketch_key))
            used.append(PersonCutter(deployment.vault.index.of, make(), matcher))
        return used[0].cut(texts, pairs, around)

    def forget(facts: FactErasure) -> object:
        if not deployment.home.warehouse.is_file():
            return None
        _undo_unknown(deployment)
        with _warehouse(deployment) as connection:
            return erase_facts(
                connection,
                deployment.policy,
                facts.subject_keys,
                facts.actions,
                facts.record_keys,
            )

    def read(keys: Sequence[str], entities: Collection[str]) -> list[FactRow]:
        if not deployment.home.warehouse.is_file():
            return []
        _undo_unknown(deployment)
        with _warehouse(deployment) as connection:
            return facts_of(connection, deployment.policy, keys, entities)

    return ErasureTools(deployment.policy, cut_texts, forget, read)


def facts_of(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    subject_keys: Sequence[str],
    entities: Collection[str],
) -> list[FactRow]:
    """Rows of the warehouse that bear persons, of what may have to be kept of them."""
    known = load_entities()
    return [
        FactRow(name, source, record_key, key, at, fields)
        for name in sorted(entities)
        for source, record_key, key, at, fields in read_rows(
            connection, policy, subject_keys, known[name]
        )
    ]


def _undo_unknown(deployment: Deployment) -> None:
    """Mend what a killed landing left: an undo after the erasure would bring rows back."""
    if deployment.home.warehouse.is_file():
        with _warehouse(deployment) as connection:
            create_relations(connection, deployment.policy)
            recover(deployment, connection)


@contextmanager
def _warehouse(deployment: Deployment) -> Iterator[duckdb.DuckDBPyConnection]:
    key = deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(deployment.home, key, deployment.settings)) as connection:
        yield connection
