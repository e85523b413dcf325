select
    landed.source,
    landed.record_key as deal_id,
    landed.batch_id,
    landed.account_key,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.user_key,
    landed.product_id,
    landed.pipeline,
    landed.stage,
    landed.amount,
    landed.currency,
    landed.probability,
    landed.created_at,
    landed.engaged_at,
    landed.expected_close_at,
    landed.closed_at,
    landed.outcome,
    landed.lost_reason
from {{ source('pseudo', 'deals') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
