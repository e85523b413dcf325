-- Grain: day of the reporting time zone, from 2000 to five years past the run.
{%- set first_day = "cast('2000-01-01' as date)" %}
{%- set next_year = dbt.dateadd('year', 6, dbt.date_trunc('year', local_date(as_of()))) %}
{%- set last_day = 'cast(' ~ dbt.dateadd('day', -1, next_year) ~ ' as date)' %}
with

days as (
    {{ dbt.date_spine('day', first_day, last_day) }}
),

described as (
    select
        cast(date_day as date) as date_day,
        cast(extract(year from date_day) as integer) as calendar_year,
        cast(extract(quarter from date_day) as integer) as calendar_quarter,
        cast(extract(month from date_day) as integer) as calendar_month,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start,
        cast({{ dbt.date_trunc('quarter', 'date_day') }} as date) as quarter_start,
        cast({{ dbt.date_trunc('year', 'date_day') }} as date) as year_start,
        {{ fiscal_start('year', 'date_day') }} as fiscal_year_start,
        {{ fiscal_start('quarter', 'date_day') }} as fiscal_quarter_start,
        -- Named after the calendar year in which it ends.
        cast(extract(year from
            {{ dbt.dateadd('month', 11, fiscal_start('year', 'date_day')) }}
        ) as integer) as fiscal_year,
        cast({{ dbt.datediff(fiscal_start('year', 'date_day'), 'date_day', 'month') }} + 1 as integer)
            as fiscal_month,
        -- Days since a Monday, so that no engine's own numbering of weekdays matters.
        cast({{ dbt.datediff("cast('1999-12-27' as date)", 'date_day', 'day') }} % 7 + 1 as integer)
            as iso_weekday
    from days
),

-- A business day of the reporting calendar; hours and other calendars stand in int_business_days.
final as (
    select
        described.*,
        holidays.name as holiday,
        case when described.iso_weekday <= 5 and holidays.name is null then 1 else 0 end
            as is_business_day
    from described
    left join {{ ref('public_holidays') }} as holidays
        on described.date_day = holidays.holiday_date and holidays.country = 'NL'
)

select * from final
