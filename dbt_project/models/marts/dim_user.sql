-- Grain: seller or agent, by pseudonym. The alias stands for the name.
with

subjects as (
    select
        subject_key as user_key,
        staff_alias
    from {{ ref('stg_subjects') }}
    where kind = 'user'
),

users as (
    select
        *,
        row_number() over (partition by user_key order by batch_id desc, source, record_key)
            as recency
    from {{ ref('stg_users') }}
),

final as (
    select
        subjects.user_key,
        subjects.staff_alias,
        users.team,
        users.role,
        users.region,
        users.manager_user_key,
        users.hired_at,
        users.left_at
    from subjects
    left join users on subjects.user_key = users.user_key and users.recency = 1
)

select * from final
