"""Frozen models of the policy. Source: GDPR Art. 5, 6, 9, 25, 30; UAVG 46; AWR 52; Tw 11.7."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

PrivacyClass = Literal[
    "direct_identifier",  # tells by itself who somebody is: name, e-mail, telephone, IBAN
    "national_identifier",  # only where a statute allows it (UAVG 46)
    "indirect_identifier",  # tells it with others: postcode, birth date, job title, keys
    "free_text",  # may hold anything about anybody
    "behaviour",  # what a person did: opens, visits, orders
    "staff",  # about sellers and agents
    "not_personal",
]
Action = Literal["drop", "token", "generalise", "redact_text", "keep"]
Method = Literal[
    "postcode_area", "birth_year", "user_agent_class", "url_path", "company_name", "no_owner",
]  # fmt: skip
LawfulBasis = Literal[
    "consent", "contract", "legal_obligation", "vital_interests", "public_task",
    "legitimate_interests",
]  # fmt: skip

METHOD_TYPES: dict[str, str] = {
    "postcode_area": "VARCHAR",
    "birth_year": "SMALLINT",
    "user_agent_class": "VARCHAR",
    "url_path": "VARCHAR",
    "company_name": "VARCHAR",
    "no_owner": "VARCHAR",
}


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True
    )


class Purpose(_Frozen):
    """Why data is processed. Without a lawful basis nobody has access for it."""

    name: str
    description: str
    lawful_basis: LawfulBasis | None = None
    source: str = Field("", description="article of the law")


class Retention(_Frozen):
    """How long, counted from what. Source: the ground says which law or which need."""

    name: str
    period_months: int = Field(gt=0)
    starts: str = Field(description="the event that starts the period")
    action: Literal["delete", "unlink", "aggregate"]
    ground: str


class ColumnRule(_Frozen):
    """What a column is and what becomes of it on its way from the door to the warehouse.

    ``seal`` keeps the original, encrypted under its owner's key, in the vault. ``column`` is
    its name in the warehouse (``as`` in YAML), the landed name by default.
    """

    name: str
    privacy_class: PrivacyClass = Field(alias="class")
    action: Action
    method: Method | None = None
    column: str | None = Field(None, alias="as")
    seal: bool = False
    purposes: tuple[str, ...]
    retention: str
    statute: str | None = Field(None, description="law that allows a national identifier")

    @property
    def warehouse_column(self) -> str | None:
        """Name in the warehouse, or None when the column does not leave the vault."""
        return None if self.action == "drop" else self.column or self.name

    @model_validator(mode="after")
    def _consistent(self) -> ColumnRule:
        if (self.action == "generalise") != (self.method is not None):
            raise ValueError("generalise needs a method, and only generalise has one")
        if self.action in ("token", "generalise", "redact_text") and self.column is None:
            raise ValueError(f"{self.action} needs 'as', the column's name in the warehouse")
        if self.privacy_class == "direct_identifier" and self.action == "keep":
            raise ValueError("a direct identifier cannot be kept in the warehouse")
        if self.privacy_class == "free_text" and self.action == "keep":
            raise ValueError("free text cannot be kept as it is in the warehouse")
        if self.privacy_class == "national_identifier" and (
            self.action != "drop" or (self.seal and not self.statute)
        ):
            raise ValueError("a national identifier is dropped unless a statute is named")
        return self


class EntityRules(_Frozen):
    """The rules of one entity.

    ``on_erasure`` says what an erasure does with its rows: ``delete`` them; ``unlink`` them, so that
    amounts stay for statistics without the person; ``restrict``: unlink them, and keep who they
    were for sealed from all use until the statutory period ends.
    """

    name: str
    on_erasure: Literal["delete", "unlink", "restrict"]
    columns: dict[str, ColumnRule]

    @property
    def sealed_columns(self) -> tuple[str, ...]:
        """Columns of which the vault keeps the original."""
        return tuple(c.name for c in self.columns.values() if c.seal)

    @property
    def is_sealed(self) -> bool:
        """Whether rows of this entity have a sealed copy; others stay columnar throughout."""
        return bool(self.sealed_columns)


Ground = Literal["consent", "soft_opt_in", "no_objection"]


class ChannelRule(_Frozen):
    """On what grounds a person may be addressed for a purpose by a channel. Source: Tw 11.7.

    ``business`` are the grounds for contacts of an organisation, where they differ.
    """

    grounds: tuple[Ground, ...] = Field(min_length=1)
    business: tuple[Ground, ...] | None = None
    double_opt_in: bool = False
    consent_months: int | None = Field(None, gt=0)
    customer_months: int = Field(24, gt=0, description="how long a buyer is an own customer")
    source: str = Field(min_length=1, description="article of the law")


class SweepRule(_Frozen):
    """What the daily sweep removes, and what starts its period; the retention class says the rest.

    ``unless`` names columns that, empty in a row of a person, keep the whole person: an end that
    has not come.
    """

    name: str
    entity: str
    retention: str
    starts: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    persons: bool = False
    from_year_end: bool = False
    grace_days: int = Field(0, ge=0)


class Approval(_Frozen):
    """Who made the rules of an entity live, and when."""

    approved_by: str = Field(min_length=1)
    approved_on: date
    works_council_reference: str | None = Field(
        None, description="needed to publish the names of staff, WOR 27(1)(l)"
    )


class Policy(_Frozen):
    """The whole policy, checked. ``fingerprint`` changes when any rule does."""

    purposes: dict[str, Purpose]
    retention: dict[str, Retention]
    entities: dict[str, EntityRules]
    approvals: dict[str, Approval]
    fingerprint: str
    channels: dict[str, dict[str, ChannelRule]] = Field(default_factory=dict)
    sweeps: dict[str, SweepRule] = Field(default_factory=dict)

    def is_live(self, entity: str) -> bool:
        """Whether rows of this entity may be landed: its rules exist and are approved."""
        return entity in self.entities and entity in self.approvals

    def is_open(self, rule: ColumnRule) -> bool:
        """Whether at least one purpose of the column has a lawful basis."""
        return any(
            p in self.purposes and self.purposes[p].lawful_basis is not None for p in rule.purposes
        )
