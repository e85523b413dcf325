-- Grain: ticket. No text, redacted or not.
with

tickets as (select * from {{ ref('int_tickets_measured') }}),

waits as (
    select
        ticket_id,
        max(case when metric = 'first_response' then business_minutes end)
            as first_response_minutes_business,
        max(case when metric = 'resolution' then business_minutes end) / 60
            as first_resolution_hours_business
    from {{ ref('int_ticket_waits') }}
    where cycle_number = 1
    group by ticket_id
),

-- A customer is the account where there is one, else the person.
solved as (
    select
        ticket_id,
        coalesce(account_key, customer_key) as customer,
        topic,
        first_resolved_at,
        {{ dbt.dateadd('day', var('first_contact_days'), 'first_resolved_at') }} as decided_at
    from tickets
    where first_resolved_at is not null
),

followed as (
    select distinct solved.ticket_id
    from solved
    inner join tickets
        on
            solved.customer = coalesce(tickets.account_key, tickets.customer_key)
            and solved.topic = tickets.topic
            and solved.first_resolved_at <= tickets.created_at
            and solved.decided_at > tickets.created_at
            and solved.ticket_id <> tickets.ticket_id
),

reopened as (
    select distinct solved.ticket_id
    from solved
    inner join {{ ref('int_ticket_cycles') }} as cycles on solved.ticket_id = cycles.ticket_id
    where
        cycles.is_after_solution = 1
        and cycles.reopened_at >= solved.first_resolved_at
        and cycles.reopened_at < solved.decided_at
),

-- Only where the first cycle had several replies does it matter when each was given.
replied_later as (
    select
        replies.ticket_id,
        count(*) as replies
    from {{ ref('stg_ticket_events') }} as replies
    inner join solved on replies.ticket_id = solved.ticket_id
    inner join tickets on replies.ticket_id = tickets.ticket_id
    where
        tickets.agent_replies > 1
        and replies.event_type = 'public_reply'
        and replies.actor_type = 'agent'
        and replies.occurred_at <= solved.first_resolved_at
    group by replies.ticket_id
),

final as (
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
        tickets.created_at,
        tickets.first_response_at,
        tickets.first_resolved_at,
        tickets.fully_resolved_at,
        tickets.closed_at,
        tickets.is_cancelled,
        tickets.is_reopened,
        tickets.cycles,
        tickets.escalated_cycles,
        cast(tickets.first_response_minutes as double) as first_response_minutes,
        cast(waits.first_response_minutes_business as double) as first_response_minutes_business,
        cast(tickets.first_resolution_hours as double) as first_resolution_hours,
        cast(
            case
                when tickets.first_resolution_hours is not null
                    then waits.first_resolution_hours_business
            end as double
        ) as first_resolution_hours_business,
        cast(tickets.full_resolution_hours as double) as full_resolution_hours,
        case
            when tickets.first_resolved_at is null then null
            when solved.decided_at > {{ as_of() }} then 'undecided'
            when tickets.agent_replies is null then 'unknown'
            when
                followed.ticket_id is null
                and reopened.ticket_id is null
                and tickets.first_response_at <= tickets.first_resolved_at
                and coalesce(replied_later.replies, 1) = 1
                then 'resolved'
            else 'not_resolved'
        end as first_contact,
        tickets.exclusion_reason
    from tickets
    left join waits on tickets.ticket_id = waits.ticket_id
    left join solved on tickets.ticket_id = solved.ticket_id
    left join followed on tickets.ticket_id = followed.ticket_id
    left join reopened on tickets.ticket_id = reopened.ticket_id
    left join replied_later on tickets.ticket_id = replied_later.ticket_id
)

select * from final
