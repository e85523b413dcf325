select
    landed.source,
    landed.record_key as ticket_id,
    landed.batch_id,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.account_key,
    landed.user_key,
    landed.channel,
    landed.type,
    landed.topic,
    landed.priority,
    landed.status,
    landed.subject_redacted,
    landed.body_redacted,
    landed.created_at,
    landed.first_response_at,
    landed.resolved_at,
    landed.closed_at,
    landed.sla_policy
from {{ source('pseudo', 'tickets') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
