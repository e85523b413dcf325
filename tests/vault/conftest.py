from __future__ import annotations

from tests.support.vaults import deployment, new_home, vault

__all__ = ["deployment", "new_home", "vault"]
