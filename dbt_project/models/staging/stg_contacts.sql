select
    source,
    record_key,
    batch_id,
    customer_key,
    account_key,
    postcode_area,
    country,
    birth_year,
    gender,
    language,
    source_channel,
    created_at,
    updated_at,
    deleted_at
from {{ source('pseudo', 'contacts') }}
