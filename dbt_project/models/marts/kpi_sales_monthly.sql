-- Grain: period grain (month, quarter, year) and period. Closed periods come from the seal, open
-- ones are computed; a period shows the newest version of its seal.
with

disclosed as (select * from {{ ref('int_sales_periods_disclosed') }}),

versions as (
    select
        *,
        row_number() over (partition by period_grain, period_start order by version desc)
            as recency
    from {{ ref('sealed_kpi_sales_monthly') }}
),

sealed as (
    select * from versions
    where recency = 1
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        currency,
        {%- for name in sales_measure_types() %}
        {{ name }},
        {%- endfor %}
        is_suppressed,
        true as is_sealed,
        version as sealed_version,
        sealed_at
    from sealed
    union all
    select
        disclosed.period_grain,
        disclosed.period_start,
        disclosed.period_end,
        disclosed.currency,
        {%- for name, type in sales_measure_types().items() %}
        cast(disclosed.{{ name }} as {{ type }}) as {{ name }},
        {%- endfor %}
        disclosed.is_suppressed,
        false as is_sealed,
        cast(null as integer) as sealed_version,
        cast(null as timestamp with time zone) as sealed_at
    from disclosed
    left join sealed
        on
            disclosed.period_grain = sealed.period_grain
            and disclosed.period_start = sealed.period_start
    where sealed.period_start is null
)

select * from final
