"""Proposes what an unknown file is: kinds of its columns, a source mapping, rules of its columns.

A proposal is to be read and edited by a person; nothing is stored and nothing goes live.

Privacy: a file in; names of columns, kinds and shares out, never a value.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pii_rules.models import Policy
from pipelines.batches.file_samples import FileSample, sample_file
from pipelines.common.entities import Entity, load_entities
from pipelines.privacy.column_kinds import FREE_TEXT, ColumnKind, column_kinds
from pipelines.privacy.detector import Detector

_SYNONYMS = {
    "contact_id": "klantnummer klantnr klant_id customer_id customernumber contactnummer klant customer",
    "account_id": "account bedrijf_id relatie_id company_id relatienummer bedrijf company",
    "first_name": "voornaam firstname given_name forename", "infix": "tussenvoegsel tussenv prefix",
    "last_name": "achternaam lastname surname family_name", "full_name": "naam name fullname volledige_naam sales_agent",
    "email": "e_mail mail emailadres email_address e_mailadres", "phone": "telefoon telefoonnummer tel phone_number telephone",
    "mobile": "mobiel mobiele_telefoon gsm mobile_phone", "street": "straat adres address straatnaam",
    "house_number": "huisnummer huisnr number", "postcode": "zip zip_code zipcode postal_code pc",
    "city": "plaats woonplaats town stad", "country": "land", "birth_date": "geboortedatum geb_datum dob date_of_birth",
    "gender": "geslacht sex", "language": "taal", "national_id": "bsn ssn", "iban": "rekeningnummer bankrekening",
    "name": "naam bedrijfsnaam company_name product", "sector": "branche industry", "amount": "bedrag total totaal close_value value",
    "body": "bericht message tekst text inhoud notitie note omschrijving description", "subject": "onderwerp titel title",
    "occurred_at": "datum date tijdstip timestamp at wanneer", "created_at": "aangemaakt created aangemaakt_op date_created",
    "status": "state toestand", "stage": "fase deal_stage", "channel": "kanaal", "ticket_id": "ticket ticketnummer ticket_number case_id",
    "deal_id": "opportunity_id deal kans_id", "order_id": "order ordernummer bestelnummer", "user_id": "medewerker verkoper agent owner_id",
    "comment": "opmerking toelichting", "score": "cijfer rating", "ip_address": "ip", "product_id": "product productnummer sku",
    "closed_at": "close_date afgesloten_op", "engaged_at": "engage_date", "interaction_id": "id", "priority": "prioriteit",
    "topic": "categorie", "job_title": "functie", "duration_seconds": "duur",
}  # fmt: skip
_CLASSES = {
    **dict.fromkeys(
        ("EMAIL", "PHONE", "IBAN", "PERSON", "ADDRESS", "ID_DOCUMENT", "CREDIT_CARD", "SOCIAL_HANDLE",
         "LICENCE_PLATE"), ("direct_identifier", "drop")),
    **dict.fromkeys(("BSN", "NATIONAL_ID"), ("national_identifier", "drop")),
    **dict.fromkeys(
        ("POSTCODE", "CITY", "DATE_OF_BIRTH", "CUSTOMER_NUMBER", "IP_ADDRESS", "URL", "VAT_NUMBER",
         "COMPANY_ID"), ("indirect_identifier", "drop")),
    FREE_TEXT: ("free_text", "redact_text"),
}  # fmt: skip


class Proposal(NamedTuple):
    """What a file seems to be; ``mapping`` and ``rules`` are YAML to be edited."""

    columns: list[ColumnKind]
    mapping: str
    rules: str
    missing: tuple[str, ...]


def classify_file(path: Path, detector: Detector, policy: Policy | None = None) -> Proposal:
    """Classify the columns of a file and propose how to land it.

    Args:
        path: CSV, JSON lines, Parquet or Excel.
        detector: Finds personal data in values.
        policy: Says what becomes of canonical columns; its rules are shown where it has them.

    Raises:
        InputError: The file cannot be read.
    """
    sample = sample_file(path)
    kinds = column_kinds(sample.table, detector)
    entity, chosen = _best_entity(kinds)
    missing = tuple(c for c in entity.required if c not in chosen and (c,) != entity.key)
    return Proposal(
        kinds,
        _mapping_yaml(path, sample, entity, chosen, missing, kinds),
        _rules_yaml(entity, chosen, kinds, policy),
        missing,
    )


def _best_entity(kinds: list[ColumnKind]) -> tuple[Entity, dict[str, str]]:
    """The canonical entity that most columns fit, and the column of the file for each of its own."""
    found = [(entity, _fit(entity, kinds)) for entity in load_entities().values()]

    def worth(pair: tuple[Entity, dict[str, str]]) -> tuple[float, str]:
        entity, chosen = pair
        lacking = [c for c in entity.required if c not in chosen and (c,) != entity.key]
        has_key = all(c in chosen for c in entity.key)
        return len(chosen) - 1.5 * len(lacking) + has_key, entity.name

    return max(found, key=worth)


def _fit(entity: Entity, kinds: list[ColumnKind]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    for exact in (True, False):
        for canonical in entity.columns:
            names = {canonical} if exact else set(_SYNONYMS.get(canonical, "").split())
            own_id = {"id", "nummer"} if not exact and (canonical,) == entity.key else set()
            for kind in kinds:
                plain = re.sub(r"[^a-z0-9]+", "_", _snake(kind.column)).strip("_")
                if canonical not in chosen and kind.column not in taken and plain in names | own_id:
                    if canonical in ("name", "full_name") and kind.kind not in (None, "PERSON"):
                        continue
                    chosen[canonical] = kind.column
                    taken.add(kind.column)
    for canonical, wanted in (("email", "EMAIL"), ("phone", "PHONE"), ("body", FREE_TEXT)):
        if canonical in entity.columns and canonical not in chosen:
            fits = [k.column for k in kinds if k.kind == wanted and k.column not in taken]
            if fits:
                chosen[canonical] = fits[0]
                taken.add(fits[0])
    return chosen


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _mapping_yaml(
    path: Path,
    sample: FileSample,
    entity: Entity,
    chosen: dict[str, str],
    missing: tuple[str, ...],
    kinds: list[ColumnKind],
) -> str:
    columns: dict[str, Any] = {c: chosen[c] for c in entity.columns if c in chosen}
    if len(entity.key) == 1 and entity.key[0] not in chosen:
        columns = {entity.key[0]: {"position": True}, **columns}
    columns |= {name: {"constant": "TODO"} for name in missing}
    name = re.sub(r"[^a-z0-9_]+", "_", _snake(path.stem)).strip("_")[:40] or "source"
    body = {
        "source": name if name[0].isalpha() else f"source_{name}"[:40],
        "timezone": "Europe/Amsterdam",
        "files": [
            {"pattern": f"*{path.suffix}", **sample.reading, "mode": "upsert",
             "entities": {entity.name: {"columns": columns}}}
        ],
    }  # fmt: skip
    unused = [k for k in kinds if k.column not in chosen.values()]
    remarks = ["# A proposal, made from names of columns and a sample of values. Read and edit it."]
    remarks += [f"# required and not found: {name}" for name in missing]
    remarks += [f"# not mapped, so not stored: {k.column} ({k.kind or k.shape})" for k in unused]
    return "\n".join([*remarks, yaml.safe_dump(body, sort_keys=False, allow_unicode=True)])


def _rules_yaml(
    entity: Entity, chosen: dict[str, str], kinds: list[ColumnKind], policy: Policy | None
) -> str:
    """A rule for each column: the policy's where it is mapped, else one that fits its kind."""
    canonical = {column: name for name, column in chosen.items()}
    rules: dict[str, Any] = {}
    for kind in kinds:
        name = canonical.get(kind.column)
        if name is not None and policy is not None:
            rule = policy.entities[entity.name].columns[name]
            rules[kind.column] = {"as": f"{entity.name}.{name}", "class": rule.privacy_class,
                                  "action": rule.action}  # fmt: skip
            continue
        is_category = kind.shape in ("number", "boolean", "category")
        privacy_class, action = _CLASSES.get(
            kind.kind or "",
            ("behaviour", "keep") if is_category else ("indirect_identifier", "drop"),
        )
        rules[kind.column] = {"class": privacy_class, "action": action}
    return yaml.safe_dump({"columns": rules}, sort_keys=False, allow_unicode=True)
