-- Grain: currency and day. Units of the reporting currency for one unit of the currency, by the
-- newest rate of that day or before: a weekend uses Friday's.
with

rates as (select * from {{ ref('stg_exchange_rates') }}),

days as (select date_day from {{ ref('dim_date') }}),

quoted as (
    select
        currency,
        rate_date,
        max(rate_to_eur) as rate_to_eur
    from rates
    where rate_to_eur > 0
    group by currency, rate_date
),

euro as (
    select
        'EUR' as currency,
        min(rate_date) as rate_date,
        cast(1 as double) as rate_to_eur
    from quoted
    having min(rate_date) is not null
),

ranges as (
    select
        currency,
        rate_date as valid_from,
        rate_to_eur,
        lead(rate_date) over (partition by currency order by rate_date) as valid_to
    from (
        select * from quoted
        where currency <> 'EUR'
        union all
        select * from euro
    ) as all_rates
),

daily as (
    select
        ranges.currency,
        days.date_day as rate_date,
        ranges.rate_to_eur
    from ranges
    inner join days
        on
            ranges.valid_from <= days.date_day
            and (days.date_day < ranges.valid_to or ranges.valid_to is null)
),

final as (
    select
        daily.currency,
        daily.rate_date,
        daily.rate_to_eur / reporting.rate_to_eur as rate
    from daily
    inner join daily as reporting
        on
            daily.rate_date = reporting.rate_date
            and reporting.currency = '{{ var("reporting_currency") }}'
)

select * from final
