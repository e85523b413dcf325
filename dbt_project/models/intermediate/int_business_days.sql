-- Grain: calendar that some service level names (and the default), and day of its zone. When it is
-- open, at most two spans a day, as instants, so that days with 23 or 25 hours are right; and how
-- many minutes it was open before, so that the minutes between two instants are a subtraction.
with

named as (
    select distinct lower(trim(calendar)) as calendar from {{ ref('stg_sla_policies') }}
    where calendar is not null
    union
    select 'default' as calendar
),

hours as (
    select
        hours.*,
        {{ minutes_of_clock('hours.opens') }} as opens_minute,
        {{ minutes_of_clock('hours.closes') }} as closes_minute,
        row_number() over (
            partition by hours.calendar, hours.iso_weekday, hours.valid_from order by hours.opens
        ) as span
    from {{ ref('business_hours') }} as hours
    inner join named on hours.calendar = named.calendar
),

calendars as (
    select
        calendar,
        min(time_zone) as time_zone,
        min(holidays) as holidays
    from hours
    group by calendar
),

days as (
    select
        calendars.calendar,
        calendars.time_zone,
        calendars.holidays,
        dates.date_day,
        dates.iso_weekday
    from calendars
    cross join {{ ref('dim_date') }} as dates
),

opened as (
    select
        days.calendar,
        days.time_zone,
        days.date_day
        {%- for span, number in [('first', 1), ('second', 2)] -%}
        {%- for bound in ['opens', 'closes'] %},
        max(case
            when hours.span = {{ number }} and holidays.holiday_date is null then
                {{ instant_in_zone(
                    dbt.dateadd('minute', 'hours.' ~ bound ~ '_minute', 'cast(days.date_day as timestamp)'),
                    'days.time_zone'
                ) }}
        end) as {{ span }}_{{ bound }}_at
        {%- endfor -%}
        {%- endfor %}
    from days
    left join hours
        on
            days.calendar = hours.calendar
            and days.iso_weekday = hours.iso_weekday
            and days.date_day >= coalesce(hours.valid_from, cast('0001-01-01' as date))
            and days.date_day < coalesce(hours.valid_to, cast('9999-12-31' as date))
    left join {{ ref('public_holidays') }} as holidays
        on days.date_day = holidays.holiday_date and days.holidays = holidays.country
    group by days.calendar, days.time_zone, days.date_day
),

final as (
    select
        *,
        coalesce(
            sum(
                coalesce({{ elapsed('minute', 'first_opens_at', 'first_closes_at') }}, 0)
                + coalesce({{ elapsed('minute', 'second_opens_at', 'second_closes_at') }}, 0)
            ) over (
                partition by calendar order by date_day
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as minutes_before
    from opened
)

select * from final
