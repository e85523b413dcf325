-- Grain: month that is over. What subscriptions brought a month at its start, and what the same
-- customers bring at its end, at the rate of its first day. A customer is the account where there
-- is one, else the person. What customers do in a month shows in where the next one starts too: a
-- month after a hidden one is shown once the changes since then are about k persons. Source: 0081.
with

subscriptions as (
    select
        landed.subscription_id,
        coalesce(landed.account_key, landed.customer_key, landed.subscription_id) as buyer_key,
        {{ natural_person('natural_accounts', 'landed.account_key', 'landed.customer_key') }}
            as person_key,
        landed.started_at,
        landed.ended_at,
        landed.amount_per_month,
        landed.currency
    from {{ ref('stg_subscriptions') }} as landed
    {{ join_natural_accounts('natural_accounts', 'landed.account_key') }}
    where landed.started_at <= {{ as_of() }}
),

months as (
    select
        date_day as period_start,
        {{ period_end("'month'", 'date_day') }} as period_end,
        {{ local_midnight('date_day') }} as start_at,
        {{ local_midnight(period_end("'month'", 'date_day')) }} as end_at
    from {{ ref('dim_date') }}
    where
        date_day = month_start
        and {{ local_midnight(period_end("'month'", 'date_day')) }} <= {{ as_of() }}
),

running as (
    select
        months.period_start,
        months.period_end,
        subscriptions.buyer_key,
        subscriptions.person_key,
        subscriptions.started_at <= months.start_at
        and coalesce(subscriptions.ended_at > months.start_at, true) as is_at_start,
        subscriptions.started_at <= months.end_at
        and coalesce(subscriptions.ended_at > months.end_at, true) as is_at_end,
        {{ in_reporting_currency(
            'subscriptions.amount_per_month', 'subscriptions.currency', 'rates'
        ) }} as amount
    from months
    inner join subscriptions
        on
            subscriptions.started_at <= months.end_at
            and coalesce(subscriptions.ended_at, {{ as_of() }} + interval '1' day) > months.start_at
    {{ join_rates('rates', 'subscriptions.currency', 'months.period_start') }}
),

-- A running subscription without a rate is in neither sum, so that nobody seems to leave by it.
buyers as (
    select
        period_start,
        period_end,
        buyer_key,
        max(person_key) as person_key,
        sum(case when is_at_start then amount else 0 end) as start_amount,
        sum(case when is_at_end then amount else 0 end) as end_amount,
        max(case when is_at_start and amount is not null then 1 else 0 end) = 1 as is_at_start,
        max(case when is_at_end and amount is not null then 1 else 0 end) = 1 as is_at_end,
        sum(case when (is_at_start or is_at_end) and amount is null then 1 else 0 end)
            as excluded_rows,
        sum(case when is_at_start and amount is null then 1 else 0 end)
        <> sum(case when is_at_end and amount is null then 1 else 0 end) as has_excluded_change
    from running
    group by period_start, period_end, buyer_key
),

changes as (
    select
        *,
        case
            when is_at_start and not is_at_end then 'churned'
            when is_at_end and not is_at_start then 'new'
            when not is_at_start then 'never'
            when end_amount < start_amount then 'contracted'
            when end_amount > start_amount then 'expanded'
            else 'unchanged'
        end as change
    from buyers
),

measured as (
    select
        period_start,
        period_end,
        {{ ratio_columns(
            'net_revenue_retention', 'sum(case when is_at_start then end_amount else 0 end)',
            'sum(case when is_at_start then start_amount else 0 end)'
        ) }},
        {{ ratio_columns(
            'gross_revenue_retention',
            'sum(case when is_at_start then least(start_amount, end_amount) else 0 end)',
            'sum(case when is_at_start then start_amount else 0 end)'
        ) }},
        {{ ratio_columns(
            'customer_churn_rate', "sum(case when change = 'churned' then 1 else 0 end)",
            'sum(case when is_at_start then 1 else 0 end)'
        ) }},
        sum(case when change = 'new' then end_amount else 0 end) as new_revenue,
        sum(case when change = 'new' then 1 else 0 end) as new_customers,
        sum(excluded_rows) as excluded_rate_missing,
        sum(excluded_rows) as excluded_rows,
        {%- for change in ['churned', 'new', 'contracted', 'expanded', 'unchanged', 'never'] %}
        count(distinct case when change = '{{ change }}' then person_key end) {{ is_small() }}
        or
        {%- endfor %} count(distinct case when excluded_rows > 0 then person_key end) {{ is_small() }}
        or count(distinct case when has_excluded_change then person_key end) {{ is_small() }} as has_few
    from changes
    group by period_start, period_end
),

-- The start of the newest stretch of months about few, as each month sees it.
stretches as (
    select
        measured.*,
        max(case when has_few and not before_has_few then period_start end)
            over (order by period_start) as stretch_start
    from (
        select
            *,
            coalesce(lag(has_few) over (order by period_start), false) as before_has_few
        from measured
    ) as measured
),

pending as (
    select
        stretches.period_start,
        count(distinct changes.person_key) as persons
    from stretches
    inner join changes
        on
            changes.period_start >= stretches.stretch_start
            and changes.period_start < stretches.period_start
    where changes.change not in ('unchanged', 'never') or changes.has_excluded_change
    group by stretches.period_start
),

flagged as (
    select
        stretches.*,
        stretches.has_few or coalesce(pending.persons {{ is_small() }}, false) as is_suppressed
    from stretches
    left join pending on stretches.period_start = pending.period_start
)

select
    period_start,
    period_end,
    '{{ var("reporting_currency") }}' as currency,
    is_suppressed,
    {{ is_period_closed('period_end', var('period_close_days')) }} as is_closed,
    {{ disclosed_figures(retention_types(), 'flagged', 'is_suppressed') }}
from flagged
