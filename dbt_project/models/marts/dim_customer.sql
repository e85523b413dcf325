-- Grain: person, by pseudonym. Where several sources describe a person, the newest record speaks.
with

subjects as (
    select subject_key as customer_key from {{ ref('stg_subjects') }}
    where kind = 'contact'
),

contacts as (
    select
        *,
        row_number() over (
            partition by customer_key
            order by coalesce(updated_at, created_at) desc nulls last, source, record_key
        ) as recency,
        min(created_at) over (partition by customer_key) as first_created_at,
        count(*) over (partition by customer_key) as record_count
    from {{ ref('stg_contacts') }}
),

final as (
    select
        subjects.customer_key,
        contacts.account_key,
        contacts.postcode_area,
        contacts.country,
        contacts.birth_year,
        contacts.gender,
        contacts.language,
        contacts.source_channel,
        contacts.first_created_at as created_at,
        cast(coalesce(contacts.record_count, 0) as integer) as record_count
    from subjects
    left join contacts
        on subjects.customer_key = contacts.customer_key and contacts.recency = 1
)

select * from final
