-- Grain: period grain (month, quarter, year, all), period and agent, the one whose ticket it is.
-- Everybody of the staff has a row over all time. An agent's own figures are under the staff policy,
-- the customers behind them are not: see macros/staff.
{%- set figures = support_figures() %}
with

placed as (
    select
        contributions.*,
        grains.period_grain,
        {{ period_start('grains.period_grain', 'contributions.month_start') }} as period_start
    from {{ ref('int_support_contributions') }} as contributions
    cross join {{ period_grains(['month', 'quarter', 'year', 'all']) }} as grains
    where
        contributions.user_key is not null
        and (contributions.month_start is not null or grains.period_grain = 'all')
),

told as (
    select
        period_grain,
        period_start,
        user_key,
        {{ support_measures() }}
    from placed
    group by period_grain, period_start, user_key
),

rows_due as (
    select
        period_grain,
        period_start,
        user_key
    from told
    union
    select
        'all' as period_grain,
        cast(null as date) as period_start,
        user_key
    from {{ ref('dim_user') }}
),

measured as (
    select
        rows_due.period_grain,
        rows_due.period_start,
        rows_due.user_key,
        {{ period_end('rows_due.period_grain', 'rows_due.period_start') }} as period_end
        {%- for name, type in support_measure_types().items() %},
        {{ 'coalesce(told.' ~ name ~ ', 0)' if type == 'bigint' else 'told.' ~ name }} as {{ name }}
        {%- endfor %}
    from rows_due
    left join told
        on
            rows_due.period_grain = told.period_grain
            and rows_due.user_key = told.user_key
            and coalesce(rows_due.period_start, cast('1900-01-01' as date))
            = coalesce(told.period_start, cast('1900-01-01' as date))
),

asked as (
    select
        *,
        coalesce(user_key, '') as slice
    from {{ ref('int_support_contributions') }}
),

{{ persons_of_figures(figures, 'asked', ['month_start', 'slice']) }},

{{ hidden_staff('persons', ref('int_support_suppressed_periods'), figures, 'measured') }},

hidden as (
    {{ hidden_figures(figures, 'hidden_cells', ['period_grain', 'period_start', 'slice']) }}
),

final as (
    select
        measured.period_grain,
        measured.period_start,
        measured.period_end,
        measured.user_key,
        users.staff_alias,
        {{ is_period_closed('measured.period_end', var('support_close_days')) }} as is_closed,
        {{ disclosed_columns(figures, support_measure_types(), 'measured', 'hidden') }}
    from measured
    left join {{ ref('dim_user') }} as users on measured.user_key = users.user_key
    left join hidden
        on
            measured.period_grain = hidden.period_grain
            and coalesce(measured.period_start, {{ no_day() }}) = hidden.period_start
            and measured.user_key = hidden.slice
)

select * from final
