-- Grain: day, from the first ticket to the run. What came in and was solved, and what was open at its
-- end; a day that is not over has no backlog yet. What may be shown of it, beside its month.
{%- set figures = support_day_figures() %}
with

contributions as (
    select
        *,
        day as slice
    from {{ ref('int_support_contributions') }}
    where day is not null and role in ('created', 'resolved')
),

measured as (
    select
        day,
        sum(case when role = 'created' then 1 else 0 end) as tickets_created,
        sum(case when role = 'resolved' then 1 else 0 end) as tickets_resolved,
        sum(case when role = 'created' and is_unanswered then 1 else 0 end) as tickets_unanswered,
        {{ percentile("case when role = 'created' then wait end", 0.5) }}
            as first_response_minutes_median,
        {{ percentile("case when role = 'resolved' then wait end", 0.5) }}
            as resolution_hours_median
    from contributions
    group by day
),

cycles as (
    select
        opened_at,
        {{ local_date('opened_at') }} as opened_day,
        coalesce({{ local_date('ended_at') }}, cast('9999-12-31' as date)) as ended_day,
        {{ acting_person('customer_key', 'ticket_id') }} as person_key,
        exclusion_reason
    from {{ ref('fct_ticket_cycles') }}
    where opened_at is not null
),

days as (
    select
        date_day as day,
        month_start,
        cast({{ dbt.dateadd('day', 1, 'date_day') }} as date) as next_day
    from {{ ref('dim_date') }}
    where
        date_day >= (
            select least(min(cycles.opened_day), (select min(measured.day) from measured))
            from cycles
        )
        and date_day <= {{ local_date(as_of()) }}
),

open_at_end as (
    select
        days.day,
        cycles.person_key,
        {{ elapsed('day', 'cycles.opened_at', local_midnight('days.next_day')) }} as age_days
    from cycles
    inner join days on cycles.opened_day <= days.day and cycles.ended_day > days.day
    where cycles.exclusion_reason is null and {{ local_midnight('days.next_day') }} <= {{ as_of() }}
),

backlogs as (
    select
        day,
        count(*) as backlog,
        {{ percentile('age_days', 0.5) }} as backlog_age_days_median,
        count(distinct person_key) as open_persons
    from open_at_end
    group by day
),

excluded as (
    select
        opened_day as day,
        count(*) as excluded_rows,
        count(distinct person_key) as excluded_persons
    from cycles
    where exclusion_reason is not null
    group by opened_day
),

-- Who has something open at the end of one day and not of the next, or the other way round: the
-- difference of two days' backlogs is about them.
person_days as (
    select distinct
        day,
        person_key
    from open_at_end
    where person_key is not null
),

neighbours as (
    select
        day,
        lag(day) over (partition by person_key order by day) as day_before,
        lead(day) over (partition by person_key order by day) as day_after
    from person_days
),

moves as (
    select
        day,
        count(*) as moved_persons
    from (
        select day from neighbours
        where day_before is null or day_before < {{ dbt.dateadd('day', -1, 'day') }}
        union all
        select cast({{ dbt.dateadd('day', 1, 'day') }} as date) as day from neighbours
        where day_after is null or day_after > {{ dbt.dateadd('day', 1, 'day') }}
    ) as moved
    group by day
),

hidden_months as (
    {{ hidden_months(figures, ref('int_support_suppressed_periods')) }}
),

{{ persons_of_figures(figures, 'contributions', ['month_start', 'slice']) }},

{{ hidden_slices('persons', 'hidden_months') }},

hidden_days as (
    select
        figure,
        slice as day
    from hidden_slices
    union all
    select
        'backlog' as figure,
        days.day
    from days
    left join backlogs on days.day = backlogs.day
    left join moves on days.day = moves.day
    where backlogs.open_persons {{ is_small() }} or moves.moved_persons {{ is_small() }}
    union all
    select
        'excluded' as figure,
        day
    from excluded
    where excluded_persons {{ is_small() }}
    union all
    select
        months.figure,
        days.day
    from hidden_months as months
    inner join days on months.month_start = days.month_start
),

hidden as (
    {{ hidden_figures(figures, 'hidden_days', ['day']) }}
),

joined as (
    select
        days.day,
        days.month_start,
        coalesce(measured.tickets_created, 0) as tickets_created,
        coalesce(measured.tickets_resolved, 0) as tickets_resolved,
        coalesce(measured.tickets_unanswered, 0) as tickets_unanswered,
        measured.first_response_minutes_median,
        measured.resolution_hours_median,
        case
            when {{ local_midnight('days.next_day') }} <= {{ as_of() }}
                then coalesce(backlogs.backlog, 0)
        end as backlog,
        backlogs.backlog_age_days_median,
        coalesce(excluded.excluded_rows, 0) as excluded_rows
    from days
    left join measured on days.day = measured.day
    left join backlogs on days.day = backlogs.day
    left join excluded on days.day = excluded.day
),

final as (
    select
        joined.day,
        joined.month_start,
        {{ is_period_closed(period_end("'month'", 'joined.month_start'), var('support_close_days')) }}
            as is_closed,
        {{ disclosed_columns(figures, support_day_types(), 'joined', 'hidden') }}
    from joined
    left join hidden on joined.day = hidden.day
)

select * from final
