select
    landed.source,
    landed.record_key,
    landed.batch_id,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.account_key,
    landed.postcode_area,
    landed.country,
    landed.birth_year,
    landed.gender,
    landed.language,
    landed.source_channel,
    landed.created_at,
    landed.updated_at,
    landed.deleted_at
from {{ source('pseudo', 'contacts') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
