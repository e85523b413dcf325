{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ reconcile_rows(ref('stg_interactions'), 'interaction_id', ['channel', 'direction', 'occurred_at', 'duration_seconds']) }}"
) }}
-- Grain: interaction. No text, redacted or not.
select
    interactions.interaction_id,
    interactions.source,
    interactions.batch_id,
    interactions.customer_key,
    interactions.account_key,
    interactions.user_key,
    interactions.ticket_id,
    interactions.deal_id,
    interactions.channel,
    interactions.direction,
    interactions.occurred_at,
    interactions.duration_seconds
from {{ ref('stg_interactions') }} as interactions
{% if is_incremental() %}
where interactions.batch_id not in (select present.batch_id from {{ this }} as present)
{% endif %}
