-- Grain: period grain (month, quarter, year, all), period and seller. Every seller has a row over
-- all time; one without deals has NULL rates there, never 0. A seller's own figures are under the
-- staff policy (quota and tasks are always shown), the customers behind them are not: see
-- macros/staff.
{%- set figures = sales_figures() %}
with

users as (
    select
        user_key,
        staff_alias
    from {{ ref('dim_user') }}
),

contributions as (
    select * from {{ ref('int_sales_contributions') }}
    where user_key is not null
),

placed as (
    select
        contributions.*,
        grains.period_grain,
        {{ period_start('grains.period_grain', 'contributions.month_start') }} as period_start
    from contributions
    cross join {{ period_grains(['month', 'quarter', 'year', 'all']) }} as grains
    where contributions.month_start is not null or grains.period_grain = 'all'
),

measured as (
    select
        period_grain,
        period_start,
        user_key,
        {{ sales_measures() }}
    from placed
    group by period_grain, period_start, user_key
),

plan as (
    select * from {{ ref('int_sales_plan') }}
    where user_key is not null
),

tasks as (
    select
        user_key,
        sum(case when is_open then 1 else 0 end) as tasks_open,
        sum(case when is_overdue then 1 else 0 end) as tasks_overdue
    from {{ ref('fct_tasks') }}
    where user_key is not null
    group by user_key
),

-- Whoever has a figure in a period, and everybody over all time.
rows_due as (
    select
        period_grain,
        period_start,
        user_key
    from measured
    union
    select
        period_grain,
        period_start,
        user_key
    from plan
    union
    select
        'all' as period_grain,
        cast(null as date) as period_start,
        user_key
    from users
),

joined as (
    select
        rows_due.period_grain,
        rows_due.period_start,
        {{ period_end('rows_due.period_grain', 'rows_due.period_start') }} as period_end,
        rows_due.user_key,
        users.staff_alias,
        {{ sales_measures_or_none('measured') }},
        case when rows_due.period_grain = 'all' then coalesce(tasks.tasks_open, 0) end
            as tasks_open,
        case when rows_due.period_grain = 'all' then coalesce(tasks.tasks_overdue, 0) end
            as tasks_overdue
    from rows_due
    left join measured
        on
            rows_due.period_grain = measured.period_grain
            and rows_due.user_key = measured.user_key
            and coalesce(rows_due.period_start, cast('1900-01-01' as date))
            = coalesce(measured.period_start, cast('1900-01-01' as date))
    left join tasks on rows_due.user_key = tasks.user_key
    left join users on rows_due.user_key = users.user_key
),

every_row as (
    select
        joined.*,
        {{ plan_measures('plan', 'joined.won_revenue', 'joined.period_end') }}
    from joined
    left join plan
        on {{ same_keys('joined', 'plan', ['period_grain', 'period_start', 'user_key']) }}
),

sold as (
    select
        *,
        coalesce(user_key, '') as slice
    from {{ ref('int_sales_contributions') }}
),

{{ persons_of_figures(figures, 'sold', ['month_start', 'slice']) }},

{{ hidden_staff('persons', ref('int_sales_suppressed_periods'), figures, 'rows_due') }},

hidden as (
    {{ hidden_figures(figures, 'hidden_cells', ['period_grain', 'period_start', 'slice']) }}
),

-- Deals of each set that a figure of the plan is about: a seller with few persons in one of them is
-- hidden, and all who have deals due in a period in which the hidden ones together have few.
due_persons as (
    select
        period_grain,
        period_start,
        coalesce(user_key, '') as user_key,
        role || is_slipped || due_month as due_set,
        person_key
    from {{ ref('int_sales_plan_deals') }}
    where person_key is not null
    union all
    select
        period_grain,
        period_start,
        coalesce(user_key, '') as user_key,
        role || (amount is null or (role = 'due' and probability is null)) as due_set,
        person_key
    from {{ ref('int_sales_plan_deals') }}
    where person_key is not null
),

few_plans as (
    select
        period_grain,
        period_start,
        user_key
    from due_persons
    group by period_grain, period_start, user_key, due_set
    having count(distinct person_key) {{ is_small() }} or user_key = ''
),

few_left_plans as (
    select
        due_persons.period_grain,
        due_persons.period_start
    from due_persons
    inner join few_plans
        on {{ same_keys('due_persons', 'few_plans', ['period_grain', 'period_start', 'user_key']) }}
    group by due_persons.period_grain, due_persons.period_start, due_persons.due_set
    having count(distinct due_persons.person_key) {{ is_small() }}
),

hidden_plans as (
    select * from few_plans
    union
    select
        due_persons.period_grain,
        due_persons.period_start,
        due_persons.user_key
    from due_persons
    inner join few_left_plans
        on {{ same_keys('due_persons', 'few_left_plans', ['period_grain', 'period_start']) }}
    union
    select
        periods.period_grain,
        periods.period_start,
        rows_due.user_key
    from {{ ref('int_sales_periods_disclosed') }} as periods
    inner join rows_due on {{ same_keys('periods', 'rows_due', ['period_grain', 'period_start']) }}
    where periods.is_plan_suppressed
),

flagged as (
    select
        every_row.*,
        {%- for figure in figures %}
        coalesce(hidden.hides_{{ figure }}, 0) = 1 as hides_{{ figure }},
        {%- endfor %}
        coalesce(hidden.hides_row, 0) = 1 or hidden_plans.period_start is not null
            as is_plan_suppressed
    from every_row
    left join hidden
        on
            every_row.period_grain = hidden.period_grain
            and coalesce(every_row.period_start, {{ no_day() }}) = hidden.period_start
            and every_row.user_key = hidden.slice
    left join hidden_plans
        on {{ same_keys('every_row', 'hidden_plans', ['period_grain', 'period_start', 'user_key']) }}
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        user_key,
        staff_alias,
        '{{ var("reporting_currency") }}' as currency,
        {{ sales_disclosed('flagged') }},
        cast(tasks_open as bigint) as tasks_open,
        cast(tasks_overdue as bigint) as tasks_overdue,
        hides_row as is_suppressed,
        {{ is_period_closed('period_end', var('period_close_days')) }} as is_closed
    from flagged
)

select * from final
