-- Grain: month and person who may be profiled and had bought by its end: the segments of the person
-- then, and now for the running month. Only months that are not sealed yet, and the one before
-- them, for differences. The seal is read as the last run left it. Source: decision 0082.
{%- set sealed = load_relation(
    api.Relation.create(
        database=target.database, schema='sealed',
        identifier='sealed_kpi_customer_segments_monthly'
    )
) if execute else none %}
with

purchases as (select * from {{ ref('int_customer_purchase_days') }}),

starts as (
    select
        date_day as period_start,
        {{ period_end("'month'", 'date_day') }} as period_end
    from {{ ref('dim_date') }}
    where
        date_day = month_start
        and date_day <= {{ local_date(as_of()) }}
        and {{ period_end("'month'", 'date_day') }} > (
            select min(bought.purchase_date) from purchases as bought
        )
),

due as (
    select starts.period_start
    from starts
    {%- if sealed is not none %}
    where
        {{ is_restated('starts.period_start') }}
        or starts.period_start not in (select sealed.period_start from {{ sealed }} as sealed)
    {%- endif %}
),

months as (
    select
        starts.period_start,
        starts.period_end,
        due.period_start is not null as is_due,
        least(starts.period_end, cast({{ dbt.dateadd('day', 1, local_date(as_of())) }} as date))
            as until_date,
        least({{ local_midnight('starts.period_end') }}, {{ as_of() }}) as until_at
    from starts
    left join due on starts.period_start = due.period_start
    where
        due.period_start is not null
        or starts.period_end in (select other.period_start from due as other)
),

measured as (
    select
        months.period_start,
        months.period_end,
        months.is_due,
        months.until_date,
        purchases.customer_key,
        min(purchases.purchase_date) as first_date,
        max(purchases.purchase_date) as last_date,
        count(*) as purchases,
        sum(
            case when purchases.purchase_date >= months.until_date - 365 then purchases.orders else 0 end
        ) as orders_365_days,
        coalesce(sum(
            case when purchases.purchase_date >= months.until_date - 365 then purchases.margin end
        ), 0) as margin_365_days,
        count(case when purchases.purchase_date >= months.until_date - 365 then purchases.margin end)
            as margins_365_days
    from months
    inner join purchases on purchases.purchase_date < months.until_date
    group by
        months.period_start, months.period_end, months.is_due, months.until_date,
        purchases.customer_key
),

subscribers as (
    select
        months.period_start,
        subscriptions.customer_key,
        max(coalesce(subscriptions.ended_at > months.until_at, true)) as is_running
    from months
    inner join {{ ref('stg_subscriptions') }} as subscriptions
        on subscriptions.started_at <= months.until_at
    where subscriptions.customer_key is not null
    group by months.period_start, subscriptions.customer_key
),

valued as (
    select
        case snapshot
            when 'now' then {{ local_month(as_of()) }}
            else cast({{ dbt.dateadd('month', -1, local_month(as_of())) }} as date)
        end as period_start,
        customer_key,
        cast(clv as decimal(38, 4)) as clv,
        case
            when clv is null then 'unknown'
            else 'band_' || cast(cast(1 + floor(
                5 * (rank() over (partition by snapshot order by clv) - 1)
                / count(*) over (partition by snapshot)
            ) as integer) as varchar)
        end as clv_band
    from {{ ref('int_customers_valued') }}
),

scored as (
    select
        *,
        {%- for score, order in [
            ('recency', 'last_date'), ('frequency', 'orders_365_days')
        ] %}
        1 + floor(
            5 * (rank() over (partition by period_start order by {{ order }}) - 1)
            / count(*) over (partition by period_start)
        ) as {{ score }}{{ ',' if not loop.last }}
        {%- endfor %}
    from measured
),

final as (
    select
        scored.period_start,
        scored.period_end,
        scored.is_due,
        scored.customer_key,
        cast(scored.orders_365_days as bigint) as orders_365_days,
        scored.margin_365_days,
        scored.margins_365_days,
        valued.clv,
        case
            when scored.recency >= 4 and scored.frequency >= 4 then 'champions'
            when scored.recency >= 3 and scored.frequency >= 3 then 'loyal'
            when scored.recency >= 4 then 'promising'
            when scored.recency = 3 then 'needs_attention'
            when scored.frequency >= 3 then 'at_risk'
            else 'dormant'
        end as rfm,
        valued.clv_band,
        case
            when scored.last_date < scored.until_date - 365 then 'lapsed'
            when scored.first_date >= scored.until_date - 90 then 'new'
            when scored.purchases > 1 then 'returning'
            else 'single_purchase'
        end as lifecycle,
        case
            when coalesce(not subscribers.is_running, scored.last_date < scored.until_date - 365)
                then 'churned'
            else 'retained'
        end as churn
    from scored
    left join valued
        on
            scored.customer_key = valued.customer_key
            and scored.period_start = valued.period_start
    left join subscribers
        on
            scored.customer_key = subscribers.customer_key
            and scored.period_start = subscribers.period_start
)

select * from final
