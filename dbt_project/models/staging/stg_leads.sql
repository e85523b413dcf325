select
    landed.source,
    landed.record_key as lead_id,
    landed.batch_id,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.source_channel,
    landed.status,
    landed.score,
    landed.created_at,
    landed.converted_at,
    landed.deal_id
from {{ source('pseudo', 'leads') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
