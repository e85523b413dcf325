-- Grain: period grain and period. What may be shown of each period, and whether it has closed.
with

measured as (
    select
        measured.*,
        {{ period_end('measured.period_grain', 'measured.period_start') }} as period_end
    from {{ ref('int_sales_periods_measured') }} as measured
),

suppressed as (select * from {{ ref('int_sales_suppressed_periods') }}),

final as (
    select
        measured.period_grain,
        measured.period_start,
        measured.period_end,
        '{{ var("reporting_currency") }}' as currency,
        coalesce(suppressed.is_suppressed, false) as is_suppressed,
        {{ is_period_closed('measured.period_end', var('period_close_days')) }} as is_closed,
        {%- for name in sales_measure_types() %}
        case when not coalesce(suppressed.is_suppressed, false) then measured.{{ name }} end
            as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from measured
    left join suppressed
        on
            measured.period_grain = suppressed.period_grain
            and measured.period_start = suppressed.period_start
)

select * from final
