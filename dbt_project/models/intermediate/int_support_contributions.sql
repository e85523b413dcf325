-- Grain: ticket and role (created, resolved, fully_resolved), or survey and role (asked,
-- answered). Where each counts, by month; what has no instant counts over all time only.
with

tickets as (select * from {{ ref('fct_tickets') }}),

targets as (
    select
        ticket_id,
        sum(targets_met) as targets_met,
        sum(targets_breached) as targets_breached
    from {{ ref('fct_ticket_cycles') }}
    group by ticket_id
),

surveys as (
    select
        surveys.survey_id,
        surveys.asked_at,
        surveys.answered_at,
        coalesce(surveys.customer_key, tickets.customer_key) as customer_key,
        tickets.account_key,
        coalesce(
            surveys.answered_at is not null
            or surveys.score is not null
            or surveys.satisfied is not null,
            false
        ) as is_answered,
        -- Without a word of its own, four or five out of five is satisfied.
        coalesce(surveys.satisfied, surveys.score >= 4) as is_satisfied,
        surveys.score
    from {{ ref('stg_surveys') }} as surveys
    left join tickets on surveys.ticket_id = tickets.ticket_id
),

placed_tickets as (
    {% for role, instant in [
        ('created', 'created_at'), ('resolved', 'first_resolved_at'),
        ('fully_resolved', 'fully_resolved_at')
    ] %}
    select
        '{{ role }}' as role,
        {{ local_month('tickets.' ~ instant) }} as month_start,
        tickets.customer_key,
        tickets.account_key,
        tickets.first_response_minutes,
        tickets.first_resolution_hours,
        tickets.full_resolution_hours,
        tickets.first_response_at is null and not tickets.is_cancelled as is_unanswered,
        tickets.is_reopened,
        tickets.cycles,
        tickets.escalated_cycles,
        coalesce(targets.targets_met, 0) as targets_met,
        coalesce(targets.targets_breached, 0) as targets_breached,
        tickets.exclusion_reason,
        tickets.created_at is not null as has_creation,
        cast(null as boolean) as is_satisfied,
        cast(null as double) as score
    from tickets
    left join targets on tickets.ticket_id = targets.ticket_id
    {% if role != 'created' %}where tickets.{{ instant }} is not null{% endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

placed_surveys as (
    {% for role, instant in [('asked', 'asked_at'), ('answered', 'answered_at')] %}
    select
        '{{ role }}' as role,
        {{ local_month(instant) }} as month_start,
        customer_key,
        account_key,
        cast(null as double) as first_response_minutes,
        cast(null as double) as first_resolution_hours,
        cast(null as double) as full_resolution_hours,
        not is_answered as is_unanswered,
        cast(null as boolean) as is_reopened,
        cast(null as integer) as cycles,
        cast(null as integer) as escalated_cycles,
        cast(null as bigint) as targets_met,
        cast(null as bigint) as targets_breached,
        cast(null as varchar) as exclusion_reason,
        cast(null as boolean) as has_creation,
        is_satisfied,
        score
    from surveys
    {% if role == 'answered' %}where is_answered{% endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select * from placed_tickets
    union all
    select * from placed_surveys
)

select * from final
