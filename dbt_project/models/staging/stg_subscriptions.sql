select
    landed.source,
    landed.record_key as subscription_id,
    landed.batch_id,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.account_key,
    landed.product_id,
    landed.started_at,
    landed.ended_at,
    landed.amount_per_month,
    landed.currency
from {{ source('pseudo', 'subscriptions') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
