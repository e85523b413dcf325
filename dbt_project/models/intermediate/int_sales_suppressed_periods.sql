-- Grain: period grain and period. Periods of sales that must not be shown: see macros/disclosure.
with

persons as (
    select distinct
        case when role = 'created' then role else outcome end as population,
        month_start,
        customer_key
    from {{ ref('int_sales_contributions') }}
    where account_key is null and customer_key is not null
),

{{ suppressed_periods('persons') }}

select * from suppressed_periods
