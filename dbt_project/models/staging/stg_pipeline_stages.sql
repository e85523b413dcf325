select
    source,
    record_key,
    batch_id,
    pipeline,
    stage,
    position,
    probability,
    is_qualified,
    is_closed
from {{ source('pseudo', 'pipeline_stages') }}
