"""Who may look: everybody on this machine, users with passwords, or those a proxy vouches for.

Read from ``<home>/policy/dashboards.yaml``; without it the dashboards serve this machine alone.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from dashboards.specs import EVERYBODY, Role
from pipelines.common.errors import NotAllowedError, PolicyError, UsageError

FILE = "dashboards.yaml"
SHORTEST, LONGEST = 12, 1_000
"""Characters of a password. Source: NIST SP 800-63B-4, 3.1.1.2, halfway to what it asks alone."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this name")  # so that an unknown name takes as long as a known


class User(BaseModel):
    """One reader; no password where a proxy signs people in."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    password: SecretStr | None = None
    roles: frozenset[Role]


class Proxy(BaseModel):
    """A reverse proxy that has signed the reader in and names them in a header."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    header: str = Field(pattern="^[A-Za-z][A-Za-z0-9-]+$")
    addresses: frozenset[str] = _LOOPBACK - {"localhost"}


class Access(BaseModel):
    """The users, how they come in, and whether the way to them is encrypted."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    users: dict[str, User] = {}
    proxy: Proxy | None = None
    is_https: bool = True

    @property
    def is_open(self) -> bool:
        """Whether nobody signs in."""
        return not self.users

    def roles(self, name: str | None) -> frozenset[Role]:
        """The roles of somebody; none for who is unknown."""
        if self.is_open:
            return EVERYBODY
        user = self.users.get(name or "")
        return user.roles if user else frozenset()

    def vouched(self, address: str | None, header: str | None) -> str | None:
        """The name that the trusted proxy gives; from elsewhere the header means nothing."""
        if self.proxy is None or address not in self.proxy.addresses or not header:
            return None
        return header if header in self.users else None


def is_right(access: Access, name: str, password: str) -> bool:
    """Whether a password is the one of a name."""
    user = access.users.get(name)
    stored = user.password.get_secret_value() if user and user.password else _NOBODY
    try:
        _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
    return user is not None and user.password is not None


def hashed(password: str) -> str:
    """What stands in the configuration for a password.

    Raises:
        UsageError: It is too short, or longer than what is read when signing in.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            f"a password has {SHORTEST} to {LONGEST} characters",
            code="password_length",
            todo="choose another, such as four words",
        )
    return _HASHER.hash(password)


def load(policy: Path) -> Access:
    """The configuration of a home.

    Raises:
        PolicyError: It is there and cannot be read as one, or has a user who can never sign in.
    """
    path = policy / FILE
    if not path.is_file():
        return Access()
    try:
        access = Access.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError):
        raise PolicyError(
            "the users of the dashboards cannot be read",
            code="dashboards_users_invalid",
            where={"file": FILE},
            todo="see docs/runbooks/dashboards.md for what it holds",
        ) from None
    for place, user in enumerate(access.users.values(), start=1):
        _require_usable(access, user, place)
    return access


def _require_usable(access: Access, user: User, place: int) -> None:
    where: dict[str, str | int] = {"file": FILE, "user": place}
    if not user.roles:
        raise PolicyError(
            "a user of the dashboards has no role and would see nothing",
            code="dashboards_user_without_roles",
            where=where,
            todo="give them marketer, sales, support or steward",
        )
    if user.password is None:
        if access.proxy is None:
            raise PolicyError(
                "a user of the dashboards has no password, and no proxy signs people in",
                code="dashboards_user_without_password",
                where=where,
                todo="make a hash with klantkluis dashboards --hash-password",
            )
        return
    try:
        extract_parameters(user.password.get_secret_value())
    except InvalidHashError:
        raise PolicyError(
            "a password of the dashboards is no hash of Argon2",
            code="dashboards_password_no_hash",
            where=where,
            todo="make a hash with klantkluis dashboards --hash-password, and choose another "
            "password if it stood there openly",
        ) from None


def require_reachable(access: Access, host: str) -> None:
    """Refuse to serve others than this machine when nobody would have to sign in.

    Raises:
        NotAllowedError: The address is reachable from elsewhere and there are no users.
    """
    if host in _LOOPBACK or not access.is_open:
        return
    raise NotAllowedError(
        "the dashboards serve other machines only to users who sign in",
        code="dashboards_without_users",
        todo=f"write them into policy/{FILE} of the home, or serve on 127.0.0.1",
    )
