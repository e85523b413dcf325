-- Grain: ticket and role (created, resolved, fully_resolved), cycle (opened), or survey and role
-- (asked, answered). Where each counts, by day and month; what has no instant counts over all time
-- only. A wait is in minutes or hours, as its role has it. person_key: who asked, of an account too.
with

tickets as (select * from {{ ref('fct_tickets') }}),

surveys as (
    select
        coalesce(tickets.ticket_id, surveys.survey_id) as ticket_id,
        surveys.asked_at,
        surveys.answered_at,
        coalesce(surveys.customer_key, tickets.customer_key) as customer_key,
        tickets.account_key,
        tickets.user_key,
        tickets.topic,
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

{% set nothing = {
    'wait': 'double', 'business_wait': 'double', 'is_unanswered': 'boolean',
    'is_reopened': 'boolean', 'first_contact': 'varchar', 'is_escalated': 'boolean',
    'is_later_cycle': 'boolean', 'targets_met': 'integer', 'targets_breached': 'integer',
    'exclusion_reason': 'varchar', 'has_creation': 'boolean', 'is_satisfied': 'boolean',
    'score': 'double'
} %}
{%- set of_ticket = {
    'is_unanswered': 'first_response_at is null and not is_cancelled',
    'exclusion_reason': 'exclusion_reason', 'has_creation': 'created_at is not null'
} %}
{%- set of_survey = {'is_unanswered': 'not is_answered', 'is_satisfied': 'is_satisfied', 'score': 'score'} %}
{%- set roles = [
    ('created', 'tickets', 'created_at', 'true', dict(of_ticket, **{
        'wait': 'first_response_minutes', 'business_wait': 'first_response_minutes_business'
    })),
    ('resolved', 'tickets', 'first_resolved_at', 'first_resolved_at is not null', dict(of_ticket, **{
        'wait': 'first_resolution_hours', 'business_wait': 'first_resolution_hours_business',
        'is_reopened': 'is_reopened', 'first_contact': 'first_contact'
    })),
    ('fully_resolved', 'tickets', 'fully_resolved_at', 'fully_resolved_at is not null',
        {'wait': 'full_resolution_hours'}),
    ('opened', ref('fct_ticket_cycles'), 'opened_at', 'true', {
        'wait': 'next_reply_minutes', 'business_wait': 'next_reply_minutes_business',
        'is_escalated': 'is_escalated', 'is_later_cycle': 'cycle_number > 1',
        'targets_met': 'targets_met', 'targets_breached': 'targets_breached'
    }),
    ('asked', 'surveys', 'asked_at', 'true', of_survey),
    ('answered', 'surveys', 'answered_at', 'is_answered', of_survey),
] %}
final as (
    {%- for role, relation, instant, condition, columns in roles %}
    select
        '{{ role }}' as role,
        {{ local_date(instant) }} as day,
        {{ local_month(instant) }} as month_start,
        customer_key,
        {{ acting_person('customer_key', 'ticket_id') }} as person_key,
        account_key,
        user_key,
        coalesce(topic, 'unknown') as topic
        {%- for name, type in nothing.items() %},
        {% if name in columns %}{{ columns[name] }}{% else %}cast(null as {{ type }}){% endif %} as {{ name }}
        {%- endfor %}
    from {{ relation }}
    where {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select * from final
