"""The erasure ledger: the copy outside the home that makes an erasure outlive a backup.

One chain per home id, append-only, each entry durable before anything is destroyed. It holds
pseudonyms, blind indexes, and what stewards did (:mod:`pipelines.vault.noted_rows`); all but the pseudonyms are sealed under a key of the ledger's own,
stored beside it and wrapped by the master key, so that the file alone gives nobody a guess.
An entry that was only half written was never acted upon, and is cut off.
"""

from __future__ import annotations

import fcntl
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from pipelines.common.clock import now
from pipelines.common.errors import FailedError, NotAllowedError, StorageError
from pipelines.vault.files import append_private, create_private, replace_private
from pipelines.vault.keyring import KEY_BYTES, KeyRing
from pipelines.vault.sealing import seal, unseal
from pipelines.vault.subjects import Pair

EntryKind = Literal[
    "created", "intent", "completed", "audit", "replayed", "accepted", "readmitted", "rotated",
    "noted",
]  # fmt: skip


class LedgerEntry(NamedTuple):
    """One entry; ``audit_sequence`` and ``audit_mac`` are the head of the audit chain then."""

    sequence: int
    at: str
    kind: str
    subject_keys: tuple[str, ...]
    request: str | None
    sealed: str
    audit_sequence: int
    audit_mac: str
    mac: str


class Ledger:
    """The chain of one home."""

    def __init__(self, folder: Path, home_id: str, key: bytes) -> None:
        self._file = folder / f"{home_id}.jsonl"
        self._key_file = folder / f"{home_id}.key"
        self._home_id = home_id
        self._key = key
        self._chain_key = hmac.digest(key, b"ledger chain", "sha256")
        self._entries: list[LedgerEntry] = []
        self._size = -1

    def __repr__(self) -> str:
        return f"Ledger({self._home_id})"

    @classmethod
    def create(cls, folder: Path, home_id: str, keyring: KeyRing) -> Ledger:
        """A new chain with its key and its first entry; raises FailedError if there is one."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = secrets.token_bytes(KEY_BYTES)
        ledger = cls(folder, home_id, key)
        if ledger._file.exists():
            raise FailedError(
                "there is a ledger of this home already", code="ledger_exists",
                where={"home": home_id},
            )  # fmt: skip
        replace_private(ledger._key_file, keyring.wrap(key, _aad(home_id)).hex().encode())
        create_private(ledger._file, b"")
        ledger.append("created")
        return ledger

    @classmethod
    def open(cls, folder: Path, home_id: str, keyring: KeyRing) -> Ledger:
        """The chain of a home, checked.

        Raises:
            NotAllowedError: It is gone.
            KeyWrongError: The master key is another one.
            StorageError: Somebody changed it.
        """
        try:
            wrapped = bytes.fromhex((folder / f"{home_id}.key").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            raise ledger_missing(home_id) from None
        ledger = cls(folder, home_id, keyring.unwrap(wrapped, _aad(home_id)))
        if not ledger.entries():
            raise ledger_missing(home_id)
        return ledger

    def rewrap(self, keyring: KeyRing) -> None:
        """Wrap the ledger's key by a new master key."""
        wrapped = keyring.wrap(self._key, _aad(self._home_id))
        replace_private(self._key_file, wrapped.hex().encode())

    def entries(self) -> list[LedgerEntry]:
        """All entries, oldest first, their chain checked.

        Raises:
            NotAllowedError: The file is gone.
            StorageError: An entry was changed, left out or put in; its number is told.
        """
        try:
            size = self._file.stat().st_size
            if size != self._size:
                self._entries = self._read()
                self._size = size
        except FileNotFoundError:
            raise ledger_missing(self._home_id) from None
        return list(self._entries)

    def append(
        self,
        kind: EntryKind,
        subject_keys: Iterable[str] = (),
        *,
        identifiers: Iterable[tuple[str, bytes, int]] = (),
        request: str | None = None,
        audit_head: tuple[int, str] = (0, ""),
    ) -> LedgerEntry:
        """Write one entry, durable when this returns.

        Args:
            kind: What happens.
            subject_keys: Pseudonyms of those it is about.
            identifiers: (kind, blind, epoch of the index key), sealed in the entry.
            request: Number of the request.
            audit_head: Newest sequence and MAC of the audit chain.
        """
        with self._file.open("rb") as lock:  # whoever else has this home open appends too
            fcntl.flock(lock, fcntl.LOCK_EX)
            return self._append(kind, subject_keys, identifiers, request, audit_head)

    def _append(
        self,
        kind: EntryKind,
        subject_keys: Iterable[str],
        identifiers: Iterable[tuple[str, bytes, int]],
        request: str | None,
        audit_head: tuple[int, str],
    ) -> LedgerEntry:
        entries = self.entries() if self._file.stat().st_size else []
        sequence, subject_keys = len(entries) + 1, list(subject_keys)
        content = orjson.dumps([[k, blind.hex(), epoch] for k, blind, epoch in identifiers])
        body: dict[str, Any] = {
            "sequence": sequence,
            "at": now().isoformat(),
            "kind": kind,
            "subject_keys": subject_keys,
            "request": request,
            "sealed": seal(self._key, content, self._entry_aad(sequence)).hex(),
            "audit_sequence": audit_head[0],
            "audit_mac": audit_head[1],
        }
        previous = entries[-1].mac if entries else ""
        body["mac"] = self._mac(previous, body)
        self._cut_torn_end()
        append_private(self._file, orjson.dumps(body) + b"\n")
        # not read again: each entry would cost as much as all before it
        self._entries = [*entries, LedgerEntry(**body | {"subject_keys": tuple(subject_keys)})]
        self._size = self._file.stat().st_size
        return self._entries[-1]

    def identifiers(self, entry: LedgerEntry) -> list[tuple[Pair, int]]:
        """The identifiers of an entry, each with the epoch of the index key it was made with."""
        sealed = bytes.fromhex(entry.sealed)
        content = unseal(self._key, sealed, self._entry_aad(entry.sequence))
        return [((kind, bytes.fromhex(b)), epoch) for kind, b, epoch in orjson.loads(content)]

    def _read(self) -> list[LedgerEntry]:
        found: list[LedgerEntry] = []
        whole, _, _ = self._file.read_bytes().rpartition(b"\n")
        for number, line in enumerate(whole.splitlines(), start=1):
            previous = found[-1].mac if found else ""
            try:
                body = orjson.loads(line)
                mac = str(body.pop("mac"))
                fits = hmac.compare_digest(mac, self._mac(previous, body))
                if not fits or body["sequence"] != number:
                    raise ValueError
                body["subject_keys"] = tuple(body["subject_keys"])
                found.append(LedgerEntry(**body, mac=mac))
            except (ValueError, KeyError, TypeError, AttributeError):
                raise StorageError(
                    "the erasure ledger was changed by another hand", code="ledger_tampered",
                    where={"home": self._home_id, "entry": number},
                    todo="put back an untouched copy of it",
                ) from None  # fmt: skip
        return found

    def _cut_torn_end(self) -> None:
        content = self._file.read_bytes()
        if content and not content.endswith(b"\n"):
            os.truncate(self._file, content.rfind(b"\n") + 1)

    def _mac(self, previous: str, body: dict[str, Any]) -> str:
        text = orjson.dumps([previous, {k: v for k, v in body.items() if k != "mac"}],
                            option=orjson.OPT_SORT_KEYS)  # fmt: skip
        return hmac.digest(self._chain_key, text, "sha256").hex()

    def _entry_aad(self, sequence: int) -> bytes:
        return f"ledger {self._home_id} {sequence}".encode()


def ledger_missing(home_id: str) -> NotAllowedError:
    """The error of a home whose ledger is gone."""
    return NotAllowedError(
        "the erasure ledger of this home is missing", code="ledger_missing",
        where={"home": home_id},
        todo="put it back or point KLANTKLUIS_LEDGER at it; if it is lost, a steward has to "
        "accept that on record",
    )  # fmt: skip


def _aad(home_id: str) -> bytes:
    return b"ledger " + home_id.encode()
