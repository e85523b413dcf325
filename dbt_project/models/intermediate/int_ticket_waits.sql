-- Grain: ticket, cycle and metric (first_response and resolution of the first cycle, next_reply of
-- those after a reopening). The wait on the clock and in business hours, up to the run where it
-- still lasts, and whether it met the service level in force when it began; a running target that
-- is past due is breached, and of a cancelled ticket none is judged.
with

tickets as (
    select
        ticket_id,
        priority,
        sla_policy,
        is_cancelled,
        created_at,
        first_response_at,
        first_resolved_at,
        cycles
    from {{ ref('int_tickets_measured') }}
),

waits as (
    {%- for metric, reached in [
        ('first_response', 'first_response_at'), ('resolution', 'first_resolved_at')
    ] %}
    select
        ticket_id,
        1 as cycle_number,
        '{{ metric }}' as metric,
        priority,
        sla_policy,
        is_cancelled,
        created_at as started_at,
        {{ reached }} as reached_at
    from tickets
    where created_at is not null
    union all
    {%- endfor %}
    select
        tickets.ticket_id,
        cycles.cycle_number,
        'next_reply' as metric,
        tickets.priority,
        tickets.sla_policy,
        tickets.is_cancelled,
        cycles.reopened_at as started_at,
        cycles.first_reply_at as reached_at
    from tickets
    inner join {{ ref('int_ticket_cycles') }} as cycles on tickets.ticket_id = cycles.ticket_id
    where cycles.cycle_number > 1
),

candidates as (
    select
        waits.ticket_id,
        waits.cycle_number,
        waits.metric,
        targets.target_minutes,
        lower(trim(targets.calendar)) as calendar,
        row_number() over (
            partition by waits.ticket_id, waits.cycle_number, waits.metric
            order by
                case when targets.priority = waits.priority then 0 else 1 end,
                targets.valid_from desc,
                targets.record_key
        ) as preference
    from waits
    inner join {{ ref('stg_sla_policies') }} as targets
        on
            waits.sla_policy = targets.sla_policy_id
            and waits.metric = targets.metric
            and coalesce(targets.priority, waits.priority, '') = coalesce(waits.priority, '')
            and waits.started_at >= targets.valid_from
            and waits.started_at < coalesce(targets.valid_to, cast('9999-12-31' as timestamp with time zone))
),

calendars as (
    select distinct
        calendar,
        time_zone
    from {{ ref('int_business_days') }}
),

-- A calendar that nobody described is the default one; a target without one runs on the clock.
placed as (
    select
        waits.*,
        candidates.target_minutes,
        candidates.target_minutes is not null
        and coalesce(candidates.calendar in ({{ always_open() }}), true) as is_judged_on_clock,
        coalesce(candidates.calendar in ({{ always_open() }}), false) as is_always_open,
        coalesce(calendars.calendar, 'default') as calendar,
        coalesce(calendars.time_zone, fallback.time_zone) as time_zone,
        coalesce(waits.reached_at, {{ as_of() }}) as judged_at
    from waits
    left join candidates
        on
            waits.ticket_id = candidates.ticket_id
            and waits.cycle_number = candidates.cycle_number
            and waits.metric = candidates.metric
            and candidates.preference = 1
    left join calendars on candidates.calendar = calendars.calendar
    inner join calendars as fallback on fallback.calendar = 'default'
),

measured as (
    select
        placed.*,
        {{ elapsed('minute', 'placed.started_at', 'placed.judged_at') }} as clock_minutes,
        {{ business_minutes_at('placed.judged_at', 'judged_days') }}
        - {{ business_minutes_at('placed.started_at', 'started_days') }} as calendar_minutes
    from placed
    left join {{ ref('int_business_days') }} as started_days
        on
            placed.calendar = started_days.calendar
            and cast({{ timestamp_in_zone('placed.started_at', 'placed.time_zone') }} as date)
            = started_days.date_day
    left join {{ ref('int_business_days') }} as judged_days
        on
            placed.calendar = judged_days.calendar
            and cast({{ timestamp_in_zone('placed.judged_at', 'placed.time_zone') }} as date)
            = judged_days.date_day
),

waited as (
    select
        *,
        case when is_always_open then clock_minutes else calendar_minutes end as business_minutes,
        case when is_judged_on_clock then clock_minutes else calendar_minutes end as judged_minutes
    from measured
),

final as (
    select
        ticket_id,
        cycle_number,
        metric,
        case when reached_at >= started_at then clock_minutes end as wait_minutes,
        case when reached_at >= started_at then business_minutes end as business_minutes,
        case
            when is_cancelled or target_minutes is null or reached_at < started_at then null
            when judged_minutes > target_minutes then 'breached'
            when reached_at is not null then 'met'
        end as outcome
    from waited
)

select * from final
