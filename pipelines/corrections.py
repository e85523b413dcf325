"""Rectification: what a person had corrected, in the vault, in the warehouse, and undone again.

The vault is the point of truth: overlays, the sealed record and the identifiers change in one
transaction; the warehouse follows at once where it can and with the next run after a kill. Landing
puts the corrected value over what the stale source says (:mod:`pipelines.batches.overlay`).
The caller holds the home's lock. Source: GDPR Art. 16, 19.

Privacy: corrected values in; sealed in the vault, what the policy lets out in the warehouse.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from pii_rules.models import ColumnRule
from pipelines.batches.overlay import as_text, cell
from pipelines.common.clock import now
from pipelines.common.entities import Column, load_entities
from pipelines.common.errors import InputError, UsageError
from pipelines.common.normalise import email_key, phone_key
from pipelines.identity.contact_identifiers import IDENTIFYING_COLUMNS
from pipelines.identity.rectify import refresh_identifiers
from pipelines.privacy.generalise import generalise
from pipelines.privacy.name_sketches import SKETCHED_COLUMNS, SketchKey, tokens_of
from pipelines.privacy.value_scan import is_suspicious
from pipelines.rights.person import OpenRecord, Person, load_person, open_records
from pipelines.vault import audit, schema
from pipelines.vault.overlays import (
    Overlay,
    add_overlay,
    change_overlay,
    overlay_by_id,
    overlays_to_apply,
)
from pipelines.vault.records import SealedRecord, records_of_subjects
from pipelines.vault.sealing import seal

if TYPE_CHECKING:
    import duckdb

    from pipelines.runs import Deployment

OBSERVED: Final = frozenset({"campaign_events", "campaign_members", "web_events"})
"""Logs of what happened; they are put right where they were written."""
PURPOSE: Final = "accountability"
NAMES: Final = frozenset({"first_name", "infix", "last_name", "full_name"})
"""Columns that say one name in parts or whole."""


class Change(NamedTuple):
    """One correction; ``record`` (``crm/T-1``) names a record, else all of the person's are meant."""

    entity: str
    column: str
    value: str | None
    record: str | None = None

    def __repr__(self) -> str:
        return f"Change({self.entity}.{self.column})"


class Place(NamedTuple):
    """A cell of a person's, without its value; ``record`` is its source and number."""

    entity: str
    record: str
    column: str


class Rectified(NamedTuple):
    """How many cells were corrected, and where a value that was corrected still stands."""

    cells: int
    still_held: tuple[Place, ...]


def correctable(deployment: Deployment, entity: str, column: str) -> None:
    """Refuse what cannot be corrected by an overlay.

    Raises:
        UsageError: With the reason.
    """
    entities = load_entities()
    if entity not in entities or column not in entities[entity].columns:
        raise UsageError(
            "there is no such column", code="column_unknown",
            where={"entity": entity, "column": column},
            todo="the columns stand in pii_rules/policy/entities.yaml",
        )  # fmt: skip
    rule = deployment.policy.entities[entity].columns[column]
    is_key = column in entities[entity].key or entities[entity].columns[column].ref is not None
    is_kept = rule.seal or rule.action == "keep"
    if is_key or rule.privacy_class == "free_text" or not is_kept or entity in OBSERVED:
        raise UsageError(
            "this column cannot be corrected here", code="column_not_correctable",
            where={"entity": entity, "column": column},
            todo="put it right in the source; who a record belongs to is for klantkluis identity",
        )  # fmt: skip


def rectify(
    deployment: Deployment,
    subject_id: int,
    changes: list[Change],
    *,
    request: str | None,
    actor: str = "steward",
) -> Rectified:
    """Correct values of a person, all or none.

    Args:
        deployment: Open; the caller holds the lock.
        subject_id: Any id of the person.
        changes: What is right.
        request: Number of the request.
        actor: Who does it, a role.

    Returns:
        How many cells were corrected, those that were right already not counted; and other cells
        of the person's sealed records that still hold a former value, for a steward to look at.

    Raises:
        UsageError: A column cannot be corrected, or nothing was given.
        InputError: A value does not fit its column, or the person has no such record.
    """
    if not changes:
        raise UsageError(
            "nothing was said of what is right", code="nothing_to_change",
            todo="klantkluis request fulfil NUMBER --set COLUMN=- asks for it",
        )  # fmt: skip
    for change in changes:
        correctable(deployment, change.entity, change.column)
        _check_value(change)
    vault = deployment.vault
    with vault.begin() as conn:
        person = load_person(conn, subject_id)
        audit.append(
            conn, vault, actor=actor, action="rectified", purpose=PURPOSE, request=request,
            subject_count=1,
            payload={
                "subject_keys": person.subject_keys,
                "columns": sorted({f"{c.entity}.{c.column}" for c in changes}),
            },
        )  # fmt: skip
        records = records_of_subjects(conn, person.subject_ids)
        opened = open_records(vault, records)
        still_held = _still_held(opened, changes)
        count = sum(_change(deployment, conn, person, opened, c, request) for c in changes)
    bring_corrections(deployment)
    return Rectified(count, still_held)


def revert(deployment: Deployment, overlay_id: int, *, actor: str = "steward") -> None:
    """Undo a correction: what the source says counts again.

    Raises:
        UsageError: There is no such correction, or it does not stand any more.
    """
    vault = deployment.vault
    with vault.begin() as conn:
        overlay = overlay_by_id(conn, vault, overlay_id)
        if overlay is None or overlay.state != "active":
            raise UsageError(
                "there is no such correction that stands", code="correction_unknown",
                where={"correction": overlay_id},
                todo="klantkluis customer corrections shows their numbers",
            )  # fmt: skip
        audit.append(
            conn, vault, actor=actor, action="rectification_reverted", purpose=PURPOSE,
            subject_count=1, payload={"overlay_id": overlay_id},
        )  # fmt: skip
        change_overlay(conn, vault, overlay, state="reverted", is_applied=False, ended_at=now())
        opened = open_records(vault, records_of_subjects(conn, [overlay.subject_id]))
        for one in opened:
            if one.record.record_blind == overlay.record_blind:
                _reseal(deployment, conn, one, overlay.column, overlay.was, opened)
    bring_corrections(deployment)


def bring_corrections(deployment: Deployment) -> int:
    """Bring to records and warehouse what they do not have yet; a run begins so. Returns how many cells.

    Records lack what a restore put back of the ledger; a correction by hand has changed them already.
    """
    vault = deployment.vault
    with vault.read() as conn:
        pending = overlays_to_apply(conn, vault)
    if not pending:
        return 0
    with vault.begin() as conn:
        for overlay in pending:
            _bring_to_record(deployment, conn, overlay)
    if not deployment.home.warehouse.is_file():
        return 0
    from pipelines.warehouse.connection import connect_warehouse
    from pipelines.warehouse.corrections import set_value

    key = deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(deployment.home, key, deployment.settings)) as connection:
        for overlay in pending:
            rule = deployment.policy.entities[overlay.entity].columns[overlay.column]
            name = rule.warehouse_column
            if name is not None and deployment.policy.is_open(rule):
                column = load_entities()[overlay.entity].columns[overlay.column]
                value = _let_out(rule, column, overlay.standing, _country(deployment, overlay))
                set_value(
                    connection, overlay.entity, overlay.source, overlay.record_key, name, value
                )
    with vault.begin() as conn:
        for overlay in pending:
            change_overlay(conn, vault, overlay, is_applied=True)
    return len(pending)


def _bring_to_record(deployment: Deployment, conn: Connection, overlay: Overlay) -> None:
    if not deployment.policy.entities[overlay.entity].columns[overlay.column].seal:
        return
    column = load_entities()[overlay.entity].columns[overlay.column]
    opened = open_records(deployment.vault, records_of_subjects(conn, [overlay.subject_id]))
    for one in opened:
        stands = as_text(cell(_json_text(one.fields.get(overlay.column)), column))
        if one.record.record_blind == overlay.record_blind and stands != overlay.standing:
            _reseal(deployment, conn, one, overlay.column, overlay.standing, opened)


def is_meant(change: Change, one: OpenRecord) -> bool:
    """Whether a correction concerns a record of the person."""
    named = (None, one.record.record_key, _shown_key(one))
    return one.record.entity == change.entity and change.record in named


def _still_held(opened: list[OpenRecord], changes: list[Change]) -> tuple[Place, ...]:
    """Cells that the changes leave as they were, although they hold what is corrected.

    That is the same column of another record, and a name that is whole in one column and in parts
    in others.
    """
    corrected = [
        (change, str(one.fields[change.column]))
        for change in changes
        for one in opened
        if is_meant(change, one) and one.fields.get(change.column)
    ]

    def holds(one: OpenRecord, column: str, value: str) -> bool:
        return any(
            one.record.entity == change.entity
            and (
                (column == change.column and value == was != change.value)
                or ({column, change.column} <= NAMES and _is_stale(value, was, change.value or ""))
            )
            for change, was in corrected
        )

    return tuple(
        Place(
            one.record.entity,
            str(_shown_key(one) if one.fields.get("contact_id") else one.record.record_key),
            column,
        )
        for one in opened
        for column, value in one.fields.items()
        if value
        and not any(column == c.column and is_meant(c, one) for c in changes)
        and holds(one, column, str(value))
    )


def _is_stale(value: str, was: str, now_right: str) -> bool:
    """Whether a name agrees with the one that was corrected, and not with the one that is right."""

    def agrees(name: str) -> bool:
        short, long = sorted((f" {value} ".casefold(), f" {name} ".casefold()), key=len)
        return bool(name) and short in long

    return agrees(was) and not agrees(now_right)


def _change(
    deployment: Deployment,
    conn: Connection,
    person: Person,
    opened: list[OpenRecord],
    change: Change,
    request: str | None,
) -> int:
    """Correct one column in every record that is meant."""
    meant = [o for o in opened if is_meant(change, o)]
    rule = deployment.policy.entities[change.entity].columns[change.column]
    column = load_entities()[change.entity].columns[change.column]
    if not meant and change.record is not None and not rule.seal:
        record, was = _columnar(deployment, person, change)
        return _overlay(deployment, conn, person, record, change, was, request)
    if not meant:
        raise InputError(
            "the person has no such record", code="person_without_record",
            where={"entity": change.entity}, todo="klantkluis customer show lists their records",
        )  # fmt: skip
    count = 0
    for one in meant:
        was = as_text(cell(_json_text(one.fields.get(change.column)), column))
        if not rule.seal:
            _, was = _columnar(deployment, person, change._replace(record=one.record.record_key))
        done = _overlay(deployment, conn, person, one.record, change, was, request)
        if done and rule.seal:
            _reseal(deployment, conn, one, change.column, change.value, opened)
        count += done
    return count


def _overlay(
    deployment: Deployment,
    conn: Connection,
    person: Person,
    record: SealedRecord,
    change: Change,
    was: str | None,
    request: str | None,
) -> int:
    column = load_entities()[change.entity].columns[change.column]
    value = as_text(cell(change.value, column))
    if value == was:
        return 0
    add_overlay(
        conn, deployment.vault, record, change.column, value, was,
        subject_id=record.subject_id or person.subject_id,
        key_id=record.key_id or person.key_id, request=request,
    )  # fmt: skip
    return 1


def _reseal(
    deployment: Deployment,
    conn: Connection,
    one: OpenRecord,
    name: str,
    value: str | None,
    opened: list[OpenRecord],
) -> None:
    """Seal a record with another value in one column, and let identifiers follow."""
    record, before = one.record, dict(one.fields)
    column = load_entities()[record.entity].columns[name]
    one.fields[name] = _json_value(cell(value, column), column)
    key = deployment.vault.data_keys.get([record.key_id])[record.key_id]
    t = schema.sealed_records
    is_it = t.c.record_id == record.record_id
    values: dict[str, Any] = {"sealed": seal(key, orjson.dumps(one.fields), record.aad)}
    if record.entity == "contacts" and name in SKETCHED_COLUMNS:
        standing = conn.scalar(sa.select(t.c.name_sketch).where(is_it))
        values["name_sketch"] = _sketch(deployment, one, standing or b"")
    conn.execute(t.update().where(is_it).values(**values))
    if record.entity == "contacts" and name in IDENTIFYING_COLUMNS and record.subject_id:
        others = [
            o.fields
            for o in opened
            if o.record.entity == "contacts"
            and o.record.record_id != record.record_id
            and o.record.subject_id == record.subject_id
        ]
        source = deployment.sources.get(record.source)
        refresh_identifiers(
            conn, deployment.vault, record.subject_id, record.source,
            source.region if source else "NL", before, one.fields, others,
        )  # fmt: skip


def _sketch(deployment: Deployment, one: OpenRecord, standing: bytes) -> bytes:
    """By what texts may name the contact, as they were called before too: older texts say that."""
    columns = load_entities()["contacts"].columns
    row = {n: cell(_json_text(one.fields.get(n)), columns[n]) for n in SKETCHED_COLUMNS}
    source = deployment.sources.get(one.record.source)
    key = SketchKey(deployment.vault.sketch_key)
    made = key.sketch(row, source.region if source else "NL")
    return b"".join(sorted({*tokens_of(standing), *tokens_of(made)}))


def _columnar(
    deployment: Deployment, person: Person, change: Change
) -> tuple[SealedRecord, str | None]:
    """A row of which the vault keeps nothing, and what stands in its cell."""
    from pipelines.warehouse.connection import connect_warehouse
    from pipelines.warehouse.corrections import value_of

    key = deployment.keyring.role_key("warehouse")
    source, _, record_id = str(change.record).partition("/")
    with closing(_reading(deployment, connect_warehouse, key)) as connection:
        found = value_of(connection, change.entity, source, str(change.record), change.column)
    if found is None or found[1] not in person.subject_keys:
        raise InputError(
            "the person has no such record", code="person_without_record",
            where={"entity": change.entity},
            todo="name it as its source and number, as a package does: shop/O-1",
        )  # fmt: skip
    blind = deployment.vault.index.of("record", f"{change.entity}|{source}|{record_id}")
    record = SealedRecord(
        0, change.entity, source, blind, str(change.record), person.subject_id, None,
        person.key_id, None,
    )  # fmt: skip
    return record, as_text(found[0])


def _reading(deployment: Deployment, connect: Any, key: Any) -> duckdb.DuckDBPyConnection:
    made: duckdb.DuckDBPyConnection = connect(
        deployment.home, key, deployment.settings, read_only=True
    )
    return made


def _let_out(rule: ColumnRule, column: Column, text: str | None, country: str | None) -> Any:
    """What the warehouse gets of a corrected value."""
    value = cell(text, column)
    if rule.method is None:
        return value
    frame = pl.DataFrame(
        {column.name: [value], "country": [country]},
        schema={column.name: column.polars_type, "country": pl.String},
    )
    return generalise(rule.method, frame[column.name], frame)[0]


def _country(deployment: Deployment, overlay: Overlay) -> str | None:
    """The country of the record, by which some values are generalised."""
    with deployment.vault.read() as conn:
        records = records_of_subjects(conn, [overlay.subject_id])
    same = [r for r in records if r.record_blind == overlay.record_blind]
    for one in open_records(deployment.vault, same):
        found = one.fields.get("country")
        return str(found) if found else None
    return None


def _check_value(change: Change) -> None:
    """Refuse a value that does not fit its column; it is never told."""
    column = load_entities()[change.entity].columns[change.column]
    if change.value is None:
        is_wrong = column.required
    else:
        typed = cell(change.value, column)
        is_wrong = typed is None or not _leads_somewhere(change.value, column)
        is_wrong = is_wrong or (column.values is not None and typed not in column.values)
        kept_open = column.type in ("category", "country", "currency")
        is_wrong = is_wrong or (kept_open and is_suspicious(str(typed)))
        is_wrong = is_wrong or (change.column == "birth_date" and typed > now().date())
    if is_wrong:
        raise InputError(
            "the value does not fit its column", code="value_unfit",
            where={"entity": change.entity, "column": change.column},
            todo="write dates as 2026-01-31, a birth date not in the future, numbers with a point, an address with its @ and a telephone "
            "number with all its digits; an empty value clears a column that may be empty",
        )  # fmt: skip


def _leads_somewhere(value: str, column: Column) -> bool:
    """Whether an address or a number can be one: nobody is found by another again."""
    if column.type == "email":
        return email_key(value) is not None
    return column.type != "phone" or phone_key(value) is not None


def _json_text(value: Any) -> str | None:
    return None if value is None else str(value)


def _json_value(value: Any, column: Column) -> Any:
    """A value as landing seals it."""
    frame = pl.DataFrame({column.name: [value]}, schema={column.name: column.polars_type})
    text = frame.select(pl.struct(column.name).struct.json_encode()).to_series()[0]
    return orjson.loads(text).get(column.name)


def _shown_key(one: OpenRecord) -> str | None:
    """``source/number`` of a contact record, whose own key is a token."""
    number = one.fields.get("contact_id")
    return f"{one.record.source}/{number}" if number else None
