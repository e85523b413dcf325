select
    batch_id,
    source,
    entity,
    rows_read,
    landed,
    changed,
    unchanged,
    quarantined,
    suppressed,
    deleted
from {{ source('ops', 'batch_counts') }}
