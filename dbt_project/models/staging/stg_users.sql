select
    source,
    record_key,
    batch_id,
    user_key,
    team,
    role,
    manager_user_key,
    region,
    hired_at,
    left_at
from {{ source('pseudo', 'users') }}
