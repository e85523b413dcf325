-- Grain: period grain and period. What may be shown of each period, and whether it has closed. What
-- the plan says of a period is hidden too where the deals due in one month of it are about few. A
-- quota is about no customer and is always shown; how much of it was won follows what was won.
{%- set figures = sales_figures() %}
with

plan as (
    select
        period_grain,
        period_start,
        case when sum(quotas_unknown) = 0 then sum(quota) end as quota,
        sum(forecast) as forecast,
        sum(due_deals) as due_deals,
        sum(slipped_deals) as slipped_deals,
        sum(open_due_deals) as open_due_deals,
        sum(open_due_amount) as open_due_amount,
        sum(forecast_unknown) as forecast_unknown
    from {{ ref('int_sales_plan') }}
    group by period_grain, period_start
),

measured as (select * from {{ ref('int_sales_periods_measured') }}),

periods as (
    select
        period_grain,
        period_start
    from measured
    union
    select
        period_grain,
        period_start
    from plan
),

joined as (
    select
        periods.period_grain,
        periods.period_start,
        {{ period_end('periods.period_grain', 'periods.period_start') }} as period_end,
        {{ sales_measures_or_none('measured') }}
    from periods
    left join measured on {{ same_keys('periods', 'measured', ['period_grain', 'period_start']) }}
),

planned as (
    select
        joined.*,
        {{ plan_measures('plan', 'joined.won_revenue', 'joined.period_end') }}
    from joined
    left join plan on {{ same_keys('joined', 'plan', ['period_grain', 'period_start']) }}
),

-- Each set of deals that any figure of the plan is about, apart; and what has a worth or has none.
few_due as (
    select distinct
        period_grain,
        period_start
    from (
        select
            period_grain,
            period_start,
            count(distinct person_key) as persons
        from {{ ref('int_sales_plan_deals') }}
        where person_key is not null
        group by period_grain, period_start, role, is_slipped, due_month
        union all
        select
            period_grain,
            period_start,
            count(distinct person_key) as persons
        from {{ ref('int_sales_plan_deals') }}
        where person_key is not null
        group by
            period_grain,
            period_start,
            role,
            amount is null or (role = 'due' and probability is null)
    ) as counted
    where persons {{ is_small() }}
),

hidden as (
    {{ hidden_figures(
        figures, ref('int_sales_suppressed_periods'), ['period_grain', 'period_start']
    ) }}
),

flagged as (
    select
        planned.*,
        {%- for figure in figures %}
        coalesce(hidden.hides_{{ figure }}, 0) = 1 as hides_{{ figure }},
        {%- endfor %}
        coalesce(hidden.hides_row, 0) = 1 or few_due.period_start is not null as is_plan_suppressed
    from planned
    left join hidden on {{ same_keys('planned', 'hidden', ['period_grain', 'period_start']) }}
    left join few_due on {{ same_keys('planned', 'few_due', ['period_grain', 'period_start']) }}
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        '{{ var("reporting_currency") }}' as currency,
        hides_row as is_suppressed,
        is_plan_suppressed,
        {{ is_period_closed('period_end', var('period_close_days')) }} as is_closed,
        {{ sales_disclosed('flagged') }}
    from flagged
)

select * from final
