-- Grain: word of a person on a purpose, from a source's rows, a steward, a request or an import, until
-- the instant of the run. The later a place, the newer the word; of words at the same instant the
-- one that withholds is the newest, then the one that runs out first.
with

words as (
    select
        customer_key,
        purpose,
        status = 'given' as is_given,
        occurred_at,
        cast(null as timestamp with time zone) as expires_at,
        consent_id
    from {{ ref('stg_consents') }}
    where customer_key is not null and status <> 'pending'
    union all
    select
        customer_key,
        purpose,
        status = 'given' as is_given,
        occurred_at,
        expires_at,
        cast(word_id as {{ dbt.type_string() }}) as consent_id
    from {{ source('pseudo', 'consent_words') }}
    where status <> 'pending'
)

select
    customer_key,
    purpose,
    is_given,
    occurred_at,
    expires_at,
    row_number() over (
        partition by customer_key, purpose
        order by
            occurred_at,
            case when is_given then 0 else 1 end,
            expires_at desc nulls first,
            consent_id
    ) as place
from words
where occurred_at <= {{ as_of() }}
