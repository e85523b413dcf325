-- Grain: snapshot and person who may be profiled and had bought by then. A purchase is a local day
-- with an order that stands; its margin is the known margin of that day. Snapshots: now; month, the
-- end of the last whole month, which the model is fitted on; holdout, 182 days before that, with
-- what was bought in those days beside it. Weeks from the first purchase. Source: decision 0080.
with

purchases as (select * from {{ ref('int_customer_purchase_days') }}),

snapshots as (
    select
        'now' as snapshot,
        {{ local_date(as_of()) }} as snapshot_date,
        {{ dbt.dateadd('day', 1, local_date(as_of())) }} as until_date,
        cast(null as date) as holdout_end
    union all
    select
        'month' as snapshot,
        {{ local_month(as_of()) }} as snapshot_date,
        {{ local_month(as_of()) }} as until_date,
        cast(null as date) as holdout_end
    union all
    select
        'holdout' as snapshot,
        cast({{ dbt.dateadd('day', -182, local_month(as_of())) }} as date) as snapshot_date,
        cast({{ dbt.dateadd('day', -182, local_month(as_of())) }} as date) as until_date,
        {{ local_month(as_of()) }} as holdout_end
),

placed as (
    select
        snapshots.snapshot,
        snapshots.snapshot_date,
        purchases.*,
        purchases.purchase_date < cast(snapshots.until_date as date) as is_before
    from purchases
    inner join snapshots
        on
            purchases.purchase_date < cast(snapshots.until_date as date)
            or purchases.purchase_date < snapshots.holdout_end
),

measured as (
    select
        snapshot,
        snapshot_date,
        customer_key,
        min(purchase_date) as first_purchase_date,
        max(case when is_before then purchase_date end) as last_purchase_date,
        count(case when is_before then 1 end) as purchases,
        count(case when is_before then margin end) as valued_purchases,
        sum(case when is_before then margin end) as margin,
        cast(sum(case when is_before then orders_without_margin else 0 end) as bigint)
            as excluded_margin_unknown,
        count(case when not is_before then 1 end) as holdout_purchases,
        sum(case when not is_before then margin end) as holdout_margin
    from placed
    group by snapshot, snapshot_date, customer_key
)

select
    snapshot,
    snapshot_date,
    customer_key,
    first_purchase_date,
    last_purchase_date,
    purchases,
    purchases - 1 as frequency,
    {{ dbt.datediff('first_purchase_date', 'last_purchase_date', 'day') }} / 7.0 as recency_weeks,
    {{ dbt.datediff('first_purchase_date', 'snapshot_date', 'day') }} / 7.0 as age_weeks,
    valued_purchases,
    cast(margin as double) / nullif(valued_purchases, 0) as margin_mean,
    excluded_margin_unknown,
    holdout_purchases,
    cast(coalesce(holdout_margin, 0) as double) as holdout_margin
from measured
where purchases > 0
