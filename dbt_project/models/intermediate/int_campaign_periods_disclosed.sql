-- Grain: period grain (month, quarter, year, all) and period. Campaigns by the month of the send,
-- spend by its date, attributed revenue and new customers by the conversion, leads by creation. A
-- recipient counts once per campaign and month, so that longer periods are sums of months.
{%- set names = campaign_hidden_names() + ['leads', 'new_customers', 'margin_per_customer', 'ltv_to_cac'] %}
with

sends as (
    select
        month_start,
        {{ campaign_counts('patterns') }}
    from {{ ref('int_campaign_patterns') }} as patterns
    where month_start is not null
    group by month_start
),

costs as (
    select
        {{ dbt.date_trunc('month', 'costs.cost_date') }} as cost_month,
        costs.kind = 'marketing' or costs.campaign_id is not null as is_marketing,
        {{ in_reporting_currency('costs.amount', 'costs.currency', 'rates') }} as amount
    from {{ ref('stg_costs') }} as costs
    {{ join_rates('rates', 'costs.currency', 'costs.cost_date') }}
),

spend as (
    select
        cast(cost_month as date) as month_start,
        sum(case when is_marketing then amount end) as cost,
        sum(case when is_marketing and amount is null then 1 else 0 end) as costs_without_rate,
        sum(amount) as cost_of_sales,
        count(*) - count(amount) as sales_costs_without_rate
    from costs
    group by cost_month
),

attributed as (
    select
        {{ local_month('occurred_at') }} as month_start,
        count(*) as attributed_conversions,
        count(*) - count(amount) as attributed_without_rate,
        sum(amount) as attributed_revenue,
        sum(margin) as attributed_margin,
        count(*) - count(margin) as attributed_without_margin
    from {{ ref('int_campaign_attributions') }}
    group by {{ local_month('occurred_at') }}
),

leads as (
    select
        {{ local_month('created_at') }} as month_start,
        count(*) as leads
    from {{ ref('fct_leads') }}
    group by {{ local_month('created_at') }}
),

customers as (
    select
        buyers.month_start,
        sum(case when buyers.is_new then 1 else 0 end) as new_customers,
        sum(case when buyers.is_new then valued.clv end) as new_customers_clv,
        count(case when buyers.is_new then valued.clv end) as new_customers_valued,
        count(*) as customer_months,
        sum(buyers.margin) as customer_margin,
        sum(buyers.without_margin) as customers_without_margin
    from {{ ref('int_buyer_months') }} as buyers
    left join {{ ref('customer_clv') }} as valued on buyers.customer_key = valued.customer_key
    group by buyers.month_start
),

months as (
    select month_start from sends
    union
    select month_start from spend
    union
    select month_start from attributed
    union
    select month_start from leads
    union
    select month_start from customers
),

joined as (
    select
        months.month_start,
        {%- for name in ['sent', 'bounced', 'opens', 'clicks', 'machine_opens', 'machine_clicks',
                         'delivered', 'openers', 'openers_raw', 'clickers', 'unsubscribers',
                         'complainers', 'converters'] %}
        sends.{{ name }},
        {%- endfor %}
        spend.cost,
        spend.costs_without_rate,
        spend.cost_of_sales,
        spend.sales_costs_without_rate,
        attributed.attributed_conversions,
        attributed.attributed_without_rate,
        attributed.attributed_revenue,
        attributed.attributed_margin,
        attributed.attributed_without_margin,
        leads.leads,
        customers.new_customers,
        customers.new_customers_clv,
        customers.new_customers_valued,
        customers.customer_months,
        customers.customer_margin,
        customers.customers_without_margin
    from months
    left join sends on months.month_start = sends.month_start
    left join spend on months.month_start = spend.month_start
    left join attributed on months.month_start = attributed.month_start
    left join leads on months.month_start = leads.month_start
    left join customers on months.month_start = customers.month_start
),

grains as (
    select period_grain from {{ period_grains(['month', 'quarter', 'year', 'all']) }} as known
),

placed as (
    select
        joined.*,
        grains.period_grain,
        {{ period_start('grains.period_grain', 'joined.month_start') }} as period_start
    from joined
    cross join grains
),

-- A cost without a rate makes the sum unknown, not smaller; so does a margin that is not known.
summed as (
    select
        period_grain,
        period_start,
        {%- for name in ['sent', 'bounced', 'opens', 'clicks', 'machine_opens', 'machine_clicks',
                         'delivered', 'openers', 'openers_raw', 'clickers', 'unsubscribers',
                         'complainers', 'converters', 'attributed_conversions',
                         'attributed_without_rate', 'costs_without_rate', 'leads',
                         'new_customers', 'new_customers_valued', 'customer_months'] %}
        coalesce(sum({{ name }}), 0) as {{ name }},
        {%- endfor %}
        case when coalesce(sum(costs_without_rate), 0) = 0 then sum(cost) end as cost,
        case when coalesce(sum(sales_costs_without_rate), 0) = 0 then sum(cost_of_sales) end
            as cost_of_sales,
        case
            when coalesce(sum(attributed_conversions), 0) = 0 then 0
            else sum(attributed_revenue)
        end as attributed_revenue,
        case
            when coalesce(sum(attributed_conversions), 0) = 0 then 0
            when sum(attributed_without_margin) = 0 then sum(attributed_margin)
        end as attributed_margin,
        sum(new_customers_clv) as new_customers_clv,
        case when sum(customers_without_margin) = 0 then sum(customer_margin) end
            as customer_margin
    from placed
    group by period_grain, period_start
),

hidden as (
    {{ hidden_by_key(
        ['period_grain', 'period_start'], names
    ) }}
),

measured as (
    select
        summed.*,
        {{ period_end('summed.period_grain', 'summed.period_start') }} as period_end
        {%- for name in names %},
        hidden.hides_{{ name }}
        {%- endfor %}
    from summed
    left join hidden
        on
            summed.period_grain = hidden.period_grain
            and summed.period_start is not distinct from hidden.period_start
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        '{{ var("reporting_currency") }}' as currency,
        coalesce(hides_sent, false) as is_suppressed,
        {{ is_period_closed('period_end', var('campaign_close_days')) }} as is_closed,
        {{ figures_where_shown(campaign_month_figures()) }} as suppressed_figures,
        'last_touch' as attribution_model,
        case
            when {{ is_any_hidden(['attributed_conversions']) }} then null
            when attributed_margin is null then 'revenue'
            else 'margin'
        end as roi_basis
    from measured
)

select * from final
