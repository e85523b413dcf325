{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_changed_rows(ref('int_campaign_events_tracked'), 'event_id') }}"
) }}
-- Grain: campaign event. Opens and clicks belong to a person only where tracking was agreed to.
-- Incremental: rows that are gone, or are different now, are deleted first (erasure, a changed
-- label, a withdrawn consent), and whatever is then not there is added.
select events.*
from {{ ref('int_campaign_events_tracked') }} as events
{% if is_incremental() %}
left join {{ this }} as present on events.event_id = present.event_id
where present.event_id is null
{% endif %}
