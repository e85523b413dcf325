{{ config(group='warehouse') }}
-- However a conversion is divided, nothing of it is lost and nothing is invented.
with

summed as (
    select
        kind,
        revenue_id,
        {%- for model, _ in attribution_models() %}
        sum(credit_{{ model }}) as credit_{{ model }},
        sum(revenue_{{ model }}) as revenue_{{ model }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_attribution') }}
    group by kind, revenue_id
)

select revenue.kind
from {{ ref('int_revenue_events') }} as revenue
left join summed on revenue.kind = summed.kind and revenue.revenue_id = summed.revenue_id
where
    summed.revenue_id is null
    {%- for model, _ in attribution_models() %}
    or abs(summed.credit_{{ model }} - 1) > 1e-9
    or summed.revenue_{{ model }} is distinct from revenue.amount
    {%- endfor %}
