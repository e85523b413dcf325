{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ reconcile_rows(ref('int_campaign_events_tracked'), 'event_id', ['is_machine']) }}"
) }}
-- Grain: campaign event. Opens and clicks belong to a person only where tracking was agreed to.
-- Incremental: batches that are not here yet are added; before that what changed underneath is
-- mended, should a fingerprint say that anything did (erasure, a new label, a consent).
select events.*
from {{ ref('int_campaign_events_tracked') }} as events
{% if is_incremental() %}
where events.batch_id not in (select present.batch_id from {{ this }} as present)
{% endif %}
