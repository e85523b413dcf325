-- Grain: person who may be profiled. Nobody whose newest word on marketing or profiling withholds
-- it, and nobody whose year of birth leaves it open that they are a minor; of several years that
-- their records have, the latest counts. Restricted persons are out already.
-- Source: GDPR Art. 21, 22 and recital 71.
with

objectors as (
    select distinct customer_key from {{ ref('int_customers_consented') }}
    where purpose in ('marketing', 'profiling') and not is_given
),

births as (
    select
        customer_key,
        max(birth_year) as birth_year
    from {{ ref('stg_contacts') }}
    group by customer_key
)

select customers.customer_key
from {{ ref('dim_customer') }} as customers
left join objectors on customers.customer_key = objectors.customer_key
left join births on customers.customer_key = births.customer_key
where
    objectors.customer_key is null
    and (
        births.birth_year is null
        or births.birth_year + 18 < extract(year from {{ local_timestamp(as_of()) }})
    )
