-- Grain: period grain (month, quarter, year, all) and period. What may be shown of each, and whether
-- it has closed. Over all time also what has no instant: a ticket whose creation is unknown still
-- counts there.
{%- set figures = support_figures() %}
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
        {{ period_end('period_grain', 'period_start') }} as period_end,
        {{ support_measures() }}
    from placed
    group by period_grain, period_start
),

hidden as (
    {{ hidden_figures(figures, ref('int_support_suppressed_periods'), ['period_grain', 'period_start']) }}
),

final as (
    select
        measured.period_grain,
        measured.period_start,
        measured.period_end,
        {{ is_period_closed('measured.period_end', var('support_close_days')) }} as is_closed,
        {{ disclosed_columns(figures, support_measure_types(), 'measured', 'hidden') }}
    from measured
    left join hidden
        on
            measured.period_grain = hidden.period_grain
            and coalesce(measured.period_start, cast('1900-01-01' as date))
            = coalesce(hidden.period_start, cast('1900-01-01' as date))
)

select * from final
