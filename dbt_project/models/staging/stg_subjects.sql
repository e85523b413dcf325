select
    landed.subject_key,
    landed.kind,
    landed.subject_bucket,
    landed.staff_alias
from {{ source('pseudo', 'subjects') }} as landed
left join {{ source('pseudo', 'subject_links') }} as links
    on landed.subject_key = links.subject_key
where
    not coalesce(links.is_restricted, false)
    and coalesce(links.survivor_key, landed.subject_key) = landed.subject_key
