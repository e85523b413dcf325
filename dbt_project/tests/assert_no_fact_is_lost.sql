{{ config(group='warehouse') }}
-- Every landed row of a fact is in its mart, and no join has doubled one.
{%- set pairs = [
    ('stg_deals', 'fct_deals'),
    ('stg_tickets', 'fct_tickets'),
    ('stg_interactions', 'fct_interactions'),
    ('stg_campaign_events', 'fct_campaign_events'),
    ('stg_campaigns', 'kpi_campaign'),
    ('stg_leads', 'fct_leads'),
    ('stg_tasks', 'fct_tasks'),
    ('stg_orders', 'fct_orders'),
    ('stg_products', 'dim_product'),
] %}
{%- for staged, mart in pairs %}
select '{{ mart }}' as mart
where (select count(*) from {{ ref(staged) }}) <> (select count(*) from {{ ref(mart) }})
{{ 'union all' if not loop.last }}
{%- endfor %}
