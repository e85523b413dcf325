"""Erases persons from a deployment: vault, others' texts, warehouse; then compacts.

Puts together what may not know one another: the order and the ledger (``rights``), the detector
that finds a person in texts (``privacy``), and the warehouse. The caller holds the home's lock
and hands in how to build, check and publish, so that nothing derived has the person either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager

from pipelines.common.settings import Home, Settings
from pipelines.privacy.detector import Detector, make_detector
from pipelines.privacy.mentions import mention_identifiers
from pipelines.privacy.redaction import cut
from pipelines.rights.erasure import (
    ErasureResult,
    ErasureTools,
    complete_erasures,
    erase_subject,
    replay_missed,
    resume_erasures,
)
from pipelines.rights.erasure_plan import FactErasure
from pipelines.runs import Deployment
from pipelines.vault.blind_index import BlindIndex
from pipelines.vault.keyring import KeyRing
from pipelines.vault.store import Vault
from pipelines.vault.subjects import Pair
from pipelines.warehouse.compaction import compact_warehouse
from pipelines.warehouse.connection import connect_warehouse
from pipelines.warehouse.erasure import erase_facts
from pipelines.warehouse.pseudo import create_relations


def erase_persons(
    deployment: Deployment,
    subject_ids: Iterable[int],
    *,
    request: str | None = None,
    detector: Detector | None = None,
    publish: Callable[[], object] | None = None,
) -> list[ErasureResult]:
    """Erase persons, finishing first what an earlier kill interrupted.

    Compaction and publication happen once for all; only then the completion is written, so that a
    kill before leaves an erasure that is known to be unfinished.

    Args:
        deployment: Open; the caller holds the lock.
        subject_ids: Persons of the vault; one who is erased already is skipped.
        request: Number of the request, for audit and ledger.
        detector: Finds the places to cut in others' texts; made when needed.
        publish: Builds, checks and publishes without them; the caller's next run by default.

    Raises:
        InputError: There is no such subject.
        BusyError: Somebody reads the vault, so that its log cannot be emptied.
    """
    vault = deployment.vault
    with _tools(deployment, detector) as tools:
        results = resume_erasures(vault, tools, complete=False)
        for subject_id in subject_ids:
            result = erase_subject(vault, subject_id, tools, request=request, complete=False)
            if result.subject_keys:
                results.append(result)
        _finish(deployment, tools, results, publish)
    return results


def finish_erasures(
    deployment: Deployment, publish: Callable[[], object] | None = None
) -> list[ErasureResult]:
    """Finish what a kill interrupted; next to nothing when nothing was."""
    return erase_persons(deployment, (), publish=publish)


def replay_ledger(settings: Settings) -> list[ErasureResult]:
    """Bring a home that is older than its ledger up to it: the only thing it opens for.

    Raises:
        KlantkluisError: As :meth:`Deployment.open`, except that an older home is let in.
    """
    home = Home.of(settings)
    keyring = KeyRing.open(home, settings)
    vault = Vault.open(home, settings, keyring, replaying=True)
    with (
        Deployment(settings, home, keyring, vault) as deployment,
        _tools(deployment, None) as tools,
    ):
        results = replay_missed(vault, tools, complete=False)
        _finish(deployment, tools, results, None)
    return results


def cut_identifiers(
    texts: Mapping[str, str], pairs: set[Pair], index: BlindIndex, detector: Detector
) -> dict[str, str]:
    """Texts without the places where one of the blind identifiers stands.

    Privacy: unsealed texts in and out; call only on the vault's side.
    """
    columns = list(texts)
    made: dict[str, str] = {}
    found = detector.detect([texts[c] for c in columns])
    for column, spans in zip(columns, found, strict=True):
        text = texts[column]
        doomed = [
            span
            for span in spans
            if any(
                (kind, index.of(kind, value)) in pairs
                for kind, value in mention_identifiers(text, [span])
            )
        ]
        made[column] = cut(text, doomed)
    return made


@contextmanager
def _tools(deployment: Deployment, detector: Detector | None) -> Iterator[ErasureTools]:
    used: list[Detector] = [detector] if detector is not None else []

    def cut_texts(texts: dict[str, str], pairs: set[Pair]) -> Mapping[str, str]:
        if not used:
            used.append(make_detector(1))
        return cut_identifiers(texts, pairs, deployment.vault.index, used[0])

    def forget(facts: FactErasure) -> object:
        if not deployment.home.warehouse.is_file():
            return None
        key = deployment.keyring.role_key("warehouse")
        with closing(connect_warehouse(deployment.home, key, deployment.settings)) as connection:
            create_relations(connection, deployment.policy)
            return erase_facts(
                connection,
                deployment.policy,
                facts.subject_keys,
                facts.actions,
                facts.record_keys,
            )

    yield ErasureTools(policy=deployment.policy, cut=cut_texts, erase_facts=forget)


def _finish(
    deployment: Deployment,
    tools: ErasureTools,
    results: list[ErasureResult],
    publish: Callable[[], object] | None,
) -> None:
    if not results:
        return
    if deployment.home.warehouse.is_file():
        key = deployment.keyring.role_key("warehouse")
        compact_warehouse(deployment.home, key, deployment.settings)
    if publish is not None:
        publish()
    complete_erasures(deployment.vault, tools)
