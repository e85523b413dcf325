-- Grain: campaign and link and version: kpi_campaign_links once it has closed, stored once.
{{ sealed_periods(
    ref('int_campaign_links_disclosed'), campaign_link_types(),
    ['campaign_id', 'closing_month'], ['link'], []
) }}
