"""The vault of a home, opened and checked: one object that the bulk functions work with.

Owns opening, closing, transactions and the checks that a home must pass. Must not know what
is landed or erased.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from pipelines.common.clock import now
from pipelines.common.errors import BusyError, NotAllowedError, StorageError, UsageError
from pipelines.common.settings import Home, Settings
from pipelines.vault import audit, schema
from pipelines.vault.blind_index import BlindIndex
from pipelines.vault.bulk import allocate
from pipelines.vault.data_keys import DataKeys
from pipelines.vault.engines import copy_store, empty_log, sqlite_engine, transaction, url_engine
from pipelines.vault.files import create_private
from pipelines.vault.keyring import KEY_BYTES, KeyRing
from pipelines.vault.ledger import Ledger, LedgerEntry
from pipelines.vault.sealing import seal, unseal
from pipelines.vault.subjects import Pair

STORE = "vault.db"
SHARED: Final = "shared_"
"""Before the kind of an identifier in an intent that others bore too: it tells nobody by itself."""
_PENDING: Final = "said to the ledger"
_DOOMED: Final = "data keys to destroy"
_NOTE: Final = "note"
"""Kind under which an entry bears the token of its note, by which it is known as told."""


class Vault:
    """People: subjects, identifiers, sealed records, batches, quarantine, audit.

    Attributes:
        home_id: Random name of the home; its ledger bears it.
        index: Blind index of the current epoch.
        content_key: Key of the MACs over what is stored of a row.
        audit_key: Key of the audit chain.
        sketch_key: Key of the hashes by which persons are known in texts.
        data_keys: Data keys, in ``keys.db``.
        ledger: The erasure ledger outside the home.
    """

    def __init__(
        self,
        engine: Engine,
        data_keys: DataKeys,
        ledger: Ledger,
        *,
        home_id: str,
        epoch: int,
        index_key: bytes,
        home_key: bytes,
        later_index_keys: Sequence[bytes] = (),
    ) -> None:
        self._engine = engine
        self.data_keys = data_keys
        self.ledger = ledger
        self.home_id = home_id
        self.epoch = epoch
        self.index = BlindIndex(index_key, later_index_keys)
        self.content_key = _derived(home_key, b"content")
        self.audit_key = _derived(home_key, b"audit")
        self.sketch_key = _derived(home_key, b"sketch")
        self._note_key = _derived(home_key, b"notes")

    def __repr__(self) -> str:
        return f"Vault({self.home_id})"

    @staticmethod
    def upgrade(home: Home, settings: Settings) -> str | None:
        """Bring the vault of an older version to this one, in one transaction; needs the home's lock.

        Returns:
            The migration it was at; None where there is none, or it is of this version or newer.

        Raises:
            StorageError: It is damaged, or the home cannot be written.
        """
        from pipelines.vault.migrate import upgrade

        try:
            engine, _ = _engines(home, settings, create=False)
            with transaction(engine, STORE, reading=True) as conn:
                before = _revision(conn)
        except UsageError:
            return None
        if before >= schema.REVISION:
            return None
        upgrade(engine)
        return before

    @classmethod
    def create(cls, home: Home, settings: Settings, keyring: KeyRing) -> Vault:
        """A new, empty vault with its keys and its ledger; one that was half made is completed.

        Raises:
            UsageError: The home has a vault already.
            StorageError: The place is read-only or full.
        """
        from pipelines.vault.migrate import upgrade

        engine, keys_engine = _engines(home, settings, create=True)
        upgrade(engine)
        data_keys = DataKeys(keys_engine, keyring)
        data_keys.create_store()
        with transaction(engine, STORE, reading=True) as conn:
            exists = conn.scalar(sa.select(schema.meta.c.home_id)) is not None
        if exists:
            raise UsageError(
                "the home has a vault already", code="home_exists",
                todo="use it as it is, or choose another place",
            )  # fmt: skip
        home_id = secrets.token_hex(8)
        ledger = Ledger.create(home.ledger, home_id, keyring)
        index_key, home_key = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES)
        newest = ledger.entries()[-1]
        with transaction(engine, STORE) as conn:
            conn.execute(
                sa.insert(schema.key_epochs).values(
                    epoch=1, wrapped_index_key=keyring.wrap(index_key, index_aad(home_id, 1)),
                    created_at=now(),
                )
            )  # fmt: skip
            conn.execute(
                sa.insert(schema.meta).values(
                    home_id=home_id, created_at=now(),
                    wrapped_home_key=keyring.wrap(home_key, _home_aad(home_id)), ledger_sequence=newest.sequence,
                    ledger_mac=newest.mac,
                )
            )  # fmt: skip
        return cls(
            engine,
            data_keys,
            ledger,
            home_id=home_id,
            epoch=1,
            index_key=index_key,
            home_key=home_key,
        )

    @classmethod
    def open(
        cls, home: Home, settings: Settings, keyring: KeyRing, *, replaying: bool = False
    ) -> Vault:
        """The vault of a home.

        Args:
            home: Which.
            settings: May name another database.
            keyring: Its keys.
            replaying: Open a home that is older than its ledger, to replay what it missed;
                for :func:`pipelines.rights.erasure.replay_missed` and nothing else.

        Raises:
            UsageError: There is no vault.
            StorageError: It is damaged, or of another version.
            KeyWrongError: The master key is another one.
            NotAllowedError: The ledger is gone, or knows erasures that this home does not.
        """
        vault = cls._opened(home, settings, keyring)
        vault._check_ledger(replaying=replaying)
        return vault

    @classmethod
    def _opened(cls, home: Home, settings: Settings, keyring: KeyRing) -> Vault:
        engine, keys_engine = _engines(home, settings, create=False)
        with transaction(engine, STORE, reading=True) as conn:
            _check_revision(conn)
            meta = conn.execute(sa.select(schema.meta)).first()
            t = schema.key_epochs
            epochs = conn.execute(sa.select(t).order_by(t.c.epoch)).all()
        if meta is None or not epochs:
            raise _no_vault()
        home_id: str = meta.home_id
        index_key, *later = [
            keyring.unwrap(e.wrapped_index_key, index_aad(home_id, e.epoch)) for e in epochs
        ]
        home_key = keyring.unwrap(meta.wrapped_home_key, _home_aad(home_id))
        ledger = Ledger.open(home.ledger, home_id, keyring)
        return cls(
            engine, DataKeys(keys_engine, keyring), ledger,
            home_id=home_id, epoch=epochs[-1].epoch, index_key=index_key,
            home_key=home_key, later_index_keys=later,
        )  # fmt: skip

    @classmethod
    def accept_lost_ledger(
        cls, home: Home, settings: Settings, keyring: KeyRing, *, actor: str
    ) -> Vault:
        """Begin a new ledger for a home whose ledger is gone, on a steward's word and on record.

        What the lost ledger knew and this home does not cannot be replayed any more.

        Args:
            home: Which.
            settings: May name another database.
            keyring: Its keys.
            actor: The steward, by role.

        Raises:
            FailedError: The ledger is there.
        """
        with transaction(_engines(home, settings, create=False)[0], STORE, reading=True) as conn:
            _check_revision(conn)
            home_id = conn.scalar(sa.select(schema.meta.c.home_id))
        if home_id is None:
            raise _no_vault()
        Ledger.create(home.ledger, home_id, keyring)
        vault = cls._opened(home, settings, keyring)
        with vault.begin() as conn:
            audit.append(conn, vault, actor=actor, action="lost_ledger_accepted")
            head = audit.head(conn)
        entry = vault.ledger.append("accepted", audit_head=head)
        with vault.begin() as conn:
            vault.note_ledger(conn, entry)
        return vault

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A connection in a writing transaction, IMMEDIATE on SQLite; commits at the end.

        What was said with :func:`to_ledger` is committed with it, and goes into the ledger then;
        data keys that :func:`destroy_later` was given are destroyed.
        """
        self.tell_ledger()
        with transaction(self._engine, STORE) as conn:
            for name in (_PENDING, _DOOMED):  # of a transaction that was rolled back
                conn.info.pop(name, None)
            yield conn
            said = conn.info.pop(_PENDING, [])
            doomed = conn.info.pop(_DOOMED, set())
            if said:
                self._keep_note(conn, said)
        if doomed:
            self.data_keys.destroy(doomed)
        if said:
            self.tell_ledger()

    def tell_ledger(self) -> None:
        """Bring notes into the ledger that are committed and not there, once each; else only read.

        A kill, or a disk that refused, left them; or they came with a backup.
        """
        t = schema.ledger_notes
        waiting = sa.select(t).order_by(t.c.note_id)
        with self.read() as conn:
            if conn.execute(waiting.limit(1)).first() is None:
                return
        with transaction(self._engine, STORE) as conn:  # nobody else tells the same
            told = {token for e in self.missed() if e.kind == "noted" for token in self._tokens(e)}
            for note in conn.execute(waiting.with_for_update()).all():
                if note.token.encode() not in told:
                    content = unseal(self._note_key, note.sealed, self._note_aad(note.token))
                    said = [(kind, body.encode()) for kind, body in orjson.loads(content)]
                    self._tell(conn, [(_NOTE, note.token.encode()), *said])
                conn.execute(sa.delete(t).where(t.c.note_id == note.note_id))

    def _tell(self, conn: Connection, said: list[tuple[str, bytes]]) -> None:
        entry = self.ledger.append("noted", identifiers=[(*pair, self.epoch) for pair in said])
        known = conn.scalar(sa.select(schema.meta.c.ledger_sequence))
        if known == entry.sequence - 1:  # else erasures that this home missed would pass for known
            self.note_ledger(conn, entry)

    def _keep_note(self, conn: Connection, said: list[tuple[str, bytes]]) -> None:
        (note_id,) = allocate(conn, "ledger_notes", 1)
        token = secrets.token_hex(8)
        content = orjson.dumps([(kind, body.decode()) for kind, body in said])
        sealed = seal(self._note_key, content, self._note_aad(token))
        values = {"note_id": note_id, "token": token, "sealed": sealed}
        conn.execute(sa.insert(schema.ledger_notes).values(values))

    def _note_aad(self, token: str) -> bytes:
        return f"note {self.home_id} {token}".encode()

    def _tokens(self, entry: LedgerEntry) -> list[bytes]:
        return [b for (kind, b), _ in self.ledger.identifiers(entry) if kind == _NOTE]

    def noted_in(self, entry: LedgerEntry) -> list[tuple[str, dict[str, Any]]]:
        """What :func:`to_ledger` was told, of an entry of kind ``noted``."""
        said = self.ledger.identifiers(entry)
        return [(kind, orjson.loads(b)) for (kind, b), _ in said if kind != _NOTE]

    def read(self) -> AbstractContextManager[Connection]:
        """A connection that sees one state and keeps nobody from writing."""
        return transaction(self._engine, STORE, reading=True)

    def checkpoint(self, wait_seconds: float = 10) -> None:
        """Empty the write-ahead log, so that deleted bytes are gone from it too.

        Args:
            wait_seconds: How long to wait for readers to end.

        Raises:
            BusyError: A reader keeps it from being emptied.
        """
        if self._engine.dialect.name != "sqlite":
            return
        if not empty_log(self._engine, wait_seconds):
            raise BusyError(
                "a reader of the vault keeps deleted rows in its log", code="checkpoint_blocked",
                where={"store": STORE}, todo="end what reads the vault and run again",
            )  # fmt: skip

    def snapshot(self, path: Path) -> None:
        """Copy the vault as one state into a new private file; SQLite only."""
        copy_store(self._engine, path)

    def exported_keys(self, keyring: KeyRing) -> dict[str, Any]:
        """The keys of this home in the open, for inside a sealed backup and nowhere else.

        Returns:
            ``home_id``, ``home_key`` and ``index_keys`` by epoch, as hexadecimal text.
        """
        with self.read() as conn:
            wrapped = conn.scalar(sa.select(schema.meta.c.wrapped_home_key))
            epochs = conn.execute(sa.select(schema.key_epochs)).all()
        return {
            "home_id": self.home_id,
            "home_key": keyring.unwrap(wrapped or b"", _home_aad(self.home_id)).hex(),
            "index_keys": {
                str(e.epoch): keyring.unwrap(
                    e.wrapped_index_key, index_aad(self.home_id, e.epoch)
                ).hex()
                for e in epochs
            },
        }

    def rewrap(self, keyring: KeyRing) -> None:
        """Wrap home key, index keys, data keys and the ledger's key by the newest master key."""
        with self.begin() as conn:
            home_key = self._rewrapped(
                keyring,
                conn.scalar(sa.select(schema.meta.c.wrapped_home_key)),
                _home_aad(self.home_id),
            )
            conn.execute(sa.update(schema.meta).values(wrapped_home_key=home_key))
            t = schema.key_epochs
            for epoch, wrapped in conn.execute(sa.select(t.c.epoch, t.c.wrapped_index_key)).all():
                aad = index_aad(self.home_id, epoch)
                conn.execute(
                    sa.update(t)
                    .where(t.c.epoch == epoch)
                    .values(wrapped_index_key=self._rewrapped(keyring, wrapped, aad))
                )
        self.data_keys.rewrap()
        self.ledger.rewrap(keyring)

    @staticmethod
    def _rewrapped(keyring: KeyRing, wrapped: bytes | None, aad: bytes) -> bytes:
        return keyring.wrap(keyring.unwrap(wrapped or b"", aad), aad)

    def known_key_ids(self) -> set[int]:
        """Data keys that somebody or something still needs; others in ``keys.db`` are orphans."""
        known: set[int] = set()
        with self.read() as conn:
            for table in schema.metadata.sorted_tables:
                if "key_id" in table.c:
                    query = sa.select(table.c.key_id).where(table.c.key_id.is_not(None))
                    if table is schema.subjects:
                        query = query.where(table.c.state != "erased")
                    known.update(conn.scalars(query.distinct()))
        return known

    def purge_orphans(self) -> int:
        """Destroy data keys that nothing needs, as a kill between a deletion and theirs leaves them.

        Keys are made in the transaction that needs them, so none is on its way while this one writes.

        Returns:
            How many.
        """
        with self.begin():
            return self.data_keys.destroy(self.data_keys.orphans(self.known_key_ids()))

    def missed(self) -> list[LedgerEntry]:
        """Ledger entries that this home does not know, oldest first."""
        with self.read() as conn:
            known = conn.scalar(sa.select(schema.meta.c.ledger_sequence)) or 0
        return [e for e in self.ledger.entries() if e.sequence > known]

    def identifiers_in(self, entry: LedgerEntry) -> set[Pair]:
        """The identifiers that a ledger entry names, brought to today's epoch of the index key."""
        if entry.kind in ("rotated", "noted"):  # holds a key, or what was noted; no identifier
            return set()
        return {pair for pair in self._pairs(entry) if not pair[0].startswith(SHARED)}

    def shared_in(self, entry: LedgerEntry) -> set[Pair]:
        """Those identifiers of an intent that others bore too, brought to today's epoch."""
        pairs = self._pairs(entry) if entry.kind == "intent" else set()
        return {(k.removeprefix(SHARED), blind) for k, blind in pairs if k.startswith(SHARED)}

    def _pairs(self, entry: LedgerEntry) -> set[Pair]:
        return {
            (kind, self.index.advanced(kind, blind, epoch))
            for (kind, blind), epoch in self.ledger.identifiers(entry)
        }

    def note_ledger(self, conn: Connection, entry: LedgerEntry) -> None:
        """Note in the vault that it knows the ledger up to an entry."""
        conn.execute(
            sa.update(schema.meta).values(ledger_sequence=entry.sequence, ledger_mac=entry.mac)
        )

    def note_audit_head(self) -> None:
        """Write the head of the audit chain into the ledger, if it moved; at the end of a run."""
        with self.begin() as conn:
            head = audit.head(conn)
            if head[0] > max(e.audit_sequence for e in self.ledger.entries()):
                self.note_ledger(conn, self.ledger.append("audit", audit_head=head))

    def close(self) -> None:
        """Let files and keys go."""
        self.data_keys.close()
        self._engine.dispose()

    @contextmanager
    def closing(self) -> Iterator[Vault]:
        """Close at the end of a block."""
        try:
            yield self
        finally:
            self.close()

    def _check_ledger(self, *, replaying: bool) -> None:
        entries = self.ledger.entries()
        with self.read() as conn:
            known = conn.execute(
                sa.select(schema.meta.c.ledger_sequence, schema.meta.c.ledger_mac)
            ).one()
            where: dict[str, str | int] = {"home": self.home_id}
            if known.ledger_sequence > len(entries) or (
                entries[known.ledger_sequence - 1].mac != known.ledger_mac
            ):
                raise NotAllowedError(
                    "the erasure ledger is older than this home", code="ledger_older",
                    where=where, todo="put back the newest copy of the ledger",
                )  # fmt: skip
            missed = {k for e in entries[known.ledger_sequence :] for k in e.subject_keys}
            if missed and not replaying and not missed <= _under_way(conn):
                raise NotAllowedError(
                    "this home is older than its erasure ledger", code="home_older",
                    where=where | {"missed": len(missed)},
                    todo="replay what it missed: klantkluis backup restore does it",
                )  # fmt: skip


def to_ledger(conn: Connection, kind: str, body: dict[str, Any]) -> None:
    """Have something in the ledger once this transaction of :meth:`Vault.begin` is committed.

    For what may not be lost with a backup that is older; a kill in between loses nothing.
    Privacy: sealed there; pseudonyms and codes of ours only.
    """
    conn.info.setdefault(_PENDING, []).append((kind, orjson.dumps(body)))


def destroy_later(conn: Connection, key_ids: Iterable[int | None]) -> None:
    """Have data keys destroyed once this transaction of :meth:`Vault.begin` is committed."""
    conn.info.setdefault(_DOOMED, set()).update(k for k in key_ids if k is not None)


def drop_pending(conn: Connection) -> None:
    """Have nothing of this transaction in the ledger, because it comes from there."""
    conn.info.pop(_PENDING, None)


def adopt_copy(path: Path, keyring: KeyRing, exported: dict[str, Any]) -> tuple[int, str]:
    """Bring a copied vault to this version and under the master key of today.

    Args:
        path: The copy, in nobody's use.
        keyring: Wraps its keys.
        exported: As :meth:`Vault.exported_keys` gave them when the copy was made.

    Returns:
        The newest ledger entry that the copy knows: sequence and MAC.
    """
    from pipelines.vault.migrate import upgrade

    engine = sqlite_engine(path, "delete")
    home_id = str(exported["home_id"])
    try:
        upgrade(engine)
        with transaction(engine, STORE) as conn:
            wrapped = keyring.wrap(bytes.fromhex(exported["home_key"]), _home_aad(home_id))
            conn.execute(sa.update(schema.meta).values(wrapped_home_key=wrapped))
            t = schema.key_epochs
            for epoch, key in exported["index_keys"].items():
                aad = index_aad(home_id, int(epoch))
                conn.execute(
                    sa.update(t)
                    .where(t.c.epoch == int(epoch))
                    .values(wrapped_index_key=keyring.wrap(bytes.fromhex(key), aad))
                )
            known = conn.execute(
                sa.select(schema.meta.c.ledger_sequence, schema.meta.c.ledger_mac)
            ).one()
    finally:
        engine.dispose()
    return known.ledger_sequence, known.ledger_mac


def _under_way(conn: Connection) -> set[str]:
    """Subjects whose erasure began here: a kill, not a backup, left the ledger ahead."""
    e, s = schema.erasures, schema.subjects
    return set(conn.scalars(sa.select(s.c.subject_key).join(e, e.c.subject_id == s.c.subject_id)))


def _engines(home: Home, settings: Settings, *, create: bool) -> tuple[Engine, Engine]:
    if (home.restoring / "ready").exists():
        raise NotAllowedError(
            "a restore of this home was interrupted", code="restore_unfinished",
            todo="finish it: klantkluis backup restore",
        )  # fmt: skip
    uses_url = settings.vault_url is not None
    files = (home.data_keys,) if uses_url else (home.vault, home.data_keys)
    for path in files:
        if create:
            try:
                create_private(path, b"")
            except FileExistsError:
                continue
            except OSError:
                raise StorageError(
                    "the home cannot be written", code="read_only", where={"store": path.name},
                    todo="make it writable and free some space",
                ) from None  # fmt: skip
        elif not path.exists():
            if path == home.vault or not home.root.exists():
                raise _no_vault()
            raise StorageError(
                "the file of the data keys is missing", code="data_keys_missing",
                where={"store": path.name}, todo="restore it from its own backup",
            )  # fmt: skip
    keys_engine = sqlite_engine(home.data_keys, "delete")
    if settings.vault_url is not None:
        return url_engine(settings.vault_url.get_secret_value()), keys_engine
    return sqlite_engine(home.vault, "wal"), keys_engine


def _check_revision(conn: Connection) -> None:
    revision = _revision(conn)
    if revision < schema.REVISION:
        raise StorageError(
            "the vault is of an older version of the software", code="vault_older",
            where={"found": revision, "expected": schema.REVISION},
            todo="keep a copy of the home and run klantkluis init, which brings it up to date",
        )  # fmt: skip
    if revision > schema.REVISION:
        raise StorageError(
            "the vault is of a newer version of the software", code="vault_newer",
            where={"found": revision, "expected": schema.REVISION},
            todo="use the version of klantkluis that wrote it last",
        )  # fmt: skip


def _revision(conn: Connection) -> str:
    """The migration that a vault is at.

    Raises:
        UsageError: There is no vault.
    """
    if not sa.inspect(conn).has_table("alembic_version"):
        raise _no_vault()
    try:
        return str(conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
    except DBAPIError:
        raise _no_vault() from None


def _no_vault() -> UsageError:
    return UsageError(
        "there is no vault here", code="no_vault", todo="make a home first: klantkluis init"
    )


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"klantkluis " + purpose).derive(key)


def _home_aad(home_id: str) -> bytes:
    return b"home key " + home_id.encode()


def index_aad(home_id: str, epoch: int) -> bytes:
    """What the wrapped index key of an epoch is bound to."""
    return f"index key {home_id} {epoch}".encode()
