-- Grain: month and version: kpi_revenue_retention_monthly of closed months, stored once.
{{ sealed_periods(ref('int_revenue_retention_disclosed'), retention_types(), ['period_start']) }}
