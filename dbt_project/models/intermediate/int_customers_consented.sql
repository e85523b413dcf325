-- Grain: person and purpose. The newest word of a person on a purpose at the instant of the run;
-- of words at the same instant the one that withholds counts.
with

words as (
    select
        customer_key,
        purpose,
        status,
        row_number() over (
            partition by customer_key, purpose
            order by
                occurred_at desc,
                case when status = 'given' then 1 else 0 end,
                consent_id desc
        ) as recency
    from {{ ref('stg_consents') }}
    where customer_key is not null and occurred_at <= {{ as_of() }} and status <> 'pending'
),

final as (
    select
        customer_key,
        purpose,
        status = 'given' as is_given
    from words
    where recency = 1
)

select * from final
