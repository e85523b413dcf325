select
    landed.source,
    landed.record_key as event_id,
    landed.batch_id,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.session_id,
    landed.event_type,
    landed.occurred_at,
    landed.url_path,
    landed.referrer_path,
    landed.user_agent_class
from {{ source('pseudo', 'web_events') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
