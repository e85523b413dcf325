-- Grain: topic, item and state. What the privacy desk has to do, and how far consent reaches. For
-- stewards only; counts of requests and of the desk's own work are exempt from suppression, those of
-- persons by their consent are not. Source: decision 0084.
with

customers as (select customer_key from {{ ref('dim_customer') }}),

purposes as (
    select distinct purpose from {{ ref('int_customers_consented') }}
),

consents as (
    select
        purposes.purpose as item,
        case
            when words.customer_key is null then 'no_word'
            when words.is_given then 'given'
            else 'withheld'
        end as state,
        customers.customer_key
    from customers
    cross join purposes
    left join {{ ref('int_customers_consented') }} as words
        on customers.customer_key = words.customer_key and purposes.purpose = words.purpose
),

counts as (
    select
        item,
        state,
        count(*) as counted
    from consents
    group by item, state
),

-- One small part of a purpose hides all of it: the whole, everybody, is the same for each purpose.
flagged as (
    select
        *,
        max(case when counted {{ is_small() }} then 1 else 0 end) over (partition by item) = 1
            as is_suppressed
    from counts
)

select
    topic,
    item,
    state,
    counted,
    false as is_suppressed
from {{ source('ops', 'desk_counts') }}
union all
select
    'consent' as topic,
    item,
    state,
    case when not is_suppressed then counted end as counted,
    is_suppressed
from flagged
