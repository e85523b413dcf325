{# The figures that trends, correlations and signals look at: table, figure, which way is good (1, -1,
   or 0 where it depends), and what a difference of 1 is worth in money, by columns of the same row.
   A table has a row per month; one with a grain is taken at its months. Figures about what follows a
   send are whole only when its window is over: how many days after the month. Whether it is a ratio,
   so that several months have that of their sums. Add a line for a new one. #}
{% macro trend_series() -%}
{%- set wait = var('campaign_close_days') -%}
{{ return([
    ('kpi_sales_monthly', 'won_revenue', 1, '1', true, 0, false),
    ('kpi_sales_monthly', 'won_deals', 1, 'avg_deal_size', true, 0, false),
    ('kpi_sales_monthly', 'lost_deals', -1, none, true, 0, false),
    ('kpi_sales_monthly', 'win_rate_value', 1, 'win_rate_value_denominator', true, 0, true),
    ('kpi_sales_monthly', 'avg_deal_size', 1, 'avg_deal_size_denominator', true, 0, true),
    ('kpi_sales_monthly', 'sales_cycle_days_median', -1, none, true, 0, false),
    ('kpi_sales_monthly', 'slippage_rate', -1, none, true, 0, true),
    ('kpi_campaign_monthly', 'delivery_rate', 1, none, true, wait, true),
    ('kpi_campaign_monthly', 'open_rate', 1, none, true, wait, true),
    ('kpi_campaign_monthly', 'click_rate', 1, none, true, wait, true),
    ('kpi_campaign_monthly', 'unsubscribe_rate', -1, none, true, wait, true),
    ('kpi_campaign_monthly', 'conversion_rate', 1, none, true, wait, true),
    ('kpi_campaign_monthly', 'attributed_revenue', 1, '1', true, 0, false),
    ('kpi_campaign_monthly', 'roas', 1, 'roas_denominator', true, 0, true),
    ('kpi_campaign_monthly', 'cac', -1, 'cac_denominator', true, 0, true),
    ('kpi_campaign_monthly', 'leads', 1, none, true, 0, false),
    ('kpi_campaign_monthly', 'new_customers', 1, none, true, 0, false),
    ('kpi_support_monthly', 'tickets_created', -1, none, true, 0, false),
    ('kpi_support_monthly', 'first_response_minutes_median', -1, none, true, 0, false),
    ('kpi_support_monthly', 'resolution_hours_median', -1, none, true, 0, false),
    ('kpi_support_monthly', 'sla_attainment', 1, none, true, 0, true),
    ('kpi_support_monthly', 'csat', 1, none, true, 0, true),
    ('kpi_support_monthly', 'reopen_rate', -1, none, true, 0, true),
    ('kpi_revenue_retention_monthly', 'net_revenue_retention', 1,
        'net_revenue_retention_denominator', false, 0, true),
    ('kpi_revenue_retention_monthly', 'customer_churn_rate', -1, none, false, 0, true),
    ('kpi_revenue_retention_monthly', 'new_revenue', 1, '1', false, 0, false),
]) }}
{%- endmacro %}

{# A month is unusual where its residual is this many robust deviations from none.
   Source: Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers. #}
{% macro anomaly_score() -%}{{ return('3.5') }}{%- endmacro %}
