-- Grain: person who may be profiled and has an order that stands. What the person is expected to
-- bring in the year to come. Figures are NULL while there are too few customers for a model.
with

purchases as (
    select * from {{ ref('int_customer_purchases') }}
    where snapshot = 'now'
),

final as (
    select
        purchases.customer_key,
        purchases.first_purchase_date,
        purchases.last_purchase_date,
        purchases.purchases,
        purchases.margin_mean,
        purchases.excluded_margin_unknown,
        valued.probability_alive,
        valued.expected_purchases,
        valued.expected_margin_per_purchase,
        cast(valued.clv as decimal(38, 4)) as clv,
        '{{ var("reporting_currency") }}' as currency,
        valued.horizon_days,
        valued.discount_rate,
        valued.fitted_on
    from purchases
    left join {{ ref('int_customers_valued') }} as valued
        on purchases.customer_key = valued.customer_key and valued.snapshot = 'now'
)

select * from final
