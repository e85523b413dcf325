-- Grain: period grain (month, quarter, year, all) and period. Over all time also what has no
-- instant: a ticket whose creation is unknown still counts there.
with

placed as (
    select
        contributions.*,
        grains.period_grain,
        {{ period_start('grains.period_grain', 'contributions.month_start') }} as period_start
    from {{ ref('int_support_contributions') }} as contributions
    cross join {{ period_grains(['month', 'quarter', 'year', 'all']) }} as grains
    where contributions.month_start is not null or grains.period_grain = 'all'
),

measured as (
    select
        period_grain,
        period_start,
        {{ support_measures() }}
    from placed
    group by period_grain, period_start
),

suppressed as (select * from {{ ref('int_support_suppressed_periods') }}),

final as (
    select
        measured.period_grain,
        measured.period_start,
        {{ period_end('measured.period_grain', 'measured.period_start') }} as period_end,
        {%- for name, type in support_measure_types().items() %}
        case
            when suppressed.is_suppressed is null then cast(measured.{{ name }} as {{ type }})
        end as {{ name }},
        {%- endfor %}
        suppressed.is_suppressed is not null as is_suppressed
    from measured
    left join suppressed
        on
            measured.period_grain = suppressed.period_grain
            and coalesce(measured.period_start, cast('1900-01-01' as date))
            = coalesce(suppressed.period_start, cast('1900-01-01' as date))
)

select * from final
