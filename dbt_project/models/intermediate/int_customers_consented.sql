-- Grain: person and purpose. Whether the newest word on it gives, and has not run out.
with

ordered as (
    select
        *,
        row_number() over (partition by customer_key, purpose order by place desc) as recency
    from {{ ref('int_consent_words') }}
)

select
    customer_key,
    purpose,
    is_given and coalesce(expires_at > {{ as_of() }}, true) as is_given
from ordered
where recency = 1
