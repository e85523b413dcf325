select
    subject_key,
    kind,
    subject_bucket,
    staff_alias
from {{ source('pseudo', 'subjects') }}
