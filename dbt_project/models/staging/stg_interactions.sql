select
    landed.source,
    landed.record_key as interaction_id,
    landed.batch_id,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.account_key,
    landed.user_key,
    landed.ticket_id,
    landed.deal_id,
    landed.channel,
    landed.direction,
    landed.occurred_at,
    landed.duration_seconds,
    landed.subject_redacted,
    landed.body_redacted
from {{ source('pseudo', 'interactions') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
