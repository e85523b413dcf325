"""The files of the sample as the systems deliver them: names, formats, columns.

The mappings in ``pipelines/landing/sources/sample_*.yaml`` read exactly these.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple


class FileSpec(NamedTuple):
    """A file of a source.

    ``spoil`` names a column with an instant or a date and one that is required: now and then a
    copy of a row with one of them broken is added on purpose.
    """

    source: str
    stem: str
    format: Literal["csv", "jsonl", "parquet", "excel"]
    columns: tuple[str, ...]
    delimiter: str = ";"
    encoding: str = "utf-8"
    spoil: tuple[str, str] | None = None
    is_reference: bool = False
    """Whole in every delivery, not written block by block."""


def _spec(
    source: str, stem: str, kind: Literal["csv", "jsonl", "parquet", "excel"], columns: str,
    **more: object,
) -> FileSpec:  # fmt: skip
    return FileSpec(source, stem, kind, tuple(columns.split()), **more)  # type: ignore[arg-type]


FILES: Final = {
    spec.stem: spec
    for spec in (
        _spec("crm", "organisaties", "csv",
              "Relatienummer Bedrijfsnaam Branche Grootteklasse Jaaromzet Land Plaats Moedernummer Aangemaakt",
              encoding="cp1252"),
        _spec("crm", "medewerkers", "csv",
              "Code Naam E-mail Team Functie Leidinggevende Regio In_dienst Uit_dienst", is_reference=True),
        _spec("crm", "contactpersonen", "csv",
              "Contactnr Organisatie Voornaam Tussenvoegsel Achternaam Functie E-mail Telefoon Mobiel Straat "
              "Huisnummer Postcode Plaats Land Geboortedatum Geslacht Taal BSN IBAN Kenteken Herkomst Aangemaakt "
              "Gewijzigd Verwijderd", spoil=("Geboortedatum", "Contactnr")),
        _spec("crm", "fasen", "csv", "Traject Fase Volgorde Kans Gekwalificeerd Afgesloten",
              encoding="cp1252", is_reference=True),
        _spec("crm", "kansen", "csv",
              "Kansnr Organisatie Contactnr Verkoper Product Traject Fase Bedrag Valuta Kans Aangemaakt "
              "In_gesprek Verwacht Afgesloten Uitkomst Verliesreden", encoding="cp1252",
              spoil=("Aangemaakt", "Fase")),
        _spec("crm", "kanswijzigingen", "csv", "Nr Kansnr Veld Waarde Gewijzigd", encoding="cp1252"),
        _spec("crm", "leads", "csv", "Leadnr Contactnr Bron Status Score Aangemaakt Omgezet Kansnr",
              encoding="utf-8-sig"),
        _spec("crm", "taken", "csv", "Taaknr Medewerker Kansnr Ticket Titel Status Vervalt Gereed Aangemaakt"),
        _spec("crm", "contactmomenten", "csv",
              "Nr Contactnr Organisatie Medewerker Ticket Kansnr Soort Richting Tijdstip Duur Onderwerp Verslag",
              spoil=("Tijdstip", "Soort")),
        _spec("crm", "toestemmingen", "csv",
              "Nr Contactnr E-mail Doel Kanaal Grondslag Stand Tijdstip Versie Bewijs"),
        _spec("crm", "facturen", "csv",
              "Factuurnr Contactnr Organisatie Kansnr Datum Bedrag Marge Valuta Status", encoding="cp1252"),
        _spec("crm", "factuurregels", "csv", "Regelnr Factuurnr Artikel Aantal Prijs Kostprijs", encoding="cp1252"),
        _spec("crm", "contracten", "csv",
              "Contractnr Contactnr Organisatie Artikel Ingang Einde Maandbedrag Valuta", encoding="cp1252"),
        _spec("mail", "campaigns", "csv", "id name channel status objective starts_at ends_at budget currency",
              delimiter=",", is_reference=True),
        _spec("mail", "costs", "csv", "id kind campaign_id date amount currency", delimiter=",", is_reference=True),
        _spec("mail", "members", "csv", "id campaign_id crm_contact email is_holdout added_at", delimiter=","),
        _spec("mail", "events", "csv",
              "event_id campaign_id crm_contact email event timestamp url user_agent ip value",
              delimiter=",", spoil=("timestamp", "event")),
        _spec("tickets", "requesters", "jsonl", "id name email phone language created_at updated_at"),
        _spec("tickets", "sla_policies", "jsonl",
              "id metric priority target_minutes calendar valid_from valid_to", is_reference=True),
        _spec("tickets", "tickets", "jsonl",
              "id crm_contact crm_account assignee channel type topic priority status subject description "
              "created_at first_response_at resolved_at closed_at sla_policy_id",
              spoil=("created_at", "status")),
        _spec("tickets", "portal_tickets", "jsonl",
              "id requester_id assignee channel type topic priority status subject description "
              "created_at first_response_at resolved_at closed_at sla_policy_id"),
        _spec("tickets", "ticket_events", "jsonl", "id ticket_id type actor agent_id at body tier"),
        _spec("tickets", "surveys", "jsonl", "id ticket_id crm_contact asked_at answered_at score comment"),
        _spec("tickets", "portal_surveys", "jsonl", "id ticket_id requester_id asked_at answered_at score comment"),
        _spec("shop", "customers", "csv",
              "customer_id name email phone street house_number postcode city country birth_date language "
              "iban registered_at updated_at", delimiter=","),
        _spec("shop", "products", "csv", "sku name category price cost currency", delimiter=",", is_reference=True),
        _spec("shop", "orders", "parquet",
              "order_id customer_id ordered_at amount margin currency status"),
        _spec("shop", "order_lines", "parquet", "line_id order_id sku quantity unit_price unit_cost"),
        _spec("shop", "subscriptions", "csv",
              "id customer_id sku started_at ended_at monthly currency", delimiter=","),
        _spec("shop", "web_events", "csv",
              "event_id customer_id visitor session event timestamp url search_term referrer user_agent ip",
              delimiter=","),
        _spec("planning", "targets", "excel", "target_id user_code from until amount currency", is_reference=True),
        _spec("planning", "exchange_rates", "csv", "date currency rate_to_eur", delimiter=",", is_reference=True),
        _spec("planning", "sales_costs", "csv", "id kind date amount currency", delimiter=",", is_reference=True),
    )
}  # fmt: skip
