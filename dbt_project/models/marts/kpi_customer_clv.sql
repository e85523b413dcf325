-- Grain: month, the model of lifetime value that was fitted at its end, in its newest version. How
-- far its twin, fitted without the days held out, was off in those days. Sealed as it is appended;
-- a model is hidden where those it counts, or a difference to another month shown, are few.
with

models as (
    select
        *,
        max(version) over (partition by fitted_on) as newest_version
    from {{ ref('sealed_customer_clv_models') }}
),

measured as (
    select
        *,
        cast({{ dbt.dateadd('month', -1, 'fitted_on') }} as date) as period_start,
        {%- for measure in ['purchases', 'margin'] %}
        {{ ratio_columns(
            'holdout_' ~ measure ~ '_error',
            '(expected_' ~ measure ~ ' - actual_' ~ measure ~ ')', 'actual_' ~ measure
        ) }},
        {%- for kind in ['absolute', 'baseline'] %}
        {{ ratio_columns(
            'holdout_' ~ measure ~ '_' ~ kind ~ '_error', kind ~ '_error_' ~ measure,
            'cast(holdout_customers as double)'
        ) }},
        {%- endfor %}
        {%- endfor %}
        '{{ var("reporting_currency") }}' as currency
    from models
    where version = newest_version
)

select
    period_start,
    fitted_on as period_end,
    state,
    currency,
    {{ disclosed_figures(clv_model_types(), 'measured', 'is_suppressed') }},
    is_suppressed,
    true as is_sealed,
    version as sealed_version,
    sealed_at
from measured
