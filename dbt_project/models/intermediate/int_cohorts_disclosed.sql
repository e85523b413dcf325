-- Grain: month and cohort, the customers who bought first in one month. A customer is the account
-- where there is one, else the person. No totals over cohorts or months. Who bought in a month and
-- who did not are each about nobody or at least k persons, else the cell is hidden; so are those
-- whose amounts or margins are known, and those whose are not.
with

orders as (
    select
        coalesce(bought.account_key, bought.customer_key) as buyer_key,
        {{ natural_person('natural_accounts', 'bought.account_key', 'bought.customer_key') }}
            as person_key,
        {{ local_month('bought.ordered_at') }} as period_start,
        bought.amount,
        bought.margin
    from {{ ref('fct_orders') }} as bought
    {{ join_natural_accounts('natural_accounts', 'bought.account_key') }}
    where
        bought.is_standing
        and bought.ordered_at <= {{ as_of() }}
        and coalesce(bought.account_key, bought.customer_key) is not null
),

buyers as (
    select
        buyer_key,
        person_key,
        min(period_start) as cohort_start
    from orders
    group by buyer_key, person_key
),

cohorts as (
    select
        cohort_start,
        count(*) as cohort_customers,
        count(person_key) as cohort_persons
    from buyers
    group by cohort_start
),

bought as (
    select
        buyers.cohort_start,
        orders.period_start,
        count(distinct orders.buyer_key) as active_customers,
        count(distinct orders.person_key) as active_persons,
        count(*) as orders,
        coalesce(sum(orders.amount), 0) as revenue,
        coalesce(sum(orders.margin), 0) as margin,
        count(*) - count(orders.margin) as excluded_margin_unknown,
        count(*) - count(orders.amount) as excluded_rows,
        {%- for figure in ['amount', 'margin'] %}
        count(distinct case when orders.{{ figure }} is not null then orders.person_key end)
            as {{ figure }}_persons,
        count(distinct case when orders.{{ figure }} is null then orders.person_key end)
            as no_{{ figure }}_persons{{ ',' if not loop.last }}
        {%- endfor %}
    from orders
    inner join buyers on orders.buyer_key = buyers.buyer_key
    group by buyers.cohort_start, orders.period_start
),

measured as (
    select
        months.month_start as period_start,
        {{ period_end("'month'", 'months.month_start') }} as period_end,
        cohorts.cohort_start,
        {{ dbt.datediff('cohorts.cohort_start', 'months.month_start', 'month') }} as months_since,
        cohorts.cohort_customers,
        {{ ratio_columns(
            'retention_rate', 'coalesce(bought.active_customers, 0)', 'cohorts.cohort_customers'
        ) }},
        coalesce(bought.orders, 0) as orders,
        coalesce(bought.revenue, 0) as revenue,
        coalesce(bought.margin, 0) as margin,
        coalesce(bought.excluded_margin_unknown, 0) as excluded_margin_unknown,
        coalesce(bought.excluded_rows, 0) as excluded_rows,
        coalesce(bought.active_persons, 0) {{ is_small() }}
        or cohorts.cohort_persons - coalesce(bought.active_persons, 0) {{ is_small() }}
        {%- for figure in ['amount', 'no_amount', 'margin', 'no_margin'] %}
        or coalesce(bought.{{ figure }}_persons, 0) {{ is_small() }}
        {%- endfor %}
        or cohorts.cohort_persons {{ is_small() }} as is_suppressed
    from cohorts
    inner join {{ ref('dim_date') }} as months
        on
            cohorts.cohort_start <= months.month_start
            and months.date_day = months.month_start
            and months.date_day <= {{ local_date(as_of()) }}
    left join bought
        on
            cohorts.cohort_start = bought.cohort_start
            and months.month_start = bought.period_start
)

select
    period_start,
    period_end,
    cohort_start,
    '{{ var("reporting_currency") }}' as currency,
    is_suppressed,
    {{ is_period_closed('period_end', var('period_close_days')) }} as is_closed,
    {{ disclosed_figures(cohort_types(), 'measured', 'is_suppressed') }}
from measured
