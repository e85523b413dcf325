-- Grain: period grain and period. Periods of support that must not be shown: see
-- macros/disclosure.
with

persons as (
    select distinct
        role as population,
        month_start,
        customer_key
    from {{ ref('int_support_contributions') }}
    where account_key is null and customer_key is not null
),

-- Nothing of support is sealed yet, so nothing is out for good.
fixed as (
    select
        cast(null as varchar) as period_grain,
        cast(null as date) as period_start
    where false
),

{{ suppressed_periods('persons', 'fixed') }}

select * from suppressed_periods
