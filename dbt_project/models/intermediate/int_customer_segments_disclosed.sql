-- Grain: month, kind of segment and segment, after suppression. Every kind divides the same persons,
-- so that one hidden segment could be had by the others: two are hidden at least, about k persons.
-- A segment that differs by few from one it lies in, of the month or the month before, is hidden.
with

months as (select * from {{ ref('int_customer_months') }}),

members as (
    {%- for kind in ['rfm', 'clv_band', 'lifecycle', 'churn'] %}
    select
        period_start,
        is_due,
        customer_key,
        '{{ kind }}' as segment_kind,
        {{ kind }} as segment
    from months
    where {{ kind }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

cells as (
    select
        period_start,
        is_due,
        segment_kind,
        segment,
        count(*) as persons
    from members
    group by period_start, is_due, segment_kind, segment
),

-- The later one, or the smaller one of a month, of two cells of which one lies in the other.
nested as (
    select
        victims.period_start,
        victims.segment_kind,
        victims.segment
    from members as victims
    inner join members as others
        on
            victims.customer_key = others.customer_key
            and others.period_start in (
                victims.period_start,
                cast({{ dbt.dateadd('month', -1, 'victims.period_start') }} as date)
            )
    inner join cells as victim_cells
        on {{ same_keys('victims', 'victim_cells', ['period_start', 'segment_kind', 'segment']) }}
    inner join cells as other_cells
        on {{ same_keys('others', 'other_cells', ['period_start', 'segment_kind', 'segment']) }}
    where
        victims.is_due
        and (
            victims.period_start <> others.period_start
            or victim_cells.persons < other_cells.persons
        )
    group by
        victims.period_start, victims.segment_kind, victims.segment, victim_cells.persons,
        others.period_start, others.segment_kind, others.segment, other_cells.persons
    having
        (count(*) = victim_cells.persons and other_cells.persons - count(*) {{ is_small() }})
        or (count(*) = other_cells.persons and victim_cells.persons - count(*) {{ is_small() }})
),

hidden as (select distinct * from nested),

flagged as (
    select
        cells.*,
        cells.persons {{ is_small() }} or hidden.segment is not null as is_hidden
    from cells
    left join hidden
        on {{ same_keys('cells', 'hidden', ['period_start', 'segment_kind', 'segment']) }}
    where cells.is_due
),

ranked as (
    select
        *,
        sum(case when is_hidden then persons else 0 end)
            over (partition by period_start, segment_kind) as hidden_persons,
        sum(case when is_hidden then 1 else 0 end)
            over (partition by period_start, segment_kind) as hidden_segments,
        row_number() over (
            partition by period_start, segment_kind, is_hidden order by persons, segment
        ) as preference
    from flagged
),

measured as (
    select
        months.period_start,
        months.period_end,
        members.segment_kind,
        members.segment,
        count(*) as customers,
        sum(months.orders_365_days) as orders_365_days,
        sum(months.margin_365_days) as margin_365_days,
        sum(months.clv) as clv
    from members
    inner join months
        on
            members.period_start = months.period_start
            and members.customer_key = months.customer_key
    where members.is_due
    group by months.period_start, months.period_end, members.segment_kind, members.segment
),

figured as (
    select
        measured.*,
        ranked.is_hidden
        or (
            (ranked.hidden_segments = 1 or ranked.hidden_persons {{ is_small() }})
            and ranked.preference = 1
        ) as is_suppressed
    from measured
    inner join ranked
        on {{ same_keys('measured', 'ranked', ['period_start', 'segment_kind', 'segment']) }}
)

select
    period_start,
    period_end,
    segment_kind,
    segment,
    '{{ var("reporting_currency") }}' as currency,
    is_suppressed,
    {{ is_period_closed('period_end', var('period_close_days')) }} as is_closed,
    {{ disclosed_figures(segment_types(), 'figured', 'is_suppressed') }}
from figured
