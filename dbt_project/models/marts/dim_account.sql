-- Grain: account, by pseudonym. Where several sources describe one, the newest batch speaks.
with

subjects as (
    select subject_key as account_key from {{ ref('stg_subjects') }}
    where kind = 'account'
),

accounts as (
    select
        *,
        row_number() over (partition by account_key order by batch_id desc, source, record_key)
            as recency
    from {{ ref('stg_accounts') }}
),

final as (
    select
        subjects.account_key,
        accounts.name,
        accounts.sector,
        accounts.size_class,
        accounts.revenue,
        accounts.country,
        accounts.city,
        accounts.parent_account_key,
        accounts.created_at
    from subjects
    left join accounts
        on subjects.account_key = accounts.account_key and accounts.recency = 1
)

select * from final
