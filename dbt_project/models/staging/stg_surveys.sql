select
    landed.source,
    landed.record_key as survey_id,
    landed.batch_id,
    coalesce(links.survivor_key, landed.customer_key) as customer_key,
    landed.ticket_id,
    landed.asked_at,
    landed.answered_at,
    landed.score,
    landed.satisfied,
    landed.comment_redacted
from {{ source('pseudo', 'surveys') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.customer_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
