select
    landed.source,
    landed.record_key as consent_id,
    landed.batch_id,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.purpose,
    landed.channel,
    landed.lawful_basis,
    landed.status,
    landed.occurred_at,
    landed.notice_version
from {{ source('pseudo', 'consents') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
