-- Grain: source and entity. What became of the rows that were delivered: taken over, known already,
-- or in quarantine. Rows about the erased are not counted here, nor in the sum. Source: 0084.
select
    source,
    entity,
    cast(count(distinct batch_id) as bigint) as batches,
    cast(max(batch_id) as integer) as newest_batch,
    cast(sum(landed) as bigint) as landed_rows,
    cast(sum(unchanged) as bigint) as unchanged_rows,
    {{ ratio_columns(
        'quarantine_rate', 'cast(sum(quarantined) as bigint)',
        'cast(sum(landed + unchanged + quarantined) as bigint)'
    ) }}
from {{ ref('stg_batch_counts') }}
group by source, entity
