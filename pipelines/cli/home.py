"""``init`` and ``status``: a home is made, and told about in counts."""

from __future__ import annotations

from typing import Any

import typer

from pipelines.cli.session import Session, session_of


def init(context: typer.Context) -> None:
    """Make an empty home with its keys, or bring one of an older version up to date."""
    from pipelines.runs import Deployment

    session = session_of(context)
    home = session.home
    if home.data_keys.is_file() and _upgraded(session):
        return
    with Deployment.create(session.settings):
        pass
    session.output.document({"home": str(home.root), "ledger": str(home.ledger)})
    session.output.say("home_made", home=home.root)
    session.output.say("home_keys", keys=home.keys)
    session.output.say("home_next")


def _upgraded(session: Session) -> bool:
    from pipelines.vault import schema
    from pipelines.vault.store import Vault
    from pipelines.warehouse.lock import home_lock

    with home_lock(session.home, session.wait_seconds):
        before = Vault.upgrade(session.home, session.settings)
    if before is None:
        return False
    session.output.document({"home": str(session.home.root), "from": before, "to": schema.REVISION})
    session.output.say("vault_upgraded", before=before, now=schema.REVISION)
    return True


def status(context: typer.Context) -> None:
    """Rows per zone, last runs, failing checks, quarantine."""
    from pipelines.cli.zones import zones

    session = session_of(context)
    session.existing_home()
    found = zones(session)
    session.output.document(found)
    for name, zone in found.items():
        session.output.line("\n" + session.texts(f"zone_{name}"))
        _zone(session, zone)


def _zone(session: Session, zone: dict[str, Any]) -> None:
    texts = session.texts
    if "sentence" in zone:
        session.output.line(f"  {zone['sentence']}")
    for name, value in zone.items():
        if name == "sentence" or (name == "state" and "sentence" in zone):
            continue
        if not isinstance(value, list):
            session.output.line(f"  {texts(f'head_{name}')}: {texts.number(value)}")
        elif value:
            session.output.rows(value)
