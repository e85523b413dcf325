-- Grain: period grain, period and seller (NULL for deals of nobody). What is to be won, what was
-- expected and what slipped. A quota is prorated by days: those of the period, and those on which
-- its seller was employed.
with

periods as (
    {%- for grain in ['month', 'quarter', 'year'] %}
    select distinct
        '{{ grain }}' as period_grain,
        {{ period_start("'" ~ grain ~ "'", 'date_day') }} as period_start
    from {{ ref('dim_date') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

quotas as (
    select
        quotas.user_key,
        quotas.period_start,
        quotas.period_end,
        {{ in_reporting_currency('quotas.amount', 'quotas.currency', 'rates') }} as amount,
        greatest(quotas.period_start, coalesce({{ local_date('users.hired_at') }}, quotas.period_start))
            as first_day,
        least(quotas.period_end, coalesce({{ local_date('users.left_at') }}, quotas.period_end))
            as last_day
    from {{ ref('stg_quotas') }} as quotas
    left join {{ ref('dim_user') }} as users on quotas.user_key = users.user_key
    {{ join_rates('rates', 'quotas.currency', 'quotas.period_start') }}
    where quotas.period_start < quotas.period_end
),

shares as (
    select
        periods.period_grain,
        periods.period_start,
        quotas.user_key,
        cast(
            cast(quotas.amount as double) * {{ dbt.datediff(
                'greatest(quotas.first_day, periods.period_start)',
                'least(quotas.last_day, ' ~ period_end('periods.period_grain', 'periods.period_start') ~ ')',
                'day'
            ) }} / {{ dbt.datediff('quotas.period_start', 'quotas.period_end', 'day') }}
            as decimal(18, 4)
        ) as quota
    from quotas
    inner join periods
        on
            quotas.first_day < {{ period_end('periods.period_grain', 'periods.period_start') }}
            and periods.period_start < quotas.last_day
    where quotas.first_day < quotas.last_day
),

deals as (select * from {{ ref('int_sales_plan_deals') }}),

every_row as (
    select
        period_grain,
        period_start,
        user_key,
        quota,
        1 as quotas,
        cast(null as decimal(18, 4)) as forecast,
        0 as is_due,
        0 as is_slipped,
        cast(null as decimal(18, 4)) as open_due_amount,
        0 as is_open_due,
        0 as is_unknown
    from shares
    union all
    select
        period_grain,
        period_start,
        user_key,
        cast(null as decimal(18, 4)) as quota,
        0 as quotas,
        case
            when role = 'due'
                then cast(cast(amount as double) * probability as decimal(18, 4))
        end as forecast,
        case when role = 'due' then 1 else 0 end as is_due,
        case when is_slipped then 1 else 0 end as is_slipped,
        case when role = 'open_due' then amount end as open_due_amount,
        case when role = 'open_due' then 1 else 0 end as is_open_due,
        case when amount is null or (role = 'due' and probability is null) then 1 else 0 end
            as is_unknown
    from deals
),

final as (
    select
        period_grain,
        period_start,
        user_key,
        -- A quota without a rate makes the sum unknown, not smaller.
        case when sum(quotas) > 0 and sum(quotas) = count(quota) then sum(quota) end as quota,
        sum(forecast) as forecast,
        sum(quotas) - count(quota) as quotas_unknown,
        sum(is_due) as due_deals,
        sum(is_slipped) as slipped_deals,
        sum(is_open_due) as open_due_deals,
        sum(open_due_amount) as open_due_amount,
        sum(is_unknown) as forecast_unknown
    from every_row
    group by period_grain, period_start, user_key
)

select * from final
