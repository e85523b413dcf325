select
    landed.source,
    landed.record_key as member_id,
    landed.batch_id,
    landed.campaign_id,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.is_holdout,
    landed.added_at
from {{ source('pseudo', 'campaign_members') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
