"""The master key and the keys of roles: where they come from and what they wrap.

Owns the key files of the embedded default. Must not know what the wrapped keys are for.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from pipelines.common.errors import KeyMissingError, KeyWrongError
from pipelines.common.settings import Home, Settings
from pipelines.vault.files import create_private

Role = Literal["warehouse", "analyst", "dashboards", "backup"]

ROLES: Final[tuple[Role, ...]] = ("warehouse", "analyst", "dashboards", "backup")
NEXT: Final = "next"
"""A key under way to take the place of another: ``<name>.next.key`` until all is done."""
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class KeySource(Protocol):
    """Where a key comes from: a file, the environment; an OS keyring or a KMS can follow."""

    def read(self) -> bytes:
        """The 32 bytes of the key."""
        ...


class FileKey:
    """A key file: 64 hexadecimal characters, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes:
        """The key in the file.

        Raises:
            KeyMissingError: There is no such file.
            KeyWrongError: Others may read the file, or it holds no key.
        """
        where: dict[str, str | int] = {"key": self._path.name}
        try:
            mode = self._path.stat().st_mode
            text = self._path.read_text(encoding="ascii")
        except FileNotFoundError:
            raise KeyMissingError(
                "the key file is missing", code="key_missing", where=where,
                todo="put the key file back under keys/, or make a home with klantkluis init",
            ) from None  # fmt: skip
        except OSError:
            raise KeyWrongError(
                "the key file cannot be read", code="key_unreadable", where=where,
                todo="let the user who runs this own the file",
            ) from None  # fmt: skip
        except UnicodeDecodeError:
            raise _malformed(where) from None
        if mode & 0o077:
            raise KeyWrongError(
                "the key file can be read by others", code="key_file_mode", where=where,
                todo="set its mode to 0600 and consider the key known to them",
            )  # fmt: skip
        return _parse(text, where)


class SettingsKey:
    """The master key from the environment, ``KLANTKLUIS_MASTER_KEY``."""

    def __init__(self, value: SecretStr) -> None:
        self._value = value

    def read(self) -> bytes:
        """The key in the settings; raises KeyWrongError when it is none."""
        return _parse(self._value.get_secret_value(), {"key": "KLANTKLUIS_MASTER_KEY"})


class KeyRing:
    """The master key, held in memory, and the keys of roles, read when asked for.

    Privacy: holds secrets; its ``repr`` shows none.
    """

    def __init__(self, home: Home, master: bytes, coming: bytes | None = None) -> None:
        self._home = home
        keys = [key for key in (coming, master) if key is not None]
        # while the master key is being replaced both open, and what is wrapped anew gets the new
        self._ciphers = [AESGCM(_derived(key, "wrap")) for key in keys]

    def __repr__(self) -> str:
        return "KeyRing(***)"

    @classmethod
    def create(cls, home: Home, settings: Settings, *, keep_existing: bool = False) -> KeyRing:
        """Write new key files, none of which may exist, and open them.

        The master key is written only when the settings do not bring one.

        Args:
            home: Where.
            settings: May bring the master key.
            keep_existing: Take key files that are there, as an ``init`` that was killed left them.

        Raises:
            KeyWrongError: A key file exists already.
        """
        names = [f"{role}.key" for role in ROLES]
        if settings.master_key is None:
            names.insert(0, "master.key")
        home.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            try:
                create_private(home.keys / name, secrets.token_hex(KEY_BYTES).encode() + b"\n")
            except FileExistsError:
                if keep_existing:
                    continue
                raise KeyWrongError(
                    "a key file exists already and is not overwritten", code="key_exists",
                    where={"key": name}, todo="use the home as it is, or choose another place",
                ) from None  # fmt: skip
        return cls.open(home, settings)

    @classmethod
    def open(cls, home: Home, settings: Settings) -> KeyRing:
        """The ring of a home.

        Raises:
            KeyMissingError: The master key is in neither place.
            KeyWrongError: It is malformed, or others may read its file.
        """
        coming = home.keys / f"master.{NEXT}.key"
        return cls(
            home,
            master_source(home, settings).read(),
            FileKey(coming).read() if coming.exists() else None,
        )

    @property
    def folder(self) -> Path:
        """Where the key files are."""
        return self._home.keys

    def ensure_role(self, role: Role) -> None:
        """Make the key of a role in a home that was made before there was that role."""
        with suppress(FileExistsError):
            create_private(
                self._home.keys / f"{role}.key", secrets.token_hex(KEY_BYTES).encode() + b"\n"
            )

    def role_key(self, role: Role) -> SecretStr:
        """The key of a role, 64 hexadecimal characters; raises as :meth:`FileKey.read`."""
        return SecretStr(FileKey(self._home.keys / f"{role}.key").read().hex())

    def wrap(self, key: bytes, aad: bytes) -> bytes:
        """The key encrypted under the master key and bound to ``aad``; nonce in front."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, key, aad)

    def unwrap(self, wrapped: bytes, aad: bytes) -> bytes:
        """What :meth:`wrap` took.

        Raises:
            KeyWrongError: The master key is another one, or the wrapped key was changed.
        """
        for cipher in self._ciphers:
            with suppress(InvalidTag, ValueError):
                return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
        raise KeyWrongError(
            "the master key does not open this home", code="master_key_wrong",
            todo="use the master key that the home was made with",
        ) from None  # fmt: skip

    def is_newest(self, wrapped: bytes, aad: bytes) -> bool:
        """Whether something is wrapped by the newest master key already."""
        try:
            self._ciphers[0].decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
        except (InvalidTag, ValueError):
            return False
        return True


def master_source(home: Home, settings: Settings) -> KeySource:
    """Where the master key is: the settings before the file."""
    if settings.master_key is not None:
        return SettingsKey(settings.master_key)
    return FileKey(home.keys / "master.key")


def _derived(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose, from the master key. Source: RFC 5869."""
    info = b"klantkluis " + purpose.encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(key)


def _parse(text: str, where: dict[str, str | int]) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        raise _malformed(where) from None
    if len(key) != KEY_BYTES:
        raise _malformed(where)
    return key


def _malformed(where: dict[str, str | int]) -> KeyWrongError:
    return KeyWrongError(
        "the key is malformed", code="key_malformed", where=where,
        todo="it must be 64 hexadecimal characters",
    )  # fmt: skip
