-- Grain: period grain (month, quarter, year) and period. The sales figures before anything is
-- suppressed or sealed; medians do not add up, so every grain is computed from the deals.
with

contributions as (
    select * from {{ ref('int_sales_contributions') }}
    where month_start is not null
),

placed as (
    select
        contributions.*,
        grains.period_grain,
        {{ period_start('grains.period_grain', 'contributions.month_start') }} as period_start
    from contributions
    cross join {{ period_grains(['month', 'quarter', 'year']) }} as grains
),

final as (
    select
        period_grain,
        period_start,
        {{ sales_measures() }}
    from placed
    group by period_grain, period_start
)

select * from final
