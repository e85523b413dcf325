-- Grain: task, without its title. Open until it is completed; past its deadline as of the run.
with

tasks as (
    select
        *,
        completed_at is null
        and lower(coalesce(status, 'open')) not in (
            'completed', 'done', 'closed', 'cancelled', 'canceled'
        ) as is_open
    from {{ ref('stg_tasks') }}
)

select
    task_id,
    source,
    user_key,
    deal_id,
    ticket_id,
    status,
    created_at,
    due_at,
    completed_at,
    is_open,
    coalesce(is_open and due_at < {{ as_of() }}, false) as is_overdue,
    case
        when completed_at < created_at then 'completed_before_creation'
        when is_open and due_at is null then 'deadline_missing'
    end as exclusion_reason
from tasks
