-- Grain: campaign. The budget stays in its own currency.
select
    campaign_id,
    source,
    name,
    channel,
    status,
    objective,
    starts_at,
    ends_at,
    budget,
    currency
from {{ ref('stg_campaigns') }}
