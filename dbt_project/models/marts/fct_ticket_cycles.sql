-- Grain: ticket and cycle. The first begins with the creation of the ticket, each other with its
-- reopening; a ticket without events has one, told by its own columns.
with

tickets as (select * from {{ ref('int_tickets_measured') }}),

waits as (
    select
        ticket_id,
        cycle_number,
        max(case when metric = 'next_reply' then wait_minutes end) as next_reply_minutes,
        max(case when metric = 'next_reply' then business_minutes end) as next_reply_minutes_business,
        {%- for metric in ['first_response', 'next_reply', 'resolution'] %}
        max(case when metric = '{{ metric }}' then outcome end) as {{ metric }}_outcome,
        {%- endfor %}
        sum(case when outcome = 'met' then 1 else 0 end) as targets_met,
        sum(case when outcome = 'breached' then 1 else 0 end) as targets_breached
    from {{ ref('int_ticket_waits') }}
    group by ticket_id, cycle_number
),

cycles as (
    select
        tickets.ticket_id,
        coalesce(cycles.cycle_number, 1) as cycle_number,
        tickets.source,
        tickets.customer_key,
        tickets.account_key,
        tickets.user_key,
        tickets.channel,
        tickets.topic,
        tickets.priority,
        case when coalesce(cycles.cycle_number, 1) = 1 then tickets.created_at else cycles.reopened_at end
            as opened_at,
        case
            when coalesce(cycles.cycle_number, 1) > 1 or tickets.agent_replies is not null
                then cycles.first_reply_at
            else tickets.first_response_at
        end as first_reply_at,
        cycles.agent_replies,
        -- The ticket's own columns speak where it has but one cycle and no event tells.
        case when tickets.cycles = 1 then tickets.first_resolved_at else cycles.solved_at end
            as solved_at,
        cycles.cancelled_at,
        case when coalesce(cycles.is_last, true) then tickets.closed_at else cycles.closed_at end
            as closed_at,
        coalesce(cycles.is_last, true) as is_last,
        coalesce(lower(tickets.status) in ({{ ended_statuses() }}), false) as is_ended_by_status,
        coalesce(cycles.moves_up, 0) as moves_up,
        cycles.highest_tier
    from tickets
    left join {{ ref('int_ticket_cycles') }} as cycles on tickets.ticket_id = cycles.ticket_id
),

ended as (
    select
        *,
        least(
            solved_at,
            cancelled_at,
            case when cycle_number = 1 or closed_at >= opened_at then closed_at end
        ) as ended_at
    from cycles
),

final as (
    select
        ended.ticket_id,
        ended.cycle_number,
        ended.source,
        ended.customer_key,
        ended.account_key,
        ended.user_key,
        ended.channel,
        ended.topic,
        ended.priority,
        ended.opened_at,
        ended.first_reply_at,
        ended.solved_at,
        ended.ended_at,
        cast(ended.agent_replies as bigint) as agent_replies,
        cast(waits.next_reply_minutes as double) as next_reply_minutes,
        cast(waits.next_reply_minutes_business as double) as next_reply_minutes_business,
        cast(case
            when ended.solved_at >= ended.opened_at
                then {{ elapsed('hour', 'ended.opened_at', 'ended.solved_at') }}
        end as double) as solve_hours,
        ended.moves_up > 0 as is_escalated,
        cast(ended.moves_up as integer) as escalations,
        ended.highest_tier,
        waits.first_response_outcome,
        waits.next_reply_outcome,
        waits.resolution_outcome,
        cast(coalesce(waits.targets_met, 0) as integer) as targets_met,
        cast(coalesce(waits.targets_breached, 0) as integer) as targets_breached,
        case
            when ended.opened_at is null then 'opening_missing'
            when ended.ended_at < ended.opened_at then 'ended_before_opening'
            when ended.ended_at is null and ended.is_last and ended.is_ended_by_status
                then 'end_missing'
        end as exclusion_reason
    from ended
    left join waits
        on ended.ticket_id = waits.ticket_id and ended.cycle_number = waits.cycle_number
)

select * from final
