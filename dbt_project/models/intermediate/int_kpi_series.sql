-- Grain: table, figure and month that is over. Read from what is published, hidden cells as nothing.
{% for table_name, kpi, good, worth, has_grain, wait, is_ratio in trend_series() -%}
select
    '{{ table_name }}' as table_name,
    '{{ kpi }}' as kpi,
    {{ good }} as good_direction,
    period_start,
    period_end,
    cast({{ kpi }} as double) as figure,
    cast({{ kpi ~ '_denominator' if is_ratio else 'null' }} as double) as denominator,
    {{ 'cast(' ~ worth ~ ' as double)' if worth else 'cast(null as double)' }} as worth_eur,
    is_suppressed
    {%- if table_name == 'kpi_support_monthly' %}
    or (is_partly_suppressed and {{ kpi }} is null) as is_suppressed
    {%- elif table_name in ('kpi_campaign_monthly', 'kpi_sales_monthly') %}
    or contains(' ' || coalesce(suppressed_figures, '') || ' ', ' {{ kpi }} ') as is_suppressed
    {%- endif %}
from {{ ref(table_name) }}
where
    {{ is_period_closed('period_end', wait) }}{{ " and period_grain = 'month'" if has_grain }}
{{ 'union all' if not loop.last }}
{% endfor %}
