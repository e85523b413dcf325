select
    landed.source,
    landed.record_key as order_id,
    landed.batch_id,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.account_key,
    landed.deal_id,
    landed.ordered_at,
    landed.amount,
    landed.margin,
    landed.currency,
    landed.status
from {{ source('pseudo', 'orders') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
