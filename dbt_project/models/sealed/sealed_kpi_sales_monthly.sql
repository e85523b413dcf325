{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}
-- Grain: period grain, period and version. Figures of closed periods, stored once: an erasure or
-- a retention sweep later does not change them. A restatement appends a version with its reason.
with

closed as (
    select * from {{ ref('int_sales_periods_disclosed') }}
    where is_closed
),

{% if is_incremental() %}
sealed as (
    select
        period_grain,
        period_start,
        max(version) as version
    from {{ this }}
    group by period_grain, period_start
),

{% endif %}
due as (
    select
        closed.*,
        {% if is_incremental() %}
        coalesce(sealed.version, 0) + 1 as version,
        case when sealed.version is null then 'period closed' else '{{ restate_reason() }}' end
            as reason
        {% else %}
        1 as version,
        'period closed' as reason
        {% endif %}
    from closed
    {% if is_incremental() %}
    left join sealed
        on closed.period_grain = sealed.period_grain and closed.period_start = sealed.period_start
    where sealed.version is null or {{ is_restated('closed.period_start') }}
    {% endif %}
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        currency,
        is_suppressed,
        {%- for name, type in sales_measure_types().items() %}
        cast({{ name }} as {{ type }}) as {{ name }},
        {%- endfor %}
        cast(version as integer) as version,
        {{ as_of() }} as sealed_at,
        reason
    from due
)

select * from final
