-- Grain: ticket and metric (first_response, resolution). The service level in force when the
-- ticket came in, and whether it was met; a running target that is past due is breached.
with

tickets as (
    select * from {{ ref('fct_tickets') }}
    where created_at is not null and not is_cancelled and sla_policy is not null
),

targets as (
    select * from {{ ref('stg_sla_policies') }}
    where metric in ('first_response', 'resolution')
),

candidates as (
    select
        tickets.ticket_id,
        targets.metric,
        targets.target_minutes,
        targets.calendar,
        tickets.created_at,
        case
            when targets.metric = 'first_response' then tickets.first_response_at
            else tickets.first_resolved_at
        end as reached_at,
        tickets.closed_at,
        row_number() over (
            partition by tickets.ticket_id, targets.metric
            order by
                case when targets.priority = tickets.priority then 0 else 1 end,
                targets.valid_from desc,
                targets.record_key
        ) as preference
    from tickets
    inner join targets
        on
            tickets.sla_policy = targets.sla_policy_id
            and (targets.priority = tickets.priority or targets.priority is null)
            and targets.valid_from <= tickets.created_at
            and (tickets.created_at < targets.valid_to or targets.valid_to is null)
),

waited as (
    select
        candidates.*,
        coalesce(reached_at, {{ as_of() }}) as judged_at,
        {{ local_timestamp('created_at') }} as local_created_at,
        {{ local_timestamp('coalesce(reached_at, ' ~ as_of() ~ ')') }} as local_judged_at
    from candidates
    where preference = 1
),

measured as (
    select
        waited.*,
        case
            when waited.calendar is null or lower(waited.calendar) in ('24x7', '24/7', 'always')
                then {{ elapsed('minute', 'waited.created_at', 'waited.judged_at') }}
            else
                judged_days.business_minutes_before
                + judged_days.is_business_day * {{ minutes_into_business_day('waited.local_judged_at') }}
                - created_days.business_minutes_before
                - created_days.is_business_day
                * {{ minutes_into_business_day('waited.local_created_at') }}
        end as waited_minutes
    from waited
    left join {{ ref('dim_date') }} as created_days
        on cast(waited.local_created_at as date) = created_days.date_day
    left join {{ ref('dim_date') }} as judged_days
        on cast(waited.local_judged_at as date) = judged_days.date_day
),

final as (
    select
        ticket_id,
        metric,
        target_minutes,
        waited_minutes,
        case
            when reached_at < created_at then null
            when waited_minutes > target_minutes then 'breached'
            when reached_at is not null then 'met'
        end as outcome
    from measured
)

select * from final
