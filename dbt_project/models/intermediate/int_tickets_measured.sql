-- Grain: ticket. Its moments from its events where it has any, else from its own columns; waits
-- that run backwards are no waits.
with

tickets as (select * from {{ ref('stg_tickets') }}),

summaries as (
    select
        ticket_id,
        min(created_at) as created_at,
        min(first_reply_at) as first_reply_at,
        max(has_dialogue) as has_dialogue,
        sum(agent_replies) as agent_replies,
        min(solved_at) as first_solved_at,
        max(case when is_last then solved_at end) as last_solved_at,
        max(case when is_last then closed_at end) as last_closed_at,
        max(case when is_last and cancelled_at is not null then 1 else 0 end) as has_cancelled,
        max(is_after_solution) as has_reopened,
        max(cycle_number) as cycles,
        sum(case when moves_up > 0 then 1 else 0 end) as escalated_cycles
    from {{ ref('int_ticket_cycles') }}
    group by ticket_id
),

merged as (
    select
        tickets.ticket_id,
        tickets.source,
        tickets.customer_key,
        tickets.account_key,
        tickets.user_key,
        tickets.channel,
        tickets.type,
        tickets.topic,
        tickets.priority,
        tickets.status,
        tickets.sla_policy,
        tickets.resolved_at,
        coalesce(tickets.created_at, summaries.created_at) as created_at,
        -- Automatic replies are no replies: with a dialogue at hand the column is not asked.
        case
            when summaries.has_dialogue = 1 then summaries.first_reply_at
            else tickets.first_response_at
        end as first_response_at,
        case when summaries.has_dialogue = 1 then summaries.agent_replies end as agent_replies,
        coalesce(summaries.first_solved_at, tickets.resolved_at) as first_resolved_at,
        case
            when summaries.cycles > 1 then summaries.last_solved_at
            else coalesce(summaries.last_solved_at, tickets.resolved_at)
        end as fully_resolved_at,
        coalesce(tickets.closed_at, summaries.last_closed_at) as closed_at,
        coalesce(summaries.has_cancelled, 0) = 1 or coalesce(lower(tickets.status) = 'cancelled', false)
            as is_cancelled,
        coalesce(summaries.has_reopened, 0) = 1 as is_reopened,
        cast(coalesce(summaries.cycles, 1) as integer) as cycles,
        cast(coalesce(summaries.escalated_cycles, 0) as integer) as escalated_cycles
    from tickets
    left join summaries on tickets.ticket_id = summaries.ticket_id
),

final as (
    select
        *,
        case
            when first_response_at >= created_at
                then {{ elapsed('minute', 'created_at', 'first_response_at') }}
        end as first_response_minutes,
        case
            when first_resolved_at < first_response_at then null
            when first_resolved_at >= created_at
                then {{ elapsed('hour', 'created_at', 'first_resolved_at') }}
        end as first_resolution_hours,
        case
            when fully_resolved_at < first_response_at then null
            when fully_resolved_at >= created_at
                then {{ elapsed('hour', 'created_at', 'fully_resolved_at') }}
        end as full_resolution_hours,
        case
            when first_resolved_at < first_response_at then 'resolved_before_first_response'
            when first_response_at < created_at then 'first_response_before_creation'
            when first_resolved_at < created_at then 'resolved_before_creation'
            when created_at is null then 'creation_missing'
        end as exclusion_reason
    from merged
)

select * from final
