-- Grain: person and purpose. The newest word of a person on a purpose at the instant of the run,
-- from a source's rows, a steward, a request or an import; of words at the same instant the one
-- that withholds counts, and a consent that ran out withholds.
with

words as (
    select
        customer_key,
        purpose,
        status = 'given' as is_given,
        occurred_at,
        consent_id
    from {{ ref('stg_consents') }}
    where customer_key is not null and status <> 'pending'
    union all
    select
        customer_key,
        purpose,
        status = 'given' and coalesce(expires_at > {{ as_of() }}, true) as is_given,
        occurred_at,
        cast(word_id as {{ dbt.type_string() }}) as consent_id
    from {{ source('pseudo', 'consent_words') }}
    where status <> 'pending'
),

ordered as (
    select
        customer_key,
        purpose,
        is_given,
        row_number() over (
            partition by customer_key, purpose
            order by
                occurred_at desc,
                case when is_given then 1 else 0 end,
                consent_id desc
        ) as recency
    from words
    where occurred_at <= {{ as_of() }}
),

final as (
    select
        customer_key,
        purpose,
        is_given
    from ordered
    where recency = 1
)

select * from final
