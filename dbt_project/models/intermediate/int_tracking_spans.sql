-- Grain: span of time in which a person agreed to tracking, of those who agree still. What happened
-- outside of it belongs to nobody: agreeing later is no consent to what was. Source: Tw 11.7a.
with

words as (
    select
        *,
        lead(occurred_at) over (partition by customer_key order by place) as next_at
    from {{ ref('int_consent_words') }}
    where purpose = 'tracking'
),

spans as (
    select
        words.customer_key,
        words.occurred_at as given_from,
        case
            when words.expires_at < words.next_at then words.expires_at
            else coalesce(words.next_at, words.expires_at)
        end as given_until
    from words
    inner join {{ ref('int_customers_consented') }} as consented
        on words.customer_key = consented.customer_key
    where
        words.is_given
        and consented.purpose = 'tracking'
        and consented.is_given
)

select *
from spans
where coalesce(given_from < given_until, true)
