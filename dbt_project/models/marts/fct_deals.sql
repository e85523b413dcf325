-- Grain: deal. A deal without an account stays.
select
    deal_id,
    source,
    account_key,
    customer_key,
    user_key,
    product_id,
    pipeline,
    stage,
    outcome,
    lost_reason,
    amount,
    currency,
    amount_original,
    currency_original,
    probability,
    created_at,
    engaged_at,
    expected_close_at,
    closed_at,
    cycle_days,
    exclusion_reason
from {{ ref('int_deals_measured') }}
