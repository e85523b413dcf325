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
from pipelines.privacy.detector import Detector, make_detector
from pipelines.privacy.known_persons import NOBODY, KnownPersons, PersonMatcher, TaggedSpan
from pipelines.privacy.mentions import mention_identifiers
from pipelines.privacy.name_sketches import SketchKey
from pipelines.privacy.redaction import cut
from pipelines.rights.audience_files import withdraw_persons
from pipelines.rights.erasure import (
    ErasureResult,
    ErasureTools,
    complete_erasures,
    keys_to_prove,
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
from pipelines.vault.blind_index import BlindIndex
from pipelines.vault.index_rotation import catch_up_index
from pipelines.vault.keyring import KeyRing
from pipelines.vault.keys_backup import has_keys_backup, refresh_keys_backup
from pipelines.vault.sketches import SKETCH_KIND
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
    with deployment.vault.read() as conn:
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


def cut_identifiers(
    texts: Mapping[str, str],
    pairs: set[Pair],
    index: BlindIndex,
    detector: Detector,
    matcher: PersonMatcher | None = None,
) -> Mapping[str, str]:
    """Texts without the places where one of the blind identifiers stands.

    Args:
        texts: By column.
        pairs: What to cut; a sketch among them is how an erased person is known in a text, so
            that a bare surname or a slip of the pen goes too.
        index: Made the blind indexes.
        detector: Finds the places.
        matcher: Reads the sketches.

    Privacy: unsealed texts in and out; call only on the vault's side.
    """
    columns = list(texts)
    made: dict[str, str] = {}
    erased = KnownPersons(b"".join(sketch for kind, sketch in pairs if kind == SKETCH_KIND))
    only_half = all(kind == SKETCH_KIND for kind, _ in pairs)
    if only_half and matcher and not any(_names(matcher, t, erased) for t in texts.values()):
        return texts  # looked at because it lies near; most say nothing of the person
    found = detector.detect([texts[c] for c in columns])
    for column, spans in zip(columns, found, strict=True):
        text = texts[column]
        places = (
            matcher.tag(text, spans, erased)
            if matcher
            else [TaggedSpan(*span, "third_party", NOBODY) for span in spans]
        )
        doomed = [
            place.span
            for place in places
            if place.party == "subject"
            or any(
                (kind, index.of(kind, value)) in pairs
                for kind, value in mention_identifiers(text, [place.span])
            )
        ]
        made[column] = cut(text, doomed)
    return made


def _names(matcher: PersonMatcher, text: str, erased: KnownPersons) -> bool:
    """Whether a text has the erased person's name in any form that a sketch knows."""
    return any(place.party == "subject" for place in matcher.tag(text, [], erased))


def _tools(deployment: Deployment, make: MakeDetector) -> ErasureTools:
    used: list[Detector] = []

    def cut_texts(texts: dict[str, str], pairs: set[Pair]) -> Mapping[str, str]:
        if not used:
            used.append(make())
        index = deployment.vault.index
        matcher = PersonMatcher(SketchKey(deployment.vault.sketch_key))
        return cut_identifiers(texts, pairs, index, used[0], matcher)

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
